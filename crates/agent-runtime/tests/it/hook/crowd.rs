//! Many hooks at one moment, and a lock that nobody gives back: a hook loses nothing, and hardly waits.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use super::recorder::{Recorder, Reply, STORED};
use super::server::{commands, start};
use super::stand::{Stand, assert_silent, bulky, children, document, order};
use super::storm::calm;

const HOOKS: usize = 120;
const ROUNDS: usize = 3;

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_of_hooks_keeps_every_document_and_each_is_stored_once_in_order() {
    let (stand, address) = Stand::without_server();
    (0..ROUNDS).for_each(|round| crowd(&stand, round));
    assert_eq!(stand.log(), "");
    let status = stand.status();
    assert_eq!((&status["waiting"], &status["dropped"]), (&(HOOKS * ROUNDS).into(), &0.into()), "{status}");
    let server = start(&stand, address).await;
    calm(&stand);
    let expected: Vec<String> = (0..ROUNDS).map(|round| format!("echo {round}")).collect();
    for number in 0..HOOKS {
        assert_eq!(commands(&server, &format!("s{number}")).await, expected, "s{number}");
    }
    server.stop().await;
}

#[test]
fn what_a_crowd_of_hooks_leaves_to_others_is_delivered_without_another_hook() {
    let server = Recorder::start();
    // It is no loopback address, so that no hook delivers by itself.
    let stand = Stand::new(&format!("http://0.0.0.0:{}", server.address.port()));
    for round in 0..ROUNDS {
        crowd(&stand, round);
        server.wait_for(HOOKS * (round + 1));
    }
    let mut delivered = order(&server.requests());
    delivered.sort();
    delivered.dedup();
    assert_eq!(delivered.len(), HOOKS * ROUNDS, "each once");
    assert_eq!(stand.log(), "");
}

#[test]
fn nothing_is_lost_and_nobody_waits_long_while_another_process_keeps_the_lock() {
    let (stand, address) = Stand::without_server();
    stand.report("s", 0);
    let lock = locked(&stand);
    // Nobody starts a process, or the next would see that somebody delivers.
    let starting = File::create(stand.spool().join("starting")).expect("a lock");
    starting.lock().expect("it is free");
    stand.report("s", 1);
    stand.report("t", 0);
    stand.report("s", 2);
    assert_eq!(stand.log(), "");
    assert_eq!(children(&stand.spool().join("arriving")).len(), 3);
    // The server comes, and documents of a session wait behind what has no number yet.
    let server = Recorder::on(address, |_| Reply::Status(200, STORED));
    let took = (1..6).map(|number| {
        let began = Instant::now();
        stand.report("t", number);
        began.elapsed()
    });
    // Another may have to wait for the processor; who waits for the lock does so every time.
    let fastest = took.min().expect("five hooks");
    assert!(fastest < Duration::from_millis(400), "they wait for the lock: {fastest:?}");
    assert_eq!(order(&server.requests()), []);
    drop(starting);
    stand.report("t", 6);
    drop(lock);
    // The last hook has started a process that delivers; it may be at it, or wait for the lock still.
    let delivered = order(&server.wait_for(10));
    let numbers = |session: &str| -> Vec<u64> {
        let all = delivered.iter().filter(|(whose, _)| whose == session);
        all.map(|(_, number)| *number).collect()
    };
    let began = Instant::now();
    while stand.status()["waiting"] != 0 && began.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!((numbers("s"), numbers("t")), (vec![0, 1, 2], vec![0, 1, 2, 3, 4, 5, 6]));
    let status = stand.status();
    assert_eq!((&status["waiting"], &status["bytes"], &status["dropped"]), (&0.into(), &0.into(), &0.into()));
}

