//! Whole runs of agents, made of the transcripts that they leave: every document goes through the built program, a
//! process each, in the order and at the pace of an agent, while the transcripts grow beside them. What the server then
//! holds is compared with what the agents did.

mod claude_code;
mod codex;
pub(super) mod held;
mod own;
mod player;
mod run;
mod shared;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::recorder::{Record, Recorder, Reply, Request, STORED};
use super::server::start;
use super::stand::Stand;
use super::storm::calm;
use player::Players;
use run::Run;

#[tokio::test(flavor = "multi_thread")]
async fn runs_of_our_own_are_held_as_they_were() {
    are_held(own::runs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn recorded_runs_are_held_as_they_were() {
    are_held(shared::runs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_of_our_own_outlast_kills_of_the_server() {
    outlast_kills(own::runs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn recorded_runs_outlast_kills_of_the_server() {
    outlast_kills(shared::runs).await;
}

async fn are_held(runs: impl Fn(&Path) -> Vec<Run>) {
    let (stand, address) = Stand::without_server();
    let runs = runs(&transcripts(&stand));
    if runs.is_empty() {
        return;
    }
    let server = start(&stand, address).await;
    let runs = Players::begin(&stand, runs).end();
    held::all_of(&server, &runs).await;
    // Whatever it might still read or deliver has come when it has ended, and been started again.
    server.stop().await;
    let server = start(&stand, address).await;
    held::compare(&server, &runs).await;
    assert_eq!(stand.log(), "", "no hook had anything to complain of");
    server.stop().await;
}

/// The hooks report to a relay, so that what they sent can be sent again, under its own envelopes.
async fn outlast_kills(runs: impl Fn(&Path) -> Vec<Run>) {
    let (elsewhere, address) = Stand::without_server();
    let record = Arc::<Record>::default();
    let relay =
        Recorder::with(Arc::clone(&record), ([127, 0, 0, 1], 0).into(), move |request| pass_on(address, request));
    let stand = Stand::new(&relay.url());
    let runs = runs(&transcripts(&elsewhere));
    if runs.is_empty() {
        return;
    }
    let third = runs.iter().map(Run::hooks).sum::<usize>() / 3;
    let server = start(&elsewhere, address).await;
    let players = Players::begin(&stand, runs);
    players.pass(third);
    server.kill().await;
    players.pass(third / 2);
    let server = start(&elsewhere, address).await;
    players.pass(third / 2);
    server.kill().await;
    players.pass(third / 2);
    let server = start(&elsewhere, address).await;
    let runs = players.end();
    calm(&stand);
    held::all_of(&server, &runs).await;
    held::compare(&server, &runs).await;
    let before = held::everything(&server, &runs).await;
    for request in record.requests() {
        assert!(matches!(pass_on(address, &request), Reply::Status(200, _)), "{request:?}");
    }
    server.stop().await;
    let server = start(&elsewhere, address).await;
    assert_eq!(held::everything(&server, &runs).await, before, "what is sent again changes nothing");
    let status = stand.status();
    assert_eq!((&status["rejected"], &status["dropped"]), (&0.into(), &0.into()), "{status}");
    server.stop().await;
}

/// A folder in which the server of this home reads transcripts.
fn transcripts(server: &Stand) -> PathBuf {
    server.folder.path().join("home/.claude/projects/recorded")
}

/// Hands a request to the server, and its answer back; without a server, nobody answers.
fn pass_on(address: SocketAddr, request: &Request) -> Reply {
    request.sent_to(address).map_or(Reply::Cut, |status| Reply::Status(status, STORED))
}
