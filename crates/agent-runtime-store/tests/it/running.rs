//! How many sessions ran when, against a count that looks at each session by itself.

use std::collections::BTreeMap;

use agent_runtime_store::command::Command;
use agent_runtime_types::session::NewSession;
use agent_runtime_types::statistics::StatisticsQuery;
use agent_runtime_types::timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::harness::{Opened, event};

/// 2025-12-03T10:00:00Z, from which these stories count their seconds.
const TEN_US: i64 = 1_764_756_000_000_000;

/// What a client does to one of a few sessions, and at which second, as it says.
#[derive(Clone, Debug)]
enum Step {
    Create(usize, u32),
    Event(usize, &'static str, u32),
    Delete(usize),
}

const IDS: [&str; 3] = ["a", "b", "c"];

fn any_step() -> impl Strategy<Value = Step> {
    let session = 0..IDS.len();
    let kind = prop_oneof![Just("session_start"), Just("session_start"), Just("session_stop"), Just("message")];
    prop_oneof![
        1 => (session.clone(), 0..3600_u32).prop_map(|(session, second)| Step::Create(session, second)),
        8 => (session.clone(), kind, 0..3600_u32).prop_map(|(session, kind, second)| Step::Event(session, kind, second)),
        1 => session.prop_map(Step::Delete),
    ]
}

/// From when to when a session ran, each time; the last has no end while it runs.
#[derive(Default)]
struct Stretches {
    known: Vec<(u32, Option<u32>)>,
    last_event: Option<u32>,
}

impl Stretches {
    fn event(&mut self, kind: &str, second: u32) {
        // It began no later than its first event, and ended no earlier than it began.
        self.known[0].0 = self.known[0].0.min(second);
        match (kind, self.known.last_mut()) {
            ("session_stop", Some((begin, end @ None))) => *end = Some(second.max(*begin)),
            // It is taken up again no earlier than it ended.
            ("session_start", Some((_, Some(end)))) => {
                let begin = second.max(*end);
                self.known.push((begin, None));
            }
            _ => {}
        }
        self.last_event = self.last_event.max(Some(second));
    }

    fn delete(&mut self) {
        let last = self.last_event;
        if let Some((begin, end @ None)) = self.known.last_mut() {
            *end = Some(last.unwrap_or(*begin).max(*begin));
        }
    }
}

/// What the steps come to, each session by itself; those that were deleted have run too.
#[derive(Default)]
struct Naive {
    live: BTreeMap<usize, Stretches>,
    gone: Vec<Stretches>,
}

impl Naive {
    fn take(&mut self, step: &Step) {
        match step {
            Step::Create(session, second) => {
                let begun = || Stretches { known: vec![(*second, None)], last_event: None };
                self.live.entry(*session).or_insert_with(begun);
            }
            Step::Event(session, kind, second) => {
                if *kind == "session_start" && !self.live.contains_key(session) {
                    self.take(&Step::Create(*session, *second));
                }
                if let Some(stretches) = self.live.get_mut(session) {
                    stretches.event(kind, *second);
                }
            }
            Step::Delete(session) => {
                if let Some(mut stretches) = self.live.remove(session) {
                    stretches.delete();
                    self.gone.push(stretches);
                }
            }
        }
    }

    fn all(&self) -> impl Iterator<Item = &Stretches> {
        self.live.values().chain(&self.gone)
    }

    /// Sessions that ran when this second began, and starts in so many seconds before it.
    fn at(&self, second: i64, bucket: i64) -> (i64, i64) {
        let of = |stretches: &Stretches| {
            let begun = stretches.known.iter().filter(|(begin, _)| i64::from(*begin) < second);
            let runs = begun.clone().filter(|(_, end)| end.is_none_or(|end| i64::from(end) >= second)).count();
            let started = begun.filter(|(begin, _)| i64::from(*begin) >= second - bucket).count();
            assert!(runs <= 1, "{:?}", stretches.known);
            (runs, started)
        };
        let (running, started): (Vec<usize>, Vec<usize>) = self.all().map(of).unzip();
        let sum = |numbers: Vec<usize>| i64::try_from(numbers.iter().sum::<usize>()).unwrap();
        (sum(running), sum(started))
    }
}

fn command(step: &Step) -> Command {
    match step {
        Step::Create(session, second) => {
            let body = json!({"session_id": IDS[*session], "session_name": "n"});
            let session = NewSession::parse(body.to_string().as_bytes()).unwrap();
            Command::CreateSession { session, created_us: TEN_US + i64::from(*second) * 1_000_000 }
        }
        Step::Event(session, kind, second) => {
            Command::AppendEvent { event: event(IDS[*session], kind, *second, &Value::Null), may_create: true }
        }
        Step::Delete(session) => Command::DeleteSession { session_id: IDS[*session].into() },
    }
}

async fn check(steps: Vec<Step>, from: i64, bucket: i64) {
    let mut opened = Opened::fresh();
    let mut naive = Naive::default();
    // Some are refused, as is a second creation: they do nothing.
    for batch in steps.chunks(5) {
        opened.commit(batch.iter().map(command).collect());
    }
    for step in &steps {
        naive.take(step);
    }
    let at = |second: i64| timestamp::format(TEN_US + second * 1_000_000);
    let (first, last, length) = (at(from), at(3660), bucket.to_string());
    let query = StatisticsQuery::parse(Some(&first), Some(&last), Some(&length), 0).unwrap();
    let found = opened.store.statistics(query).await.unwrap();
    let found: Vec<_> = found.buckets.iter().map(|bucket| (bucket.running, bucket.sessions_started)).collect();
    let ends = (1..).map(|number| query.from - TEN_US / 1_000_000 + number * bucket);
    let expected: Vec<_> = ends.take(found.len()).map(|end| naive.at(end, bucket)).collect();
    assert_eq!(found, expected, "from {first} by {bucket}: {steps:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn each_session_runs_once_at_a_time_from_its_first_event_on(
        steps in prop::collection::vec(any_step(), 1..24),
        from in 0..3600_i64,
        bucket in prop_oneof![Just(60), Just(300), Just(3600)],
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(check(steps, from, bucket));
    }
}

#[tokio::test]
async fn a_resume_that_says_it_was_earlier_counts_no_session_twice() {
    let steps = [("session_start", 600), ("session_stop", 1200), ("session_start", 60), ("session_stop", 120)];
    for told in 1..=steps.len() {
        let steps = steps[..told].iter().map(|(kind, second)| Step::Event(0, kind, *second)).collect();
        check(steps, 0, 60).await;
    }
}

#[tokio::test]
async fn a_session_that_was_told_of_afterwards_ran_from_its_first_event_on() {
    // The range begins between its first event and its creation.
    check(vec![Step::Create(0, 3000), Step::Event(0, "message", 300), Step::Event(0, "session_stop", 900)], 600, 60)
        .await;
}
