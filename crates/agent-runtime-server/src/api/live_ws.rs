//! The change log over a WebSocket: messages, heartbeats, close codes.

use std::sync::Arc;
use std::time::Duration;

use agent_runtime_store::error::ReadError;
use axum::extract::{Extension, State, rejection::ExtensionRejection};
use axum::response::Response;
use bytes::Bytes;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use crate::api::live::{Wanted, note_lag};
use crate::api::refusals;
use crate::app::App;
use crate::connection::Underneath;
use crate::error::{ApiError, Cause};
use crate::extract::Parameters;
use crate::follow::Follower;
use crate::hub::Frame;
use crate::websocket::{Incoming, NotSent, Opening, Outgoing, Said, Upgrade};

/// The subprotocol that a client may offer beside its token.
const SUBPROTOCOL: &str = "agent-runtime";

/// How long a closing socket may take to say goodbye.
const FAREWELL: Duration = Duration::from_secs(2);

/// Why the server closes a WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Close {
    /// The server stops: come back soon.
    Restart = 1012,
    /// The client broke the protocol.
    Policy = 1008,
    /// The client sent too much at once.
    TooLarge = 1009,
    /// Our fault.
    Failed = 1011,
    /// The client reads too slowly, or not at all: come back with the last cursor.
    Slow = 4008,
}

impl Close {
    fn reason(self) -> &'static str {
        match self {
            Self::Restart => "the server is stopping",
            Self::Policy => "the frame breaks the protocol",
            Self::TooLarge => "the message is too large",
            Self::Failed => "the server failed",
            Self::Slow => "too slow: come back with your cursor",
        }
    }
}

/// How a conversation ended.
enum Ended {
    /// We close it.
    ByUs(Close),
    /// The client did.
    ByClient,
    /// The connection broke.
    Broken,
}

/// Follow the change log over a WebSocket.
#[utoipa::path(get, path = "/ws", operation_id = "followByWebSocket", tag = "live",
    params(
        ("since" = Option<String>, Query, description = "Go on behind this cursor instead of beginning with `init`"),
        ("session_id" = Option<Vec<String>>, Query, description = "Only these sessions; repeatable"),
        ("bodies" = Option<Vec<String>>, Query, description = "Whole events of these sessions only, outlines of all others; repeatable, empty means none"),
    ),
    responses((status = 101, description = "Messages follow"), refusals::Parameters, refusals::Any))]
pub(crate) async fn follow(
    State(app): State<Arc<App>>,
    parameters: Parameters,
    underneath: Result<Extension<Underneath>, ExtensionRejection>,
    upgrade: Upgrade,
) -> Result<Response, ApiError> {
    let wanted = Wanted::read(&app, &parameters)?;
    let Extension(underneath) = underneath.map_err(|error| ApiError::Internal(Cause(error.to_string())))?;
    let (response, opening) = upgrade.accept(SUBPROTOCOL, app.config.limits.client_message_bytes);
    app.tasks.clone().spawn(async move {
        app.metrics.live.websockets.inc();
        converse(opening, &app, wanted).await;
        app.metrics.live.websockets.dec();
        // The connection counts as open until here.
        drop(underneath);
    });
    Ok(response)
}

async fn converse(opening: Opening, app: &App, wanted: Wanted) {
    let Some((mut incoming, mut outgoing)) = opening.open().await else { return };
    let ended = match Follower::begin(app, wanted.since.as_deref(), wanted.wish).await {
        Ok(mut follower) => run(&mut incoming, &mut outgoing, app, &mut follower).await,
        Err(error) => failed(&error),
    };
    match ended {
        Ended::Broken => {}
        Ended::ByClient => {
            let replies = incoming.replies().await;
            // A client that leaves need not hear us.
            let _ = timeout(FAREWELL, outgoing.raw(&replies, FAREWELL)).await;
        }
        Ended::ByUs(close) => say_goodbye(close, &mut incoming, &mut outgoing, app).await,
    }
}

