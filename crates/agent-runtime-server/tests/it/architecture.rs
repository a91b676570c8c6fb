//! Who may know whom. The tables below are the map of the house; a change that needs a new arrow changes
//! them first, in the open.

mod pages;
mod sources;

use self::sources::{Package, Source, dependencies, find, workspace};

/// Which crates of ours each crate may use. Each knows only those above it.
const CRATES: &[(&str, &[&str])] = &[
    ("crates/agent-runtime-types", &[]),
    ("crates/agent-runtime-agents", &["agent-runtime-types"]),
    ("crates/agent-runtime-store", &["agent-runtime-types"]),
    ("crates/agent-runtime-server", &["agent-runtime-types", "agent-runtime-agents", "agent-runtime-store"]),
    (
        "crates/agent-runtime",
        &["agent-runtime-types", "agent-runtime-agents", "agent-runtime-store", "agent-runtime-server"],
    ),
    // It measures from outside, as a client does.
    ("bench", &[]),
];

/// Database drivers, and who may bring one: the store, and the measurements for their baselines.
const DRIVERS: &[&str] =
    &["rusqlite", "libsqlite3-sys", "refinery", "refinery-core", "sqlx", "tokio-postgres", "deadpool-postgres"];
const MAY_BRING_A_DRIVER: &[&str] = &["crates/agent-runtime-store", "bench"];

/// Which modules of the server each module may use. Each knows only those above it.
const SERVER: &[(&str, &[&str])] = &[
    ("clock", &[]),
    ("assets", &[]),
    ("limits", &[]),
    ("observe", &[]),
    ("error", &[]),
    ("budget", &[]),
    ("connection", &[]),
    ("config", &["assets", "clock", "limits"]),
    ("origins", &["config"]),
    ("hub", &["limits"]),
    ("journal", &["budget", "error", "hub", "limits", "observe"]),
    ("snapshots", &["hub"]),
    ("reports", &[]),
    ("words", &[]),
    ("secrets", &[]),
    ("app", &["budget", "config", "hub", "journal", "observe", "snapshots", "words"]),
    ("follow", &["app", "hub", "observe", "snapshots"]),
    ("agents", &["app", "config", "error"]),
    ("transcripts", &["app", "error", "reports", "words"]),
    ("extract", &["app", "budget", "error", "limits", "origins"]),
    ("websocket", &["app", "connection", "error", "origins"]),
    (
        "api",
        &[
            "app",
            "budget",
            "clock",
            "config",
            "connection",
            "error",
            "extract",
            "follow",
            "hub",
            "limits",
            "observe",
            "reports",
            "secrets",
            "websocket",
        ],
    ),
    ("ui", &["app", "assets", "error"]),
    ("router", &["api", "app", "config", "error", "ui"]),
    ("door", &["app", "config", "connection", "error", "origins"]),
    ("listen", &["app", "connection", "door"]),
    ("lib", &["agents", "app", "config", "door", "journal", "listen", "router", "transcripts", "words"]),
];

/// Words that may stand in the named files of a crate only.
struct Reserved {
    folder: &'static str,
    word: &'static str,
    files: &'static [&'static str],
    because: &'static str,
}

const RESERVED: &[Reserved] = &[
    Reserved {
        folder: "crates/agent-runtime-server",
        word: "Writer",
        files: &["journal.rs"],
        because: "only the journal appends",
    },
    Reserved {
        folder: "crates/agent-runtime-server",
        word: "writer()",
        files: &["app.rs"],
        because: "the store's writer is taken once, for the journal",
    },
    Reserved {
        folder: "crates/agent-runtime",
        word: "writer()",
        files: &[],
        because: "only the server's journal appends",
    },
    Reserved {
        folder: "crates/agent-runtime-server",
        word: "StatusCode",
        // What is no failure: OPTIONS and preflights, what a browser has already, the change of protocol, a label.
        files: &["error.rs", "door.rs", "ui.rs", "websocket.rs", "observe.rs"],
        because: "only error.rs turns a failure into a status",
    },
    Reserved {
        folder: "crates/agent-runtime-server",
        word: "Problem {",
        files: &["error.rs"],
        because: "only error.rs writes the body of an error",
    },
    Reserved {
        folder: "crates/agent-runtime-server",
        word: "TcpListener",
        files: &["lib.rs", "listen.rs"],
        because: "connections are accepted in one place, with its limits",
    },
];

