//! `agent-runtime hook claude-code|codex`: what an agent runs at each of its events, and waits for. It hands the
//! agent's document to the server, or puts it into the spool, and never disturbs: it always succeeds and never writes
//! to stdout or stderr, for an agent would take either as an order. What went wrong stands in a log.

mod ancestry;
mod by_hand;
pub(crate) mod configuration;
pub(crate) mod ignored;
mod input;
pub(crate) mod log;

use std::any::Any;
use std::ffi::OsString;
use std::io;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use agent_runtime_agents::envelope::Envelope;
use agent_runtime_server::clock::{Clock, SystemClock};
use agent_runtime_types::timestamp;

use self::configuration::{BadAddress, Configuration, MayIgnore, Wish, is_switched_off};
use self::input::Unread;
use self::log::{LOST, Log};
use crate::delivery::{self, Obstacle, Outcome, Parcel};
use crate::settings::places;
use crate::settings::sources::{Environment, process_environment};
use crate::spool::flush::{Patience, Turn};
use crate::spool::routing::Routing;
use crate::spool::unrecorded::Unrecorded;
use crate::spool::{Kept, Spool, SpoolError};
use crate::{machine, random};

/// The agents whose documents are taken.
const AGENTS: [&str; 2] = ["claude-code", "codex"];

/// How long a hook waits for a server on this machine, unless another time is set: the agent stands still meanwhile.
const PATIENCE: Duration = Duration::from_millis(12);
/// Bytes for which it waits another millisecond: a long document takes its time.
const BYTES_A_MILLISECOND: usize = 256 * 1024;

/// What a hook could not do.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("{LOST}: say `agent-runtime hook` and one of {}, and nothing else", AGENTS.join(", "))]
    Arguments,
    #[error("{LOST}: {0}")]
    Unread(#[from] Unread),
    #[error("{LOST}: {0}")]
    MayIgnore(#[from] MayIgnore),
    #[error("{LOST}: the document does not say in which folder its agent works, and some are to be ignored")]
    Placeless,
    #[error("{LOST}; that the transcript is not to be read either cannot be noted: {0}")]
    Unnoted(io::Error),
    #[error("{LOST}: you seem to have no home folder to keep it in, and {0}")]
    Homeless(Obstacle),
    #[error("{LOST}: {0}")]
    Spool(#[from] SpoolError),
    #[error("{LOST}: the system gives no random numbers")]
    Random,
    #[error("a document was refused: {0}")]
    Refused(String),
    #[error("recorded, but there is nowhere to send it yet: {0}")]
    Unaddressed(BadAddress),
    #[error("recorded, but documents wait in the spool: {0}")]
    Waiting(Obstacle),
    #[error("recorded, but what waits in the spool could not be sent on: {0}")]
    NotSentOn(SpoolError),
}

/// Whether this is what the command line asks for.
pub(crate) fn is_asked_for(mut words: impl Iterator<Item = OsString>) -> bool {
    words.nth(1).is_some_and(|word| word == "hook")
}

/// Records what an agent says on standard input. Nothing that happens here reaches the agent.
pub(crate) fn run(words: impl Iterator<Item = OsString>) {
    let words: Vec<OsString> = words.skip(2).collect();
    if by_hand::is_typed(&words) {
        return by_hand::tell();
    }
    // A limit on the size of files must fail a write, not kill this process: the agent would hear of it.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default());
    quietly(places::state().as_deref(), &SystemClock, || {
        if is_switched_off(&process_environment) {
            return pass_over(&SystemClock);
        }
        let agent = AGENTS.into_iter().find(|agent| words == [OsString::from(agent)]).ok_or(Trouble::Arguments)?;
        record(agent, &process_environment, &SystemClock)
    });
}

/// Carries `work` out; a failure or a panic becomes a line in the log.
fn quietly(state: Option<&Path>, clock: &dyn Clock, work: impl FnOnce() -> Result<(), Trouble>) {
    static PLACE: OnceLock<String> = OnceLock::new();
    std::panic::set_hook(Box::new(|panic| {
        let _ = PLACE.set(panic.location().map_or(String::new(), |place| format!(" at {place}")));
    }));
    let reason = match std::panic::catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(())) => return,
        Ok(Err(lost)) => lost.to_string(),
        Err(payload) => {
            let place = PLACE.get().map_or("", String::as_str);
            format!("{LOST}: internal error{place}: {}; please report it", words_of(&*payload))
        }
    };
    if let Some(state) = state {
        Log::inside(state).add(clock.now_us(), &reason);
    }
}