async fn run(incoming: &mut Incoming, outgoing: &mut Outgoing, app: &App, follower: &mut Follower) -> Ended {
    let limits = &app.config.limits;
    let mut ping = interval_at(Instant::now() + limits.ping_interval, limits.ping_interval);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut unanswered = 0;
    let mut unsent = Unsent::default();
    loop {
        let sent = tokio::select! {
            biased;
            () = app.shutdown.cancelled() => return Ended::ByUs(Close::Restart),
            said = incoming.next() => match said {
                // Whatever it says is dropped, but it shows that the client lives.
                Said::Something => {
                    unanswered = 0;
                    let replies = incoming.replies().await;
                    outgoing.raw(&replies, limits.stalled_write).await
                }
                Said::Goodbye => return Ended::ByClient,
                Said::TooMuch => return Ended::ByUs(Close::TooLarge),
                Said::Nonsense => return Ended::ByUs(Close::Policy),
            },
            _ = ping.tick() => {
                if unanswered >= limits.pings_missed {
                    return Ended::ByUs(Close::Slow);
                }
                unanswered += 1;
                outgoing.ping(limits.stalled_write).await
            }
            messages = follower.next(), if unsent.is_empty() => match messages {
                Ok(messages) => {
                    note_lag(app, &messages);
                    unsent = Unsent::new(messages);
                    Ok(())
                }
                Err(error) => return failed(&error),
            },
            () = std::future::ready(()), if !unsent.is_empty() => {
                tokio::select! {
                    biased;
                    sent = outgoing.texts(unsent.some(limits.take_bytes), limits.stalled_write) => sent,
                    // In the middle of a message nothing else can be said: the client comes back all the same.
                    () = stopping_for(app, FAREWELL) => return Ended::Broken,
                }
            }
        };
        match sent {
            Ok(()) => {}
            Err(NotSent::Stalled) => return Ended::ByUs(Close::Slow),
            Err(NotSent::Gone) => return Ended::Broken,
        }
    }
}

/// Messages on their way, sent some at a time, so that pings and goodbyes need not wait for all of them.
#[derive(Default)]
struct Unsent {
    texts: Vec<Bytes>,
    sent: usize,
}

impl Unsent {
    fn new(frames: Vec<Frame>) -> Self {
        Self { texts: frames.into_iter().map(|frame| frame.text).collect(), sent: 0 }
    }

    fn is_empty(&self) -> bool {
        self.sent == self.texts.len()
    }

    /// Takes the next messages: one, and more while they stay within so many bytes.
    fn some(&mut self, max_bytes: usize) -> &[Bytes] {
        let rest = &self.texts[self.sent..];
        let within = rest.iter().scan(0, |bytes, text| {
            *bytes += text.len();
            Some(*bytes <= max_bytes)
        });
        let count = within.take_while(|fits| *fits).count().max(1).min(rest.len());
        self.sent += count;
        &rest[..count]
    }
}

/// Closes in the way of the protocol, as far as the client takes part in it.
async fn say_goodbye(close: Close, incoming: &mut Incoming, outgoing: &mut Outgoing, app: &App) {
    // A slow client is given the time it had, to come to the goodbye behind all that it has not read.
    let patience = if close == Close::Slow { app.config.limits.stalled_write } else { FAREWELL };
    let goodbye = async {
        outgoing.close(close as u16, close.reason(), patience).await?;
        while matches!(incoming.next().await, Said::Something) {}
        Ok::<_, NotSent>(())
    };
    tokio::select! {
        // A client that takes no goodbye is left without one.
        _ = timeout(patience, goodbye) => {}
        () = stopping_for(app, FAREWELL) => {}
    }
    if close == Close::Slow {
        app.metrics.live.closed_as_slow.inc();
    }
}

/// Resolves when the server has been stopping for so long.
async fn stopping_for(app: &App, time: Duration) {
    app.shutdown.cancelled().await;
    tokio::time::sleep(time).await;
}

fn failed(error: &ReadError) -> Ended {
    tracing::error!(%error, "a live reader could not be served");
    Ended::ByUs(Close::Failed)
}
