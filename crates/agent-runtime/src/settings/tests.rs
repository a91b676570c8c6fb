//! Which source wins, and what is refused. Every test names a configuration file of its own, so that none reads
//! that of whoever runs it.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use agent_runtime_server::config::CorsOrigins;
use agent_runtime_server::limits::Limits;

use super::sources::Origin;
use super::{Settings, names};
use crate::cli::Flags;
use crate::failure::Failure;

struct Case {
    folder: tempfile::TempDir,
    flags: Flags,
    variables: Vec<(&'static str, OsString)>,
}

impl Case {
    fn new(file: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("config.toml");
        fs::write(&path, file).expect("written");
        let config = Some(path.display().to_string());
        Self { folder, flags: Flags { config, ..Flags::default() }, variables: Vec::new() }
    }

    fn variable(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("config.toml")
    }

    fn load(&self) -> Result<Settings, Failure> {
        let find = |name: &str| self.variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
        Settings::load(&self.flags, &find)
    }

    #[track_caller]
    fn settings(&self) -> Settings {
        self.load().unwrap_or_else(|failure| panic!("{failure:?}"))
    }

    #[track_caller]
    fn complaint(&self) -> String {
        match self.load() {
            Err(Failure::Usage(complaint)) => complaint,
            other => panic!("a complaint, not {other:?}"),
        }
    }
}

#[test]
fn flags_win_over_variables_over_the_file_over_defaults() {
    let mut case = Case::new("port = 3\nhost = \"::1\"\n").variable("AGENT_RUNTIME_PORT", "2");
    case.flags.port = Some("1".to_owned());
    let settings = case.settings();
    assert_eq!((settings.port.value, settings.port.origin), (1, Origin::Flag("--port")));
    case.flags.port = None;
    let settings = case.settings();
    assert_eq!((settings.port.value, settings.port.origin), (2, Origin::Environment("AGENT_RUNTIME_PORT")));
    case.variables.clear();
    let settings = case.settings();
    assert_eq!((settings.port.value, settings.port.origin), (3, Origin::File(case.file())));
    let settings = Case::new("").settings();
    assert_eq!((settings.port.value, settings.port.origin), (8765, Origin::Default));
}

#[test]
fn the_help_tells_the_defaults_that_hold() {
    let limits = Limits::default();
    assert_eq!(names::PORT.default, Some("8765"));
    assert_eq!(names::MAX_BODY.default, Some(limits.json_body_bytes.to_string().as_str()));
    assert_eq!(names::MAX_INGEST_BODY.default, Some(limits.ingest_body_bytes.to_string().as_str()));
    let origins = names::CORS_ORIGINS.default.map(CorsOrigins::parse);
    assert_eq!(origins, Some(Ok(CorsOrigins::default())));
}

#[test]
fn an_empty_variable_counts_as_not_set_but_no_origins_are_none() {
    let case =
        Case::new("token = \"from-the-file\"\n").variable("AGENT_RUNTIME_TOKEN", "").variable("CORS_ORIGINS", "");
    let settings = case.settings();
    assert_eq!(settings.token.origin, Origin::File(case.file()));
    assert_eq!(settings.cors_origins.value, CorsOrigins::Listed(Vec::new()));
}

#[test]
fn the_file_takes_strings_numbers_truths_and_lists() {
    let case = Case::new(
        "cors_origins = [\"http://a.example\", \"http://b.example:81\"]\nallowed_hosts = \"a,b:80\"\n\
         debug_logging = true\nmax_body = 2048\ninsecure_no_token = true\ndurability = \"normal\"\n",
    );
    let settings = case.settings();
    let expected = ["http://a.example", "http://b.example:81"].map(String::from).to_vec();
    assert_eq!(settings.cors_origins.value, CorsOrigins::Listed(expected));
    assert_eq!(settings.allowed_hosts.value.len(), 2);
    assert!(settings.debug_logging.value && settings.insecure_no_token.value);
    assert_eq!(settings.max_body.value, 2048);
}

#[test]
fn a_bad_value_is_refused_under_the_name_by_which_it_was_given() {
    let mut case = Case::new("port = \"three\"\n");
    let file = case.file();
    let no_port = "is no port: write a number from 0 to 65535";
    assert_eq!(case.complaint(), format!("port in {}: 'three' {no_port}", file.display()));
    case = case.variable("AGENT_RUNTIME_PORT", "two");
    assert_eq!(case.complaint(), format!("AGENT_RUNTIME_PORT: 'two' {no_port}"));
    case.flags.port = Some("one".to_owned());
    assert_eq!(case.complaint(), format!("--port: 'one' {no_port}"));
}

#[test]
fn an_unknown_key_is_refused_with_its_name_and_the_file() {
    let listed = "there are host, port, ";
    for (text, key, advice) in [
        ("[listen]\nport = 1\n", "listen", listed),
        ("config = \"a\"\n", "config", listed),
        ("prot = 1\n", "prot", "did you mean 'port'?"),
        ("serve = \"http://a\"\n", "serve", "did you mean 'server'?"),
        ("Ignores = []\n", "Ignores", "did you mean 'ignore'?"),
    ] {
        let case = Case::new(text);
        let complaint = case.complaint();
        let expected = format!("unknown key '{key}' in {}: {advice}", case.file().display());
        assert!(complaint.starts_with(&expected), "{complaint}");
    }
}

#[test]
fn the_server_may_be_called_by_either_of_its_keys() {
    for key in ["server", "server_url"] {
        let case = Case::new(&format!("{key} = \"http://a.example:1\"\n"));
        assert_eq!(case.settings().server_url.value, "http://a.example:1");
        let case = Case::new(&format!("{key} = \"a.example\"\n"));
        assert!(case.complaint().starts_with(&format!("{key} in ")), "{}", case.complaint());
    }
}

#[test]
fn bad_toml_is_refused_with_its_line_and_without_its_text() {
    let case = Case::new("port = 1\ntoken = \"very-secret-token\nhost = 3\n");
    let complaint = case.complaint();
    assert!(complaint.starts_with(&format!("{}, line 2: ", case.file().display())), "{complaint}");
    assert!(!complaint.contains("secret"), "{complaint}");
}

#[test]
fn a_value_of_a_kind_that_no_setting_has_is_refused() {
    for text in ["port = 1.5\n", "token = {a = 1}\n", "allowed_hosts = [[\"a\"]]\n", "host = 2026-01-01\n"] {
        let complaint = Case::new(text).complaint();
        assert!(complaint.contains("write a string, a whole number"), "{complaint}");
    }
}

#[test]
fn a_file_that_was_named_must_be_there() {
    let mut case = Case::new("");
    let missing = case.folder.path().join("missing.toml").display().to_string();
    case.flags.config = Some(missing.clone());
    let complaint = case.complaint();
    assert!(complaint.starts_with(&format!("cannot read the configuration file {missing}: ")), "{complaint}");
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_no_text_is_refused() {
    use std::os::unix::ffi::OsStringExt;
    let mut case = Case::new("");
    case.variables.push(("AGENT_RUNTIME_HOST", OsString::from_vec(vec![0xff])));
    assert_eq!(case.complaint(), "AGENT_RUNTIME_HOST: this is no UTF-8");
}

#[test]
fn the_log_follows_rust_log_then_debug_logging() {
    let case = Case::new("").variable("DEBUG_LOGGING", "yes");
    assert!(case.settings().log_filter.value.contains("agent_runtime=debug"));
    let settings = case.variable("RUST_LOG", "warn").settings();
    assert_eq!(
        (settings.log_filter.value.as_str(), settings.log_filter.origin),
        ("warn", Origin::Environment("RUST_LOG"))
    );
    assert_eq!(Case::new("").settings().log_filter.value, "info");
}

#[test]
fn a_password_in_a_bad_database_address_is_not_repeated() {
    let complaint = Case::new("").variable("AGENT_RUNTIME_DATABASE", "postgress://me:secret@db/runs").complaint();
    assert!(!complaint.contains("secret"), "{complaint}");
}
