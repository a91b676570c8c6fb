//! What a session is called: the agent's title, else the beginning of the prompt, else its folder.

use agent_runtime_agents::report::NameRank;
use serde_json::json;

use crate::harness::{SESSION, document, report};

#[test]
fn a_name_is_as_good_as_what_is_known() {
    let long = format!("  Put the\n\tkettle on {}", "é".repeat(100));
    let beginning = format!("Put the kettle on {}", "é".repeat(42));
    for (event_name, own, name, rank) in [
        ("SessionStart", json!({"source": "startup"}), "teapot 7c1e", NameRank::Folder),
        ("SessionStart", json!({"session_title": "Brew"}), "Brew", NameRank::Title),
        ("SessionStart", json!({"session_title": " \n"}), "teapot 7c1e", NameRank::Folder),
        ("UserPromptSubmit", json!({"prompt": long}), beginning.as_str(), NameRank::Prompt),
        ("UserPromptSubmit", json!({"prompt": "\u{0}"}), "teapot 7c1e", NameRank::Folder),
        ("UserPromptExpansion", json!({"prompt": "x"}), "teapot 7c1e", NameRank::Folder),
        ("Stop", json!({"cwd": "/"}), "claude-code 7c1e", NameRank::Folder),
        ("Stop", json!({"cwd": "/a/b c/"}), "b c 7c1e", NameRank::Folder),
        ("Stop", json!({"cwd": null}), "claude-code 7c1e", NameRank::Folder),
        ("Stop", json!({"cwd": "x".repeat(5000)}), "claude-code 7c1e", NameRank::Folder),
        ("Stop", json!({"session_id": "é"}), "teapot é", NameRank::Folder),
    ] {
        let sent = document(event_name, own);
        let facts = report(&sent).facts;
        assert_eq!((facts.session_name.as_str(), facts.name_rank), (name, rank), "{sent}");
    }
    assert!(NameRank::ChosenTitle > NameRank::Title && NameRank::Title > NameRank::Prompt);
    assert!(NameRank::Prompt > NameRank::Folder);
}

#[test]
fn a_name_holds_no_secret() {
    let secret = ["ghp", "_", &"a1B2".repeat(9)].concat();
    let facts = report(&document("UserPromptSubmit", json!({"prompt": format!("use {secret} now")}))).facts;
    assert_eq!(facts.session_name, "use [redacted:github] now");
    assert_eq!(facts.session_id, SESSION);
}
