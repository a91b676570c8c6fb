//! An agent at work: it writes its files and runs its hooks, a process for each document.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::process::Child;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;

use agent_runtime_server::clock::{Clock, SystemClock};
use agent_runtime_types::timestamp;
use serde_json::{Value, json};

use super::run::{Line, Moment, Run};
use crate::hook::stand::{Stand, assert_silent};
use crate::process::PATIENCE;

/// Agents at work, each on a thread of its own.
pub(super) struct Players {
    agents: Vec<JoinHandle<Run>>,
    passed: Receiver<()>,
}

impl Players {
    pub(super) fn begin(stand: &Stand, runs: Vec<Run>) -> Self {
        let (sender, passed) = sync_channel(runs.iter().map(Run::hooks).sum());
        let agents = runs.into_iter().map(|run| {
            let (stand, sender) = (stand.clone(), sender.clone());
            std::thread::spawn(move || {
                for moment in &run.moments {
                    play(&stand, run.agent, moment);
                    for _ in &moment.documents {
                        let _ = sender.send(());
                    }
                }
                run
            })
        });
        Self { agents: agents.collect(), passed }
    }

    /// Waits until so many hooks have ended.
    #[track_caller]
    pub(super) fn pass(&self, count: usize) {
        for _ in 0..count {
            self.passed.recv_timeout(PATIENCE).expect("there are more hooks");
        }
    }

    /// Waits until all agents have ended.
    pub(super) fn end(self) -> Vec<Run> {
        self.agents.into_iter().map(|agent| agent.join().expect("every hook was silent")).collect()
    }
}

fn play(stand: &Stand, agent: &str, moment: &Moment) {
    append(moment);
    // All are started before any has its document, as processes that an agent does not wait for one by one.
    let started: Vec<Child> = moment.documents.iter().map(|_| stand.spawn(&["hook", agent])).collect();
    let running = started.into_iter().zip(&moment.documents).map(|(mut child, document)| {
        let mut input = child.stdin.take().expect("an input");
        input.write_all(document.to_string().as_bytes()).expect("it reads its document");
        child
    });
    for child in running.collect::<Vec<_>>() {
        assert_silent(&child.wait_with_output().expect("an end"));
    }
}

/// Appends the lines, each with the time at which it is written: documents get theirs from the same clock.
fn append(moment: &Moment) {
    if moment.lines.is_empty() {
        return;
    }
    fs::create_dir_all(moment.file.parent().expect("a folder")).expect("made");
    let mut file = OpenOptions::new().create(true).append(true).open(&moment.file).expect("a transcript");
    for line in &moment.lines {
        let text = match line {
            Line::Text(text) => text.clone(),
            Line::Object(line) => stamped(line).to_string(),
        };
        file.write_all(format!("{text}\n").as_bytes()).expect("written");
    }
}

fn stamped(line: &Value) -> Value {
    let mut line = line.clone();
    if line["timestamp"].is_string() {
        line["timestamp"] = json!(timestamp::format(SystemClock.now_us()));
    }
    line
}