/// Crates that do no IO: the words of the wire are the same on every side of it, and so is what agents write.
const PURE: &[&str] = &["crates/agent-runtime-types", "crates/agent-runtime-agents"];
const NOT_IN_PURE: &[&str] = &[
    "async",
    "await",
    "tokio",
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
];
const NOT_BENEATH_PURE: &[&str] = &[
    "async-trait",
    "axum",
    "futures-util",
    "http",
    "hyper",
    "reqwest",
    "tokio",
    "tokio-util",
    "tower-service",
    "tracing",
];

/// What no program code holds.
const NOWHERE: &[(&str, &str)] = &[
    (".unwrap()", "say with `?` or a match what happens then"),
    (".expect(", "say with `?` or a match what happens then"),
    ("panic!(", "return an error"),
    ("unreachable!(", "make the case impossible, or return an error"),
    ("todo!(", "do it, or leave it out"),
    ("unimplemented!(", "do it, or leave it out"),
    ("unbounded_channel", "every queue has a limit, named in limits.rs"),
    ("std::sync::mpsc::channel", "every queue has a limit, named in limits.rs"),
];

/// Beginnings of SQL statements.
const SQL: &[&str] =
    &["\"SELECT ", "\"INSERT ", "\"UPDATE ", "\"DELETE FROM ", "\"PRAGMA ", "\"CREATE TABLE ", "\"BEGIN"];

/// Names that say nothing of what is inside.
const EMPTY_NAMES: &[&str] = &["util", "utils", "helper", "helpers", "common", "manager", "misc"];

/// The most lines of a file that runs. Tests at its end are not counted.
const MAX_LINES: usize = 400;

#[test]
fn crates_know_only_those_above_them() {
    assert_clean(&unknown_crates(&workspace()));
}

#[test]
fn only_the_store_brings_a_database_driver() {
    assert_clean(&foreign_drivers(&workspace()));
}

#[test]
fn only_the_store_speaks_sql() {
    assert_clean(&foreign_sql(&workspace()));
}

#[test]
fn the_words_and_the_ears_do_no_io() {
    for folder in PURE {
        assert_clean(&io_in(find(&workspace(), folder)));
    }
}

#[test]
fn modules_of_the_server_know_only_those_above_them() {
    assert_clean(&unknown_modules(&find(&workspace(), "crates/agent-runtime-server").sources));
}

#[test]
fn the_hub_carries_and_never_stores() {
    assert_clean(&store_in_hub(&find(&workspace(), "crates/agent-runtime-server").sources));
}

#[test]
fn some_words_have_one_home() {
    assert_clean(&words_abroad(&workspace()));
}

#[test]
fn no_program_code_gives_up_or_queues_without_a_limit() {
    assert_clean(&forbidden_words(&workspace()));
}

#[test]
fn files_are_short_and_well_named() {
    assert_clean(&unwieldy_files(&workspace()));
}

#[test]
fn both_tables_go_one_way() {
    let mut crates_above: Vec<&str> = Vec::new();
    for (folder, may_use) in CRATES {
        assert!(may_use.iter().all(|used| crates_above.contains(used)), "{folder} uses a crate that stands below it");
        crates_above.push(folder.rsplit('/').next().unwrap_or(folder));
    }
    let mut modules_above: Vec<&str> = Vec::new();
    for (module, may_use) in SERVER {
        assert!(may_use.iter().all(|used| modules_above.contains(used)), "{module} uses a module that stands below it");
        modules_above.push(module);
    }
}

