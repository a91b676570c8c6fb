//! A thousand hooks of eight agents while their server goes and comes: each document is stored once, in the order of
//! its session.

use std::collections::{BTreeMap, HashSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};

use super::recorder::{Record, Recorder, Reply, Request, STORED};
use super::stand::{Stand, order};
use crate::process::PATIENCE;

pub(super) const AGENTS: usize = 8;
pub(super) const HOOKS: usize = 125;
/// Hooks while the server is there, and while it is not.
pub(super) const UP: usize = 70;
pub(super) const DOWN: usize = 20;

#[test]
fn a_thousand_hooks_store_each_document_once_and_in_order() {
    let (patient, address) = Stand::without_server();
    // Hooks wait no longer than they do for agents.
    let stand = patient.variable("AGENT_RUNTIME_HOOK_PATIENCE_MS", "");
    let record = Arc::<Record>::default();
    let storm = Storm::begin(&stand);
    let mut kills = 0;
    let mut server = start(&record, address);
    while storm.pass(UP) {
        drop(server);
        kills += 1;
        let goes_on = storm.pass(DOWN);
        server = start(&record, address);
        if !goes_on {
            break;
        }
    }
    storm.end();
    calm(&stand);
    drop(server);
    let requests = record.requests();
    assert!(kills >= 8, "{kills} kills show nothing");
    // The server knows a document by the id of its envelope, and stores it when it comes first.
    let mut known = HashSet::new();
    let stored: Vec<Request> =
        requests.iter().filter(|request| known.insert(request.envelope()["id"].to_string())).cloned().collect();
    let mut sessions: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for (session, number) in order(&stored) {
        sessions.entry(session).or_default().push(number);
    }
    assert_eq!(sessions.len(), AGENTS);
    let expected: Vec<u64> = (0..HOOKS as u64).collect();
    for (session, numbers) in sessions {
        assert_eq!(numbers, expected, "{session}; {}", stand.log());
    }
    println!("{kills} kills, {} sent again", requests.len() - stored.len());
}

/// A server that now and then dies between storing and answering.
fn start(record: &Arc<Record>, address: SocketAddr) -> Recorder {
    let count = AtomicUsize::new(0);
    Recorder::with(Arc::clone(record), address, move |_| {
        if count.fetch_add(1, Ordering::SeqCst) % 17 == 16 { Reply::Cut } else { Reply::Status(200, STORED) }
    })
}

/// Agents that report one document after the other, each as fast as its hooks end.
pub(super) struct Storm {
    agents: Vec<std::thread::JoinHandle<()>>,
    passed: Receiver<()>,
}

impl Storm {
    pub(super) fn begin(stand: &Stand) -> Self {
        let (sender, passed) = sync_channel(AGENTS * HOOKS);
        let agent = |agent: usize| {
            let (stand, sender) = (stand.clone(), sender.clone());
            std::thread::spawn(move || {
                for number in 0..HOOKS {
                    stand.report(&format!("agent-{agent}"), number);
                    let _ = sender.send(());
                }
            })
        };
        Self { agents: (0..AGENTS).map(agent).collect(), passed }
    }

    /// Waits until so many hooks have ended; false when there are no more.
    pub(super) fn pass(&self, count: usize) -> bool {
        (0..count).all(|_| self.passed.recv_timeout(PATIENCE).is_ok())
    }

    pub(super) fn end(self) {
        for agent in self.agents {
            agent.join().expect("every hook was silent");
        }
    }
}

/// Has everything delivered that waits still.
pub(super) fn calm(stand: &Stand) {
    let began = std::time::Instant::now();
    // A process that a hook left behind may be at it: asking takes long enough to pace this.
    while stand.status()["waiting"] != 0 {
        assert!(began.elapsed() < PATIENCE, "something waits for ever: {} {}", stand.status(), stand.log());
        stand.flush();
    }
}