#[test]
fn what_has_no_number_is_bounded_too_and_what_goes_is_counted() {
    let (stand, _) = Stand::without_server();
    stand.report("s", 0);
    let lock = locked(&stand);
    for number in 1..5 {
        stand.hook("codex", bulky(&format!("s{number}"), number, 24).as_bytes());
    }
    let folder = stand.spool().join("arriving");
    let sizes: Vec<u64> = children(&folder).iter().map(|path| fs::metadata(path).expect("a file").len()).collect();
    assert_eq!(sizes.len(), 2, "{sizes:?}");
    drop(lock);
    let status = stand.status();
    assert_eq!((&status["waiting"], &status["dropped"]), (&3.into(), &2.into()), "{status}");
}

#[test]
fn what_a_kill_left_unfinished_goes_when_others_have_come_long_after_it() {
    let (stand, address) = Stand::without_server();
    let elsewhere = stand.clone().variable("AGENT_ORCHESTRATOR_SESSION_MANAGER_URL", "ftp://nope");
    elsewhere.report("u", 0);
    let unaddressed = stand.state().join("spool/unaddressed/arriving");
    let left_unfinished = |folder: &Path, age: Duration| {
        let path = folder.join(format!("unfinished-{:020}-00000000000000aa-00000000000000bb", age.as_micros()));
        fs::write(&path, "half a docu").expect("written");
        let file = File::options().write(true).open(&path).expect("a file");
        let written = || file.metadata().and_then(|file| file.modified()).expect("a time");
        file.set_modified(written() - age).expect("an age");
        path
    };
    let (old, new) = (Duration::from_hours(2), Duration::from_mins(1));
    let unclaimed = [left_unfinished(&unaddressed, old), left_unfinished(&unaddressed, new)];
    stand.report("s", 0);
    let spool = stand.state().join("spool").join(format!("http-127.0.0.1-{}", address.port()));
    let arriving = spool.join("arriving");
    let left = [left_unfinished(&arriving, old), left_unfinished(&arriving, new)];
    stand.report("s", 1);
    for [old, new] in [unclaimed, left] {
        assert!(!old.exists() && new.exists(), "{}", old.display());
    }
    assert_eq!(stand.status()["waiting"], 3, "none of them is a document");
}

#[test]
fn a_document_that_is_refused_while_the_lock_is_kept_waits_to_be_refused_again() {
    let server = Recorder::answering(|_| Reply::Status(422, "{\"detail\":\"no\"}"));
    let stand = Stand::new(&server.url());
    stand.report("s", 0);
    let lock = locked(&stand);
    stand.report("s", 1);
    drop(lock);
    assert!(stand.flush().0);
    let status = stand.status();
    assert_eq!((&status["waiting"], &status["rejected"], &status["dropped"]), (&0.into(), &2.into(), &0.into()));
}

#[test]
fn what_a_person_must_do_is_told_while_the_lock_is_kept() {
    let server = Recorder::answering(|_| Reply::Status(401, "{\"detail\":\"no\"}"));
    let stand = Stand::new(&server.url());
    stand.report("s", 0);
    let before = stand.log().lines().count();
    let _lock = locked(&stand);
    stand.report("t", 0);
    assert_eq!((before, stand.log().lines().count()), (1, 2), "{}", stand.log());
}

/// A hook of each of many sessions, all at one moment.
fn crowd(stand: &Stand, round: usize) {
    let mut hooks: Vec<_> = (0..HOOKS).map(|_| stand.spawn(&["hook", "claude-code"])).collect();
    // All of them have started when the first hears something.
    for (number, hook) in hooks.iter_mut().enumerate() {
        let text = document(&format!("s{number}"), round).to_string();
        hook.stdin.take().expect("an input").write_all(text.as_bytes()).expect("written");
    }
    for hook in hooks {
        assert_silent(&hook.wait_with_output().expect("an end"));
    }
}

/// The spool's lock, as a stopped process would hold it.
fn locked(stand: &Stand) -> File {
    let lock = File::options().write(true).open(stand.spool().join("lock")).expect("a lock");
    lock.lock().expect("it is free");
    lock
}