/// Every rule, shown something it must refuse: a rule that sees nothing guards nothing.
#[test]
fn each_rule_sees_its_breach() {
    let server = |path: &str, text: &str| package("crates/agent-runtime-server", &[], path, text);
    let breaches = [
        unknown_crates(&[package("crates/agent-runtime-store", &["agent-runtime-server"], "lib.rs", "")]),
        unknown_crates(&[package("crates/agent-runtime-new", &[], "lib.rs", "")]),
        foreign_drivers(&[package("crates/agent-runtime-server", &["rusqlite"], "lib.rs", "")]),
        foreign_sql(&[server("api/events.rs", "let sql = \"SELECT 1\";")]),
        io_in(&package("crates/agent-runtime-types", &["tokio"], "lib.rs", "")),
        io_in(&package("crates/agent-runtime-agents", &[], "hook.rs", "use std::fs::File;")),
        unknown_modules(&server("hub.rs", "use crate::journal::Journal;").sources),
        unknown_modules(&server("limits.rs", "fn f() { crate::clock::now() }").sources),
        unknown_modules(&server("api/events.rs", "use crate::{app::App, door::Door};").sources),
        unknown_modules(&server("novel.rs", "").sources),
        store_in_hub(&server("hub.rs", "use agent_runtime_store::read::Store;").sources),
        words_abroad(&[server("api/events.rs", "let writer = app.store.writer();")]),
        words_abroad(&[server("api/events.rs", "StatusCode::IM_A_TEAPOT")]),
        forbidden_words(&[server("app.rs", "let x = y.unwrap();")]),
        forbidden_words(&[server("app.rs", "#[cfg(test)]\nfn a() {\n    b();\n}\nfn c() { d.expect(\"\") }")]),
        unwieldy_files(&[server("util.rs", "")]),
        unwieldy_files(&[server("app.rs", &"let x = 1;\n".repeat(MAX_LINES + 1))]),
    ];
    for (number, breach) in breaches.iter().enumerate() {
        assert_eq!(breach.len(), 1, "breach {number} was not seen: {breach:?}");
    }
    let harmless =
        server("app.rs", "// y.unwrap()\n/// `crate::door`\n#[cfg(test)]\nmod tests { fn f() { y.unwrap() } }\n");
    assert_clean(&forbidden_words(std::slice::from_ref(&harmless)));
    assert_clean(&unknown_modules(&harmless.sources));
    let manifest = "[dependencies]\ntokio.workspace = true\n[dependencies.time]\n[dev-dependencies]\nrusqlite = \"1\"";
    assert_eq!(dependencies(manifest), ["tokio", "time"]);
}

fn unknown_crates(packages: &[Package]) -> Vec<String> {
    let mut breaches = Vec::new();
    for package in packages {
        let Some((folder, may_use)) = CRATES.iter().find(|(folder, _)| *folder == package.folder) else {
            breaches.push(format!("{} has no row in the table CRATES", package.folder));
            continue;
        };
        for name in package.dependencies.iter().filter(|name| name.starts_with("agent-runtime")) {
            if !may_use.contains(&name.as_str()) {
                breaches.push(format!("{folder} depends on {name}; it may know {may_use:?}"));
            }
        }
    }
    breaches
}

fn foreign_drivers(packages: &[Package]) -> Vec<String> {
    let others = packages.iter().filter(|package| !MAY_BRING_A_DRIVER.contains(&package.folder.as_str()));
    let pairs = others.flat_map(|package| package.dependencies.iter().map(move |name| (&package.folder, name)));
    let drivers = pairs.filter(|(_, name)| DRIVERS.contains(&name.as_str()));
    drivers.map(|(folder, name)| format!("{folder} depends on {name}: only the store knows a database")).collect()
}

fn foreign_sql(packages: &[Package]) -> Vec<String> {
    let others = packages.iter().filter(|package| !MAY_BRING_A_DRIVER.contains(&package.folder.as_str()));
    others.flat_map(|package| places(package, SQL)).map(|place| format!("{place}: only the store speaks SQL")).collect()
}

fn io_in(package: &Package) -> Vec<String> {
    let names = package.dependencies.iter().filter(|name| NOT_BENEATH_PURE.contains(&name.as_str()));
    let mut breaches: Vec<_> = names.map(|name| format!("{} depends on {name}", package.folder)).collect();
    breaches.extend(places(package, NOT_IN_PURE));
    breaches
}

