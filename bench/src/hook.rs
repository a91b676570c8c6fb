//! What a hook costs the agent that waits for it: its whole process, over `/bin/true` in the same run, with the server
//! up, down and hung.

use std::io::Write as _;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::Options;
use crate::report::Figure;
use crate::sample::Latencies;
use crate::server::Server;

/// Bytes of the document, about those of a tool call.
const DOCUMENT_BYTES: usize = 4096;

/// Milliseconds that a hook may take beyond a process that does nothing, at p50 and at p99.
const MOST_UP_P50_MS: f64 = 5.0;
const MOST_UP_P99_MS: f64 = 20.0;
/// Milliseconds that it may take in all when the server does not answer.
const MOST_AWAY_MS: f64 = 25.0;

pub(crate) fn measure(options: &Options) -> anyhow::Result<Vec<Figure>> {
    let rounds = if options.quick { 100 } else { 400 };
    let folder = options.fresh_folder()?;
    let server = Server::start(options, &folder.path().join("hook.db"))?;
    let up = Home { folder: folder.path().join("up"), url: format!("http://{}", server.address) };
    let down = Home { folder: folder.path().join("down"), url: "http://127.0.0.1:1".to_owned() };
    // It takes connections as long as the system does, and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").context("a port")?;
    let hung = format!("http://{}", silent.local_addr()?);
    let later = Home { folder: folder.path().join("hung"), url: hung.clone() };

    let mut samples: [Latencies; 5] = Default::default();
    for round in 0..rounds {
        let document = document(round);
        samples[0].add(timed(&mut Command::new("/bin/true"), &document)?);
        samples[1].add(up.hook(options, &document)?);
        samples[2].add(down.hook(options, &document)?);
        samples[3].add(later.hook(options, &document)?);
        // A home in which nobody has met the silence yet: this hook waits.
        if round % 10 == 0 {
            let first = Home { folder: folder.path().join(format!("first-{round}")), url: hung.clone() };
            samples[4].add(first.hook(options, &document)?);
        }
    }
    let spooled = std::fs::read_dir(up.folder.join("state/agent-runtime/spool")).is_ok();
    drop(silent);
    server.stop()?;

    let [floor, up, down, later, first] = samples.each_mut().map(|sample| sample.percentiles_ms([50.0, 99.0]));
    let note = if spooled { "the server was late at times, or refused: the spool was used" } else { "" };
    let figure = |what: &str, measured| Figure::shown("hook", what, "ms", measured);
    Ok(vec![
        figure("hook, server up, p50", up[0]).against(floor[0]).excess_at_most(MOST_UP_P50_MS).note(note),
        figure("hook, server up, p99", up[1]).against(floor[1]).excess_at_most(MOST_UP_P99_MS),
        figure("hook, server down, p50", down[0]).against(floor[0]).at_most(MOST_AWAY_MS),
        figure("hook, server down, p99", down[1]).against(floor[1]),
        figure("hook, server hung, the one that asks, p50", first[0]).against(floor[0]).at_most(MOST_AWAY_MS),
        figure("hook, server hung, those after it, p50", later[0]).against(floor[0]).at_most(MOST_AWAY_MS),
        figure("hook, server hung, those after it, p99", later[1]).against(floor[1]),
    ])
}

/// An agent's home, and where its server is.
struct Home {
    folder: PathBuf,
    url: String,
}

impl Home {
    fn hook(&self, options: &Options, document: &str) -> anyhow::Result<Duration> {
        let mut command = Command::new(&options.server);
        command.args(["hook", "claude-code"]).env_clear().env("HOME", &self.folder);
        command.env("XDG_STATE_HOME", self.folder.join("state"));
        command.env("AGENT_ORCHESTRATOR_SESSION_MANAGER_URL", &self.url);
        timed(&mut command, document)
    }
}

/// The time from the start of a process to its end.
fn timed(command: &mut Command, document: &str) -> anyhow::Result<Duration> {
    let began = Instant::now();
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    // `/bin/true` does not read it.
    let _ = child.stdin.take().context("an input")?.write_all(document.as_bytes());
    let status = child.wait()?;
    let took = began.elapsed();
    anyhow::ensure!(status.success(), "{status}");
    Ok(took)
}

fn document(number: usize) -> String {
    let beginning = format!(
        "{{\"session_id\":\"bench\",\"cwd\":\"/work\",\"hook_event_name\":\"PreToolUse\",\"tool_name\":\"Write\",\
         \"tool_use_id\":\"toolu_{number}\",\"tool_input\":{{\"content\":\""
    );
    let rest = DOCUMENT_BYTES.saturating_sub(beginning.len() + 3);
    format!("{beginning}{}\"}}}}", "x".repeat(rest))
}
