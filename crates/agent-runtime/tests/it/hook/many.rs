//! Thousands of documents that wait without a number: a hook leaves them to a process that has the time, and every
//! session keeps its order.

use std::fs::{self, File};
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::recorder::{Recorder, Reply, STORED};
use super::stand::{Stand, children, order};
use crate::disk_full::Disk;

const DOCUMENTS: usize = 2000;
const URL: &str = "AGENT_ORCHESTRATOR_SESSION_MANAGER_URL";

#[test]
fn a_hook_leaves_many_that_were_told_no_address_to_others_and_queues_behind_them() {
    let server = Recorder::start();
    let stand = Stand::new("ftp://nope");
    stand.report("s", 0);
    let unaddressed = stand.state().join("spool/unaddressed/arriving");
    multiply(&unaddressed);
    let stand = stand.variable(URL, server.url());
    let name = format!("http-127.0.0.1-{}", server.address.port());
    let spool = stand.state().join("spool").join(name);
    // Nobody starts a process that claims them in between.
    let starting = locked(&spool, "starting");
    stand.report("t", 0);
    assert_eq!(order(&server.requests()), [("t".to_owned(), 0)], "{}", stand.log());
    stand.report("s", DOCUMENTS);
    assert_eq!(server.requests().len(), 1, "it waits behind those of its session");
    assert_eq!(children(&unaddressed).len(), DOCUMENTS + 1);
    assert_eq!(children(&spool.join("arriving")).len(), 0);
    drop(starting);
    // The next hook, of whatever session, starts the process that has the time.
    stand.report("t", 1);
    let delivered = order(&server.wait_for(DOCUMENTS + 3));
    let numbers: Vec<u64> = delivered.iter().filter(|(session, _)| session == "s").map(|(_, number)| *number).collect();
    assert_eq!(numbers, (0..=DOCUMENTS as u64).collect::<Vec<_>>());
    assert_eq!(stand.log().lines().count(), 1, "{}", stand.log());
}

#[test]
fn what_comes_while_many_are_claimed_is_delivered_without_another_hook() {
    let (stand, server) = while_many_are_claimed(Reply::Status(200, STORED));
    assert!(stand.flush().0);
    let numbers: Vec<u64> = order(&server.requests()).into_iter().map(|(_, number)| number).collect();
    assert_eq!(numbers, (0..=DOCUMENTS as u64).collect::<Vec<_>>());
}

#[test]
fn what_comes_while_many_are_claimed_in_vain_waits_among_them() {
    let (stand, server) = while_many_are_claimed(Reply::Status(503, STORED));
    assert!(!stand.flush().0);
    assert_eq!(children(&stand.state().join("spool/unaddressed/arriving")).len(), 0, "its server may come by itself");
    assert!(stand.flush().0);
    let mut numbers: Vec<u64> = order(&server.requests()).into_iter().map(|(_, number)| number).collect();
    numbers.dedup();
    assert_eq!(numbers, (0..=DOCUMENTS as u64).collect::<Vec<_>>());
}

/// Many documents that were told no address, and a server whose first answer comes after one more of them.
fn while_many_are_claimed(first: Reply) -> (Stand, Recorder) {
    let place = Arc::new(Mutex::new(None::<(Stand, Reply)>));
    let known = Arc::clone(&place);
    let server = Recorder::answering(move |_| match known.lock().expect("a stand").take() {
        Some((stand, first)) => {
            stand.report("s", DOCUMENTS);
            first
        }
        None => Reply::Status(200, STORED),
    });
    let stand = Stand::new("ftp://nope");
    stand.report("s", 0);
    multiply(&stand.state().join("spool/unaddressed/arriving"));
    *place.lock().expect("a stand") = Some((stand.clone(), first));
    (stand.variable(URL, server.url()), server)
}