fn unknown_modules(sources: &[Source]) -> Vec<String> {
    let mut breaches = Vec::new();
    for source in sources {
        let Some((module, may_use)) = SERVER.iter().find(|(module, _)| *module == source.module()) else {
            breaches.push(format!("{} has no row in the table SERVER", source.path));
            continue;
        };
        for (line, used) in used_modules(&source.code) {
            let is_module = SERVER.iter().any(|(module, _)| *module == used);
            if is_module && used != *module && !may_use.contains(&used.as_str()) {
                breaches.push(format!("{}:{line} uses crate::{used}; {module} may use {may_use:?}", source.path));
            }
        }
    }
    breaches
}

/// The modules that stand behind `crate::`, alone or in braces, with their lines.
fn used_modules(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (start, prefix) in code.match_indices("crate::") {
        let line = code[..start].lines().count().max(1);
        let rest = &code[start + prefix.len()..];
        let Some(braced) = rest.strip_prefix('{') else {
            found.push((line, first_word(rest)));
            continue;
        };
        let mut depth = 0_usize;
        let mut at_start = true;
        for (index, letter) in braced.char_indices() {
            match letter {
                '}' if depth == 0 => break,
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => at_start = true,
                _ if at_start && letter.is_alphanumeric() => {
                    found.push((line, first_word(&braced[index..])));
                    at_start = false;
                }
                _ => {}
            }
        }
    }
    found
}

fn first_word(text: &str) -> String {
    text.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
}

fn store_in_hub(sources: &[Source]) -> Vec<String> {
    let hub = sources.iter().filter(|source| source.module() == "hub");
    let lines = hub.flat_map(|source| source.lines_with("agent_runtime_store"));
    lines.map(|line| format!("hub.rs:{line} names the store: the hub only carries")).collect()
}

fn words_abroad(packages: &[Package]) -> Vec<String> {
    let mut breaches = Vec::new();
    for package in packages {
        for reserved in RESERVED.iter().filter(|reserved| reserved.folder == package.folder) {
            let homes = reserved.files;
            for source in package.sources.iter().filter(|source| !homes.contains(&source.path.as_str())) {
                for line in source.lines_with(reserved.word) {
                    let Reserved { folder, word, because, .. } = reserved;
                    breaches.push(format!("{folder}/src/{}:{line} says `{word}`: {because}", source.path));
                }
            }
        }
    }
    breaches
}

fn forbidden_words(packages: &[Package]) -> Vec<String> {
    let mut breaches = Vec::new();
    for package in packages.iter().filter(|package| package.folder != "bench") {
        for (word, instead) in NOWHERE {
            breaches.extend(places(package, &[*word]).into_iter().map(|place| format!("{place}: {instead}")));
        }
    }
    breaches
}

fn unwieldy_files(packages: &[Package]) -> Vec<String> {
    let mut breaches = Vec::new();
    for package in packages {
        for source in &package.sources {
            let lines = source.code.lines().count();
            if lines > MAX_LINES {
                breaches
                    .push(format!("{}/src/{} has {lines} lines; {MAX_LINES} is the most", package.folder, source.path));
            }
            let mut names = source.path.trim_end_matches(".rs").split('/');
            if names.any(|name| EMPTY_NAMES.contains(&name)) {
                breaches.push(format!("{}/src/{} says nothing by its name", package.folder, source.path));
            }
        }
    }
    breaches
}

fn places(package: &Package, words: &[&str]) -> Vec<String> {
    let mut places = Vec::new();
    for source in &package.sources {
        for word in words {
            for line in source.lines_with(word) {
                places.push(format!("{}/src/{}:{line} says `{word}`", package.folder, source.path));
            }
        }
    }
    places
}

fn package(folder: &str, dependencies: &[&str], path: &str, text: &str) -> Package {
    let dependencies = dependencies.iter().map(|&name| name.to_owned()).collect();
    Package { folder: folder.to_owned(), dependencies, sources: vec![Source::new(path, text)] }
}

#[track_caller]
fn assert_clean(breaches: &[String]) {
    assert!(breaches.is_empty(), "against the architecture (docs/architecture.md):\n  {}\n", breaches.join("\n  "));
}