fn words_of(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no words")
}

/// Records nothing, and notes of which session. Nobody who wishes for nothing hears a complaint of what cannot be read.
fn pass_over(clock: &dyn Clock) -> Result<(), Trouble> {
    let document = input::document().ok();
    let routing = document.and_then(|document| Routing::of(&document));
    routing.map_or(Ok(()), |routing| note_unrecorded(&routing, clock))
}

/// Notes that something of a session is not recorded, so that nobody finds it in the transcript.
fn note_unrecorded(routing: &Routing, clock: &dyn Clock) -> Result<(), Trouble> {
    match places::state().filter(|_| !routing.session_id.is_empty()) {
        Some(state) => Unrecorded::inside(&state).add(&routing.session_id, clock.now_us()).map_err(Trouble::Unnoted),
        None => Ok(()),
    }
}

fn record(agent: &str, environment: Environment<'_>, clock: &dyn Clock) -> Result<(), Trouble> {
    let configuration = Configuration::read(environment);
    let document = match (input::document(), &configuration) {
        (Err(Unread::TooLong), Ok(configuration)) => return Err(count_lost(configuration, clock)),
        (document, _) => document?,
    };
    let Some(routing) = Routing::of(&document) else { return Err(Trouble::Unread(Unread::Broken)) };
    if configuration.is_err() {
        note_unrecorded(&routing, clock)?;
    }
    let configuration = configuration?;
    match configuration.wish(routing.cwd.as_deref()) {
        Wish::Record => {}
        Wish::Ignore => return note_unrecorded(&routing, clock),
        Wish::Unknown => return note_unrecorded(&routing, clock).and(Err(Trouble::Placeless)),
    }
    let words = places::state().is_none_or(|state| !Unrecorded::inside(&state).holds(&routing.session_id));
    let envelope = envelope(clock.now_us(), words)?.to_json();
    let parcel = Parcel { agent, envelope: &envelope, document: &document };
    let Configuration { destination, patience, redacts, .. } = configuration;
    let destination = match destination {
        Ok(destination) => destination,
        Err(bad) => {
            let state = places::state().ok_or(Trouble::Homeless(Obstacle::Silent))?;
            Spool::unaddressed(&state).redacting(redacts).keep_unaddressed(agent, &envelope, &document)?;
            return Err(Trouble::Unaddressed(bad));
        }
    };
    let deadline = Instant::now() + patience.unwrap_or(PATIENCE) + long(document.len());
    let spool = places::state().map(|state| Spool::of(&state, &destination.address).redacting(redacts));

    let Some(spool) = spool else {
        // Nothing can wait: a server that is near takes it now or never.
        let is_near = destination.address.is_near();
        return match is_near.then(|| delivery::deliver(&destination, &parcel, deadline)) {
            Some(Outcome::Stored) => Ok(()),
            Some(Outcome::Refused(reason)) => Err(Trouble::Refused(reason)),
            Some(Outcome::NotNow(obstacle)) => Err(Trouble::Homeless(obstacle)),
            None => Err(Trouble::Homeless(Obstacle::Silent)),
        };
    };
    hand_over(&parcel, &routing, &Sending { spool, destination, deadline, now_us: clock.now_us() })
}

/// Where a document goes, and how.
struct Sending {
    spool: Spool,
    destination: delivery::Destination,
    /// Until when the agent may be kept waiting.
    deadline: Instant,
    now_us: i64,
}

/// Hands a document over, and sees to what came before anybody knew where to send it, which goes first.
fn hand_over(parcel: &Parcel<'_>, routing: &Routing, sending: &Sending) -> Result<(), Trouble> {
    let Sending { spool, destination, now_us, .. } = sending;
    let are_claimed = spool.claim_in_passing(&destination.address);
    if !matches!(are_claimed, Ok(true)) && spool.is_behind_unaddressed(&routing.session_id) {
        spool.keep_behind_unaddressed(parcel)?;
    } else {
        deliver_or_keep(parcel, routing, sending)?;
    }
    match are_claimed {
        Ok(true) => Ok(()),
        Ok(false) => recorded(spool.start_claim(*now_us).map(|()| None)),
        Err(error) => Err(Trouble::NotSentOn(error)),
    }
}

