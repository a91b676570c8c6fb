//! Clients that do nothing but answer pings.

use std::net::SocketAddr;

use super::run_crowd;
use crate::frames::Want;

/// Where to connect.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    address: SocketAddr,
    clients: usize,
}

/// Runs until the parent is gone.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    run_crowd(arguments.address, arguments.clients, |_, _| Ok(Want::More))
}
