//! Durable POST on one connection, against the least that a durable write can cost: one write and one fdatasync.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::Instant;

use crate::Options;
use crate::baseline::Baseline;
use crate::events::{Numbered, create_sessions};
use crate::http::Connection;
use crate::load::OK;
use crate::report::Figure;
use crate::sample::Latencies;
use crate::server::Server;

/// Bytes of one write of the floor.
const WRITE_BYTES: usize = 4096;

/// Milliseconds that a POST may take beyond the floor.
const MOST_EXCESS_MS: f64 = 0.3;

pub(crate) fn measure(options: &Options) -> anyhow::Result<Vec<Figure>> {
    let (rounds, each) = if options.quick { (5, 200) } else { (10, 500) };
    let folder = options.fresh_folder()?;
    let server = Server::start(options, &folder.path().join("post-one.db"))?;
    create_sessions(server.address, 1)?;
    let bare = Baseline::start("baseline-handler")?;
    let file = preallocated(&folder.path().join("floor"), rounds * each)?;

    let (mut floor, mut posts, mut bare_posts) = (Latencies::default(), Latencies::default(), Latencies::default());
    let mut to_server = Poster::open(server.address)?;
    let mut to_bare = Poster::open(bare.address)?;
    to_server.post(each, &mut Latencies::default())?;
    to_bare.post(each, &mut Latencies::default())?;
    for round in 0..rounds {
        write_and_flush(&file, round * each, each, &mut floor)?;
        to_server.post(each, &mut posts)?;
        to_bare.post(each, &mut bare_posts)?;
    }

    let [floor_p50, floor_p99] = floor.percentiles_ms([50.0, 99.0]);
    let [p50, p99] = posts.percentiles_ms([50.0, 99.0]);
    let [bare_p50] = bare_posts.percentiles_ms([50.0]);
    let note =
        format!("p50 beyond the floor: {:.3} ms; a bare handler without any write: {bare_p50:.3} ms", p50 - floor_p50);
    Ok(vec![
        Figure::shown("post-one", "durable POST, 1 connection, p50", "ms", p50)
            .against(floor_p50)
            .excess_at_most(MOST_EXCESS_MS)
            .note(note),
        Figure::shown("post-one", "durable POST, 1 connection, p99", "ms", p99).against(floor_p99),
    ])
}

/// Posts one event after the other on one connection.
pub(crate) struct Poster {
    connection: Connection,
    request: Numbered,
    number: u64,
}

impl Poster {
    pub(crate) fn open(address: std::net::SocketAddr) -> anyhow::Result<Self> {
        Ok(Self { connection: Connection::open(address)?, request: Numbered::post(address, 0)?, number: 0 })
    }

    /// Posts `count` events, each answered before the next, and adds how long each took.
    pub(crate) fn post(&mut self, count: usize, latencies: &mut Latencies) -> anyhow::Result<()> {
        for _ in 0..count {
            self.request.number(self.number);
            self.number += 1;
            let begin = Instant::now();
            self.connection.send_expecting(&self.request.bytes, OK)?;
            latencies.add(begin.elapsed());
        }
        Ok(())
    }
}

/// A file whose every block has been written before, so that flushing a write changes nothing but its bytes.
fn preallocated(path: &Path, writes: usize) -> anyhow::Result<File> {
    let file = File::create(path)?;
    for write in 0..writes {
        file.write_all_at(&[1; WRITE_BYTES], (write * WRITE_BYTES) as u64)?;
    }
    file.sync_all()?;
    Ok(file)
}

fn write_and_flush(file: &File, first: usize, count: usize, latencies: &mut Latencies) -> anyhow::Result<()> {
    for write in first..first + count {
        let begin = Instant::now();
        file.write_all_at(&[2; WRITE_BYTES], (write * WRITE_BYTES) as u64)?;
        file.sync_data()?;
        latencies.add(begin.elapsed());
    }
    Ok(())
}
