//! The doctor: looks at everything that a recording needs, on this machine and on the server, and says what to do. It
//! writes nothing, starts nothing but programs that it asks, and waits for nobody longer than a few seconds.

mod claude_code;
mod codex;
mod configuration;
mod entries;
pub(crate) mod finding;
mod program;
mod server;
mod service;
mod session;
mod size;
mod trust;
mod waiting;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::cli::arguments::Remote as Flags;
use crate::client::Client;
use crate::delivery::address::Address;
use crate::failure::Failure;
use crate::hook::configuration::Configuration;
use crate::machine;
use crate::output::moment::Moments;
use crate::settings::remote::Remote;
use crate::setup::Home;
use crate::setup::versions::{self, Version};
use codex::Places;
use finding::{Finding, Report};
use server::{Details, Reached};
use session::Newest;
use trust::Listed;

/// Looks a variable of the process up.
type Variables = fn(&str) -> Option<OsString>;

/// How long other programs may take together; each has a shorter time of its own.
const PATIENCE: Duration = Duration::from_secs(7);

/// What was asked while the local checks ran.
struct Answers {
    reached: Option<Reached>,
    newest: Option<Newest>,
    claude: Option<Version>,
    codex: Option<Version>,
    listed: Option<Vec<Listed>>,
    service: Option<service::State>,
}

/// Looks at everything.
///
/// # Errors
/// When the user has no home folder to look at, or is in one that is gone.
pub(crate) async fn examine(flags: &Flags, variables: Variables, now_us: i64) -> Result<Report, Failure> {
    let mut home = Home::find(&variables)?;
    if let Some(config) = &flags.config {
        home.config = std::path::absolute(config).unwrap_or_else(|_| PathBuf::from(config));
    }
    let home = Arc::new(home);
    let moments = Moments::here(now_us);
    let remote = Remote::load(flags, &variables);
    let places = Arc::new(Places::look(&home));
    let answers = ask(remote.as_ref().ok(), &home, &places).await;

    let mut findings = Vec::new();
    if let Err(failure) = &remote {
        findings.push(
            Finding::problem("server.reachable", format!("the server was not asked: {}", failure.reason()))
                .fix("mend that setting"),
        );
    }
    if let (Ok(remote), Some(reached)) = (&remote, &answers.reached) {
        findings.extend(server::findings(reached, remote, &home, &moments));
    }
    let details = answers.reached.as_ref().and_then(told);
    let url = remote.as_ref().ok().map(|remote| remote.url.as_str());
    let is_near = url.and_then(Address::parse).is_none_or(|address| address.is_near());
    if let Some(service) = &answers.service {
        let answered = matches!(answers.reached, Some(Reached::Told(_) | Reached::Older));
        findings.extend(service.findings(&home, answered, is_near));
    }
    findings.extend(hooks(&home, variables, &answers, details, &places, &moments).await);
    findings.extend(configuration::hooks(&variables, url));
    let reported_to = Configuration::read(&variables).ok().and_then(|configuration| configuration.destination.ok());
    let reported_to = reported_to.map(|destination| destination.address);
    findings.extend(waiting::spools(&home, reported_to.as_ref(), now_us, &moments));
    findings.push(waiting::hook_log(&home, now_us, &moments));
    findings.extend(answers.newest.iter().flat_map(session::findings));
    findings.push(program::on_path(&home, variables("PATH")));
    findings.extend(configuration::file(&home, &variables));
    findings.extend(configuration::folders(&home));
    Ok(Report { server: url.map(str::to_owned), findings })
}

/// The agents, each with its hooks, and the program that those run.
async fn hooks(
    home: &Arc<Home>,
    variables: Variables,
    answers: &Answers,
    details: Option<&Details>,
    places: &Places,
    moments: &Moments,
) -> Vec<Finding> {
    // Claude Code keeps it beside its folder, unless that was named.
    let named = variables("CLAUDE_CONFIG_DIR").is_some_and(|folder| !folder.is_empty());
    let state_file = if named { &home.claude } else { &home.folder }.join(".claude.json");
    let host = machine::host_name();
    let heard = |agent, installed| details.and_then(|it| server::heard(it, agent, installed, &host, moments));
    let (mut findings, claude_installed) = claude_code::examine(home, &state_file, answers.claude);
    findings.extend(heard("claude-code", claude_installed));
    findings.extend(places.findings(home, answers.codex, answers.listed.as_deref()));
    findings.extend(heard("codex", places.installed()));
    let needed = claude_installed || places.installed();
    let of_program = Arc::clone(home);
    findings.extend(in_time(tokio::task::spawn_blocking(move || program::installed(&of_program, needed))).await);
    findings
}

fn told(reached: &Reached) -> Option<&Details> {
    if let Reached::Told(details) = reached { Some(details) } else { None }
}

/// Asks the server and other programs, all at once.
async fn ask(remote: Option<&Remote>, home: &Arc<Home>, places: &Arc<Places>) -> Answers {
    let claude = tokio::task::spawn_blocking(|| versions::ask("claude"));
    let codex = tokio::task::spawn_blocking(|| versions::ask("codex"));
    let (of_codex, of_places) = (Arc::clone(home), Arc::clone(places));
    let listed = tokio::task::spawn_blocking(move || codex::ask(&of_codex, &of_places));
    let of_service = Arc::clone(home);
    let service = tokio::task::spawn_blocking(move || service::State::ask(&of_service));
    let (reached, newest) = match remote.map(Client::new) {
        None => (None, None),
        Some(Err(failure)) => (Some(Reached::Unusable(failure.reason())), None),
        Some(Ok(client)) => {
            let reached = server::ask(&client).await;
            let newest = match told(&reached) {
                Some(details) => tokio::time::timeout(server::PATIENCE, session::read(&client, details)).await,
                None => Ok(None),
            };
            (Some(reached), newest.ok().flatten())
        }
    };
    Answers {
        reached,
        newest,
        claude: in_time(claude).await.flatten(),
        codex: in_time(codex).await.flatten(),
        listed: in_time(listed).await.flatten(),
        service: in_time(service).await,
    }
}

/// What other programs answer; `None` when they take too long.
async fn in_time<T>(asked: JoinHandle<T>) -> Option<T> {
    tokio::time::timeout(PATIENCE, asked).await.ok()?.ok()
}
