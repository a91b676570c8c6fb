//! `kill -9` of hooks and of what delivers: what was kept whole comes, and what comes twice says so.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use super::recorder::{Recorder, Reply, STORED};
use super::stand::{Stand, assert_silent, document, order};
use crate::torture::random::Random;

#[test]
fn killed_deliveries_lose_nothing_and_double_nothing() {
    let seed = crate::torture::seed();
    println!("TORTURE_SEED={seed}");
    let mut random = Random::new(seed, 200);
    let (stand, address) = Stand::without_server();
    for number in 0..60 {
        stand.report(&format!("s{}", number % 4), number);
    }
    let server = Recorder::on(address, |_| Reply::Status(200, STORED));
    let mut kills = 0;
    while stand.status()["waiting"] != 0 {
        let already = server.requests().len();
        let mut flush = stand.spawn(&["spool", "flush"]);
        server.wait_for(already + 1);
        std::thread::sleep(Duration::from_micros(random.below(1500) as u64));
        flush.kill().expect("killed");
        flush.wait().expect("an end");
        kills += 1;
    }
    assert!(kills > 3, "{kills} kills show nothing");
    assert!(stand.flush().0);
    let mut known = BTreeMap::new();
    let mut firsts = Vec::new();
    let requests = server.requests();
    for (request, (_, number)) in requests.iter().zip(order(&requests)) {
        let id = request.envelope()["id"].to_string();
        if let Some(before) = known.insert(number, id.clone()) {
            assert_eq!(before, id, "{number} was sent again under another id");
        } else {
            firsts.push(number);
        }
    }
    assert_eq!(firsts, (0..60).collect::<Vec<_>>(), "all, in order");
    let status = stand.status();
    assert_eq!((&status["waiting"], &status["rejected"], &status["dropped"]), (&0.into(), &0.into(), &0.into()));
}

#[test]
fn killed_hooks_leave_a_spool_that_others_can_use() {
    let seed = crate::torture::seed();
    println!("TORTURE_SEED={seed}");
    let mut random = Random::new(seed, 201);
    let (stand, address) = Stand::without_server();
    let mut certain = Vec::new();
    for number in 0..80_u64 {
        let mut hook = stand.spawn(&["hook", "codex"]);
        let text = document("s", usize::try_from(number).expect("small")).to_string();
        hook.stdin.take().expect("an input").write_all(text.as_bytes()).expect("written");
        std::thread::sleep(Duration::from_micros(random.below(6000) as u64));
        hook.kill().expect("killed");
        let output = hook.wait_with_output().expect("an end");
        // Who had ended by itself before the kill has kept its document.
        if output.status.success() {
            assert_silent(&output);
            certain.push(number);
        }
    }
    stand.report("s", 80);
    certain.push(80);
    let server = Recorder::on(address, |_| Reply::Status(200, STORED));
    assert!(stand.flush().0);
    let numbers: Vec<u64> = order(&server.requests()).into_iter().map(|(_, number)| number).collect();
    assert!(numbers.is_sorted_by(|one, other| one < other), "each once, in order: {numbers:?}");
    let missing: Vec<_> = certain.iter().filter(|number| !numbers.contains(number)).collect();
    assert!(missing.is_empty(), "{missing:?} of {certain:?}");
    println!("{} kept, {} of them for certain", numbers.len(), certain.len());
}
