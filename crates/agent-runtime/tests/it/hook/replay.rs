//! Replay: in order, once, and only as far as it goes.

use std::fs;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::recorder::{Recorder, Reply, STORED};
use super::stand::{Stand, children, order};

#[test]
fn flush_delivers_all_sessions_in_the_order_of_arrival() {
    let (stand, address) = Stand::without_server();
    let sent: Vec<(String, u64)> = (0..12).map(|number| (format!("s{}", number % 3), number)).collect();
    for (session, number) in &sent {
        stand.report(session, usize::try_from(*number).expect("small"));
    }
    let server = Recorder::on(address, |_| Reply::Status(200, STORED));
    let (content, said) = stand.flush();
    assert!(content && said.contains("12 delivered, 0 refused"), "{said}");
    assert_eq!(order(&server.requests()), sent);
    assert!(stand.flush().1.contains("0 delivered"));
    assert_eq!(server.requests().len(), 12, "nothing goes twice");
}

#[test]
fn it_stops_at_the_first_that_cannot_be_delivered_now() {
    let (stand, address) = Stand::without_server();
    for number in 0..6 {
        stand.report(&format!("s{number}"), number);
    }
    let left = Arc::new(AtomicUsize::new(2));
    let room = Arc::clone(&left);
    let server = Recorder::on(address, move |_| {
        let taken = room.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        Reply::Status(if taken.is_ok() { 200 } else { 503 }, STORED)
    });
    let (content, said) = stand.flush();
    assert!(!content && said.contains("still wait") && said.contains("503"), "{said}");
    let numbers = || order(&server.requests()).into_iter().map(|(_, number)| number).collect::<Vec<_>>();
    assert_eq!(numbers(), [0, 1, 2]);
    left.store(10, Ordering::SeqCst);
    assert!(stand.flush().0);
    assert_eq!(numbers(), [0, 1, 2, 2, 3, 4, 5]);
    let ids: Vec<_> = server.requests().iter().map(|request| request.envelope()["id"].clone()).collect();
    assert_eq!(ids[2], ids[3], "what is sent again says that it is the same");
}

#[test]
fn what_goes_to_make_room_while_others_are_delivered_is_no_obstacle() {
    let (stand, address) = Stand::without_server();
    for number in 0..3 {
        stand.report(&format!("s{number}"), number);
    }
    let folder = stand.spool().join("waiting");
    let server = Recorder::on(address, move |request| {
        if request.document()["number"] == 0 {
            let files = children(&folder).into_iter().flat_map(|session| children(&session));
            let mut files: Vec<_> = files.map(|path| (path.file_name().expect("a name").to_owned(), path)).collect();
            files.sort();
            fs::remove_file(&files[1].1).expect("erased");
        }
        Reply::Status(200, STORED)
    });
    let (content, said) = stand.flush();
    assert!(content && said.contains("2 delivered, 0 refused"), "{said}");
    let numbers: Vec<u64> = order(&server.requests()).into_iter().map(|(_, number)| number).collect();
    assert_eq!(numbers, [0, 2]);
}

#[test]
fn flush_says_when_there_is_nothing_and_when_there_is_no_server() {
    let (stand, _) = Stand::without_server();
    assert_eq!(stand.flush(), (true, "0 delivered, 0 refused\n".into()));
    let status = stand.command(super::stand::PROGRAM, &["spool", "status"]).output().expect("an end");
    assert_eq!(status.stdout, b"nothing waits\n");
    assert!(!stand.state().exists(), "asking leaves nothing behind");
    stand.report("s", 1);
    let (content, said) = stand.flush();
    assert!(!content && said.contains("cannot be reached"), "{said}");
}

#[test]
fn only_one_process_delivers_at_a_time() {
    let (stand, address) = Stand::without_server();
    stand.report("s", 1);
    let server = Recorder::on(address, |_| Reply::Silence);
    let first = stand.spawn(&["spool", "flush"]);
    server.wait_for(1);
    let (content, said) = stand.flush();
    assert!(!content && said.contains("still wait (1): another process delivers them"), "{said}");
    // A hook does not wait for that process, either.
    stand.report("s", 2);
    assert_eq!(server.requests().len(), 1);
    assert_eq!(stand.status()["waiting"], 2);
    drop(server);
    assert!(!first.wait_with_output().expect("an end").status.success());
    let _server = Recorder::on(address, |_| Reply::Status(200, STORED));
    assert_eq!(stand.flush(), (true, "2 delivered, 0 refused\n".into()));
}