/// Hands a document to the server, or keeps it behind those that wait.
fn deliver_or_keep(parcel: &Parcel<'_>, routing: &Routing, sending: &Sending) -> Result<(), Trouble> {
    let Sending { spool, destination, deadline, now_us } = sending;
    let address = &destination.address;
    // What follows documents that wait must wait behind them.
    let mut obstacle = None;
    if address.is_near() && !spool.holds(&routing.session_id) {
        obstacle = match delivery::deliver(destination, parcel, *deadline) {
            Outcome::NotNow(obstacle) => Some(obstacle),
            Outcome::Refused(reason) => {
                spool.reject(parcel, &reason, address)?;
                return Err(Trouble::Refused(reason));
            }
            // The server is there: what waits, of other sessions, need not wait any longer.
            Outcome::Stored if spool.is_empty() => return Ok(()),
            Outcome::Stored => return recorded(catch_up(sending)),
        };
    }
    let kept = spool.keep(parcel.agent, parcel.envelope, parcel.document, address)?;
    recorded(match obstacle {
        _ if kept == Kept::Crowded => spool.start_flush(*now_us).map(|()| None),
        None if address.is_near() => catch_up(sending),
        None | Some(Obstacle::Silent) => spool.start_flush(*now_us).map(|()| None),
        // It has said so just now. The next hook asks again, and so does our own server, which looks into its spool.
        Some(obstacle) if obstacle.needs_a_person() => match spool.note(&obstacle, Patience::Until(*deadline)) {
            Err(error) if !error.is_busy() => Err(error),
            _ => Ok(Some(obstacle)),
        },
        Some(_) => Ok(None),
    })
}

/// Counts a document that is too long to be taken, beside those for which there was no more room.
fn count_lost(configuration: &Configuration, clock: &dyn Clock) -> Trouble {
    let counted = envelope(clock.now_us(), true).and_then(|envelope| {
        let (Some(state), envelope) = (places::state(), envelope.to_json()) else { return Ok(()) };
        let counted = match &configuration.destination {
            Ok(to) => Spool::of(&state, &to.address).count_lost(&envelope, &to.address),
            Err(_) => Spool::unaddressed(&state).count_lost_unaddressed(&envelope),
        };
        Ok(counted?)
    });
    counted.err().unwrap_or(Trouble::Unread(Unread::TooLong))
}

/// What is to be told once the document is safe: why others, or it, cannot go on.
fn recorded(caught_up: Result<Option<Obstacle>, SpoolError>) -> Result<(), Trouble> {
    match caught_up {
        Ok(Some(obstacle)) if obstacle.needs_a_person() => Err(Trouble::Waiting(obstacle)),
        Err(error) if !error.is_busy() => Err(Trouble::NotSentOn(error)),
        _ => Ok(()),
    }
}

/// What is known of a document besides itself, when it has come at `now_us`. Its id stays, however often it is sent.
fn envelope(now_us: i64, words: bool) -> Result<Envelope, Trouble> {
    let agent = ancestry::agent();
    Ok(Envelope {
        id: random::envelope_id().map_err(|_| Trouble::Random)?,
        at: timestamp::format(now_us),
        host: Some(machine::host_name()),
        pid: agent.map(|agent| agent.pid),
        process_started: agent.and_then(|agent| agent.started),
        words,
    })
}

/// Delivers what waits, as far as the time goes, and leaves the rest to a process of its own; what stands in the way.
fn catch_up(sending: &Sending) -> Result<Option<Obstacle>, SpoolError> {
    let Sending { spool, destination, deadline, now_us } = sending;
    // Somebody tries already, or has just tried in vain.
    if spool.is_attended(*now_us)? {
        return Ok(None);
    }
    if spool.takes_long() {
        return spool.start_flush(*now_us).map(|()| None);
    }
    let flushed = match spool.flush(destination, Turn::OnlyIfFree, Patience::Until(*deadline)) {
        // Others are at it, and may have left the rest to this process.
        Err(error) if error.is_busy() => return spool.start_flush(*now_us).map(|()| None),
        flushed => flushed?,
    };
    match flushed.obstacle {
        Some(Obstacle::Silent) => spool.start_flush(*now_us).map(|()| None),
        obstacle => Ok(obstacle),
    }
}

fn long(bytes: usize) -> Duration {
    Duration::from_millis(u64::try_from(bytes / BYTES_A_MILLISECOND).unwrap_or_default())
}

#[cfg(test)]
mod tests;
