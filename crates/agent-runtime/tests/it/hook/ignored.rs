//! What must not be recorded reaches no server by another way either: not by a folder that is said unclearly, and not by
//! the transcript, in which everything stands.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use super::recorder::{Recorder, Reply};
use super::stand::{Stand, children, document};

const IGNORE: &str = "ignore = [\"~/clients/*\"]\n";

fn ignored_folder(stand: &Stand) -> String {
    stand.folder.path().join("home/clients/a").display().to_string()
}

fn in_folder(session: &str, number: usize, folder: &str) -> Value {
    let mut document = document(session, number);
    document["cwd"] = json!(folder);
    document
}

fn hook(stand: &Stand, document: &Value) {
    stand.hook("claude-code", document.to_string().as_bytes());
}

/// What each envelope says of the session's words.
fn words(server: &Recorder) -> Vec<Value> {
    server.requests().iter().map(|request| request.envelope()["words"].clone()).collect()
}

#[test]
fn a_session_that_was_in_an_ignored_folder_is_handed_over_without_its_words() {
    type Pass = fn(&Stand, &Value);
    let ways: [(&str, Pass); 4] = [
        ("in an ignored folder", |stand, document| {
            let mut document = document.clone();
            document["cwd"] = json!(ignored_folder(stand));
            hook(stand, &document);
        }),
        ("started in an ignored folder", |stand, document| {
            hook(&stand.clone().variable("CLAUDE_PROJECT_DIR", ignored_folder(stand)), document);
        }),
        ("while it is off", |stand, document| hook(&stand.clone().variable("AGENT_RUNTIME_HOOK", "off"), document)),
        ("while nobody knows what to ignore", |stand, document| {
            hook(&stand.clone().configuration("ignore = ["), document);
            let _ = stand.clone().configuration(IGNORE);
        }),
    ];
    for (way, pass) in ways {
        let server = Recorder::start();
        let stand = Stand::new(&server.url()).configuration(IGNORE);
        stand.report("s", 1);
        pass(&stand, &document("s", 2));
        assert_eq!(words(&server), [Value::Null], "{way}");
        stand.report("s", 3);
        stand.report("t", 4);
        assert_eq!(words(&server), [Value::Null, json!(false), Value::Null], "{way}");
        assert_eq!(server.requests()[1].document(), document("s", 3), "the document itself stays as it is: {way}");
        let noted = children(&stand.state().join("unrecorded"));
        assert_eq!(noted.len(), 1, "{way}: {noted:?}");
        let about = std::fs::metadata(&noted[0]).expect("there");
        assert_eq!((about.len(), about.permissions().mode() & 0o777), (0, 0o600), "{way}");
    }
}

#[test]
fn what_waited_already_is_delivered_without_the_words_too() {
    let (stand, address) = Stand::without_server();
    let stand = stand.configuration(IGNORE);
    stand.report("s", 1);
    stand.report("t", 2);
    hook(&stand, &in_folder("s", 3, &ignored_folder(&stand)));
    let server = Recorder::on(address, |_| Reply::Status(200, "{\"ok\":true}"));
    assert!(stand.flush().0);
    assert_eq!(words(&server), [json!(false), Value::Null]);
}

#[test]
fn a_document_that_does_not_say_clearly_where_is_not_recorded_if_some_folders_are_not() {
    let server = Recorder::start();
    let without = |key: &str| {
        let mut document = document("s", 1);
        document.as_object_mut().expect("an object").remove(key);
        document.to_string()
    };
    let twice = |folder: &str| document("s", 1).to_string().replacen('{', &format!("{{\"cwd\":\"{folder}\","), 1);
    for unclear in [without("cwd"), without("cwd").replacen('{', "{\"cwd\":null,", 1), twice("/work"), twice("/x")] {
        let stand = Stand::new(&server.url()).configuration(IGNORE);
        let before = server.requests().len();
        stand.hook("claude-code", unclear.as_bytes());
        assert!(stand.log().contains("does not say in which folder"), "{unclear}: {}", stand.log());
        assert_eq!(server.requests().len(), before, "{unclear}");
        let stand = Stand::new(&server.url());
        stand.hook("claude-code", unclear.as_bytes());
        assert_eq!((stand.log().as_str(), server.requests().len()), ("", before + 1), "without patterns: {unclear}");
    }
    // The session's name does not hide its folder.
    let stand = Stand::new(&server.url()).configuration(IGNORE);
    let before = server.requests().len();
    let document = in_folder("s", 1, &ignored_folder(&stand)).to_string();
    stand.hook("claude-code", document.replacen('{', "{\"session_id\":\"r\",", 1).as_bytes());
    assert_eq!((stand.log().as_str(), server.requests().len()), ("", before));
}