#[test]
fn a_hook_leaves_many_that_have_come_to_others() {
    let (stand, address) = Stand::without_server();
    stand.report("s", 0);
    let spool = stand.spool();
    // Nobody delivers in between.
    let delivering = locked(&spool, "flushing");
    let lock = locked(&spool, "lock");
    stand.report("s", 1);
    drop(lock);
    multiply(&spool.join("arriving"));
    stand.report("s", DOCUMENTS + 1);
    assert_eq!(children(&spool.join("arriving")).len(), DOCUMENTS + 1);
    drop(delivering);
    let server = Recorder::on(address, |_| Reply::Status(200, STORED));
    stand.report("s", DOCUMENTS + 2);
    let numbers: Vec<u64> = order(&server.wait_for(DOCUMENTS + 3)).into_iter().map(|(_, number)| number).collect();
    assert_eq!(numbers, (0..DOCUMENTS as u64 + 3).collect::<Vec<_>>());
    assert_eq!(stand.log(), "");
}

#[test]
fn what_cannot_be_claimed_is_told_and_holds_up_its_own_session_only() {
    let server = Recorder::start();
    let stand = Stand::new("ftp://nope");
    // Nothing can be moved from one file system to another.
    let unaddressed = stand.state().join("spool/unaddressed");
    fs::create_dir_all(stand.state().join("spool")).expect("a folder");
    let Some(_disk) = Disk::mount(&unaddressed, 1024 * 1024) else { return };
    stand.report("s", 0);
    let stand = stand.variable(URL, server.url());
    stand.report("t", 0);
    stand.report("s", 1);
    assert_eq!(order(&server.requests()), [("t".to_owned(), 0)]);
    assert_eq!(children(&unaddressed.join("arriving")).len(), 2);
    assert_eq!(stand.log().matches("could not be sent on").count(), 2, "{}", stand.log());
    let started = stand.state().join(format!("spool/http-127.0.0.1-{}/attended", server.address.port()));
    assert!(!started.exists(), "another process could not claim it either");
    let (is_content, said) = stand.flush();
    assert!(!is_content && said.contains("cannot be used"), "{said}");
}

#[test]
fn a_flush_ends_whatever_a_stranger_put_into_the_spool() {
    let server = Recorder::start();
    let stand = Stand::new(&server.url());
    stand.report("s", 0);
    let spool = stand.state().join("spool").join(format!("http-127.0.0.1-{}", server.address.port()));
    let folder = spool.join("waiting/0000000000000000");
    fs::create_dir_all(&folder).expect("a folder");
    std::os::unix::fs::symlink("/nowhere", folder.join("0000000000000001")).expect("a link");
    let unaddressed = stand.state().join("spool/unaddressed/waiting/0000000000000000");
    fs::create_dir_all(&unaddressed).expect("a folder");
    fs::write(unaddressed.join("0000000000000001"), "a file").expect("written");
    let (is_content, said) = stand.flush();
    assert!(!is_content && said.contains("0000000000000001"), "{said}");
    // A hook ends, too.
    stand.report("s", 1);
    assert_eq!(order(&server.requests()), [("s".to_owned(), 0), ("s".to_owned(), 1)]);
}

/// Makes many of the one document that lies in a folder, each later than the one before.
fn multiply(folder: &Path) {
    let [path] = &children(folder)[..] else { panic!("one document: {:?}", children(folder)) };
    let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
    let (at_us, rest) = name.split_once('-').expect("a time");
    let at_us: usize = at_us.parse().expect("a time");
    let content = fs::read_to_string(path).expect("a document");
    let [agent, envelope, document] = content.splitn(3, '\n').collect::<Vec<_>>()[..] else { panic!("{content}") };
    let mut envelope: Value = serde_json::from_str(envelope).expect("JSON");
    let mut document: Value = serde_json::from_str(document).expect("JSON");
    let first = document["number"].as_u64().expect("a number");
    for number in 1..DOCUMENTS {
        envelope["id"] = json!(format!("copy{number}"));
        document["number"] = json!(first + number as u64);
        let copy = folder.join(format!("{:020}-{rest}", at_us + number));
        fs::write(copy, format!("{agent}\n{envelope}\n{document}")).expect("written");
    }
}

/// One of the spool's locks, as a process that takes its time would hold it.
fn locked(spool: &Path, name: &str) -> File {
    fs::create_dir_all(spool).expect("a folder");
    let lock = File::options().write(true).create(true).truncate(false).open(spool.join(name)).expect("a lock");
    lock.lock().expect("it is free");
    lock
}
