//! What ten thousand idle WebSockets cost in memory.

use std::thread;
use std::time::Duration;

use crate::Options;
use crate::events::create_sessions;
use crate::process::Process;
use crate::report::{Figure, count};
use crate::server::Server;

const CLIENTS: usize = 10_000;
const MOST_MIB: f64 = 150.0;

/// Connections before the first reading, so that what the first ones cost once is not counted ten thousand times.
const WARMING: usize = 50;

/// Long enough for a round of pings to every client.
const SETTLING: Duration = Duration::from_secs(30);

pub(crate) fn measure(options: &Options) -> anyhow::Result<Vec<Figure>> {
    let folder = options.fresh_folder()?;
    let server = Server::start(options, &folder.path().join("idle.db"))?;
    create_sessions(server.address, 1)?;
    let address = server.address.to_string();
    let crowd = |clients: usize| -> anyhow::Result<Process> {
        let crowd = Process::start_self(&["idle-clients", &address, &clients.to_string()])?;
        crowd.line_after("connected")?;
        Ok(crowd)
    };
    drop(crowd(WARMING)?);
    let before = server.memory()?;
    let _crowd = crowd(CLIENTS)?;
    let at_once = server.memory()?;
    thread::sleep(if options.quick { Duration::from_secs(2) } else { SETTLING });
    let after = server.memory()?;

    let mib = |later: u64, earlier: u64| later.saturating_sub(earlier) as f64 / 1024.0;
    let grown = mib(after.resident_kib, before.resident_kib);
    let note = format!(
        "{:.1} KiB a connection; {:.1} MiB before, {:.1} MiB once all had init, {:.1} MiB settled",
        grown * 1024.0 / CLIENTS as f64,
        mib(before.resident_kib, 0),
        mib(at_once.resident_kib, 0),
        mib(after.resident_kib, 0),
    );
    let private = mib(after.private_kib, before.private_kib);
    Ok(vec![
        Figure::shown("idle", format!("more resident memory with {} idle WebSockets", count(CLIENTS)), "MiB", grown)
            .at_most(MOST_MIB)
            .note(note),
        Figure::shown("idle", "the same, private memory alone", "MiB", private),
    ])
}