#[test]
fn what_comes_while_a_delivery_ends_is_delivered_by_it() {
    let (stand, address) = Stand::without_server();
    stand.report("s", 0);
    let server = Recorder::on(address, |_| Reply::Status(200, STORED));
    assert!(stand.flush().0);
    drop(server);
    // A pipe in the place of a file holds the delivery up between its last look and its end.
    let (totals, aside) = (stand.spool().join("totals"), stand.folder.path().join("totals"));
    fs::rename(&totals, &aside).expect("moved");
    assert!(Command::new("mkfifo").arg(&totals).status().expect("mkfifo").success());
    let flush = stand.spawn(&["spool", "flush"]);
    let pipe = fs::File::options().write(true).open(&totals).expect("it is read");
    stand.report("t", 1);
    let server = Recorder::on(address, |_| Reply::Status(200, STORED));
    fs::rename(&aside, &totals).expect("moved back");
    drop(pipe);
    let said = flush.wait_with_output().expect("an end");
    assert!(said.stdout.starts_with(b"1 delivered"), "{said:?}");
    assert_eq!(order(&server.requests()), [("t".to_owned(), 1)]);
}

#[test]
fn what_is_left_behind_by_a_kill_is_no_obstacle() {
    let (stand, address) = Stand::without_server();
    stand.report("s", 1);
    let spool = stand.spool();
    fs::create_dir(spool.join("waiting/0000000000000000")).expect("a folder");
    fs::write(spool.join("unfinished"), "half a docu").expect("written");
    let server = Recorder::on(address, |_| Reply::Status(200, STORED));
    assert!(stand.flush().0);
    stand.report("s", 2);
    assert_eq!(order(&server.requests()).len(), 2);
    assert_eq!(fs::read_dir(spool.join("waiting")).expect("a folder").count(), 0);
}

#[test]
fn a_document_that_cannot_be_read_holds_up_its_own_session_only_and_is_told() {
    let (stand, address) = Stand::without_server();
    stand.report("a", 1);
    stand.report("b", 2);
    stand.report("a", 3);
    let files = children(&stand.spool().join("waiting")).into_iter().flat_map(|session| children(&session));
    let oldest = files.min_by_key(|path| path.file_name().map(std::ffi::OsStr::to_owned)).expect("a document");
    fs::remove_file(&oldest).expect("erased");
    fs::create_dir(&oldest).expect("a folder where a document was");
    let server = Recorder::on(address, |_| Reply::Status(200, STORED));
    let (content, said) = stand.flush();
    assert!(!content && said.contains("1 delivered"), "{said}");
    let name = oldest.display().to_string();
    assert!(said.contains(&name) && said.contains("cannot be read"), "{said}");
    assert_eq!(order(&server.requests()), [("b".to_owned(), 2)]);
    assert!(stand.status()["obstacle"].as_str().is_some_and(|told| told.contains(&name)), "{}", stand.status());
    fs::remove_dir(&oldest).expect("erased");
    assert!(stand.flush().0);
    assert_eq!(order(&server.requests()), [("b".to_owned(), 2), ("a".to_owned(), 3)]);
}

#[test]
fn a_session_whose_folder_cannot_be_read_holds_up_itself_only_and_is_told() {
    let (stand, address) = Stand::without_server();
    stand.report("a", 1);
    let folder = children(&stand.spool().join("waiting"))[0].clone();
    let aside = stand.folder.path().join("aside");
    fs::rename(&folder, &aside).expect("moved");
    // Nobody can look into this, not even root.
    std::os::unix::fs::symlink(&folder, &folder).expect("a link to itself");
    stand.report("b", 2);
    stand.report("a", 3);
    stand.report("b", 4);
    let server = Recorder::on(address, |_| Reply::Status(200, STORED));
    let (content, said) = stand.flush();
    assert!(!content && said.contains("2 delivered"), "{said}");
    let name = folder.display().to_string();
    assert!(said.contains(&name) && said.contains("cannot be read"), "{said}");
    assert_eq!(order(&server.requests()), [("b".to_owned(), 2), ("b".to_owned(), 4)]);
    let status = stand.status();
    assert!(status["obstacle"].as_str().is_some_and(|told| told.contains(&name)), "{status}");
    assert_eq!(status["waiting"], 1, "what came behind it waits");
    fs::remove_file(&folder).expect("erased");
    fs::rename(&aside, &folder).expect("moved back");
    assert!(stand.flush().0);
    assert_eq!(order(&server.requests())[2..], [("a".to_owned(), 1), ("a".to_owned(), 3)]);
}

#[test]
fn what_was_recorded_is_not_called_lost_when_the_rest_cannot_be_sent_on() {
    let (stand, address) = Stand::without_server();
    stand.report("s", 1);
    fs::create_dir(stand.spool().join("flushing")).expect("a folder where the lock should be");
    let server = Recorder::on(address, |_| Reply::Status(200, STORED));
    // Stored by itself, then kept behind another: both times the rest cannot be looked at.
    stand.report("t", 2);
    stand.report("s", 3);
    assert_eq!(order(&server.requests()), [("t".to_owned(), 2)]);
    assert_eq!(stand.status()["waiting"], 2);
    let log = stand.log();
    assert_eq!(log.matches("recorded, but what waits in the spool could not be sent on").count(), 2, "{log}");
    assert!(!log.contains("nothing recorded"), "{log}");
}
