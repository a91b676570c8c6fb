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
fn a_name_that_is_made_of_a_prompt_has_its_words_and_no_marks() {
    let named = |prompt: &str| report(&document("UserPromptSubmit", json!({"prompt": prompt}))).facts.session_name;
    for (prompt, name) in [
        ("Mend the **front page**, then push it.", "Mend the front page, then push it."),
        ("# Fix `make test` in [the docs](https://example.org/a)", "Fix make test in the docs"),
        ("_Really_ __now__ ***please***", "Really now please"),
        ("- one\n- **two `x`**\n> three", "one two x three"),
        ("see ![the picture](a.png)", "see the picture"),
        ("``a ` b`` c", "``a ` b`` c"),
    ] {
        assert_eq!(named(prompt), name, "{prompt}");
    }
    for only_alike in [
        "2 * 3 * 4",
        "src/*.ts and *.js",
        "snake_case_name",
        "__init__.py",
        "a [list] (of) things",
        "5 > 3",
        "**",
        "`",
        "#12 is open",
        "a**b**c",
        "** no **",
        "[a](b c)",
        "!",
        "é**",
    ] {
        assert_eq!(named(only_alike), only_alike);
    }
    let title =
        report(&document("SessionStart", json!({"session_title": "a **title** is as it is"}))).facts.session_name;
    assert_eq!(title, "a **title** is as it is");
    // Marks without end are read in no time: only the beginning is.
    for mark in ["*", "**a", "`", "[", "_a ", "[]("] {
        named(&mark.repeat(100_000));
    }
}

#[test]
fn a_name_holds_no_secret() {
    let secret = ["ghp", "_", &"a1B2".repeat(9)].concat();
    let facts = report(&document("UserPromptSubmit", json!({"prompt": format!("use {secret} now")}))).facts;
    assert_eq!(facts.session_name, "use [redacted:github] now");
    assert_eq!(facts.session_id, SESSION);
}
