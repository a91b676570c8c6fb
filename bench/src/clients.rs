//! Crowds of WebSocket clients, each crowd a process of its own started by a hidden subcommand.
//!
//! A crowd says `connected` once every client has its `init`, and its result as a line of JSON. It ends with the
//! process that started it.

pub(crate) mod counting;
pub(crate) mod idle;
pub(crate) mod latency;

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;

use anyhow::{Context as _, ensure};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use memchr::memmem;
use tokio::task::{JoinSet, LocalSet};

use crate::frames::{Socket, Want};
use crate::process::end_with_parent;

/// Handshakes under way at once.
const CONNECTING: usize = 64;

/// Bytes read at once, by whichever client reads.
const SCRATCH_BYTES: usize = 256 * 1024;

/// Connects `count` clients and hands every message after `init` to `take`, with the client's number and the message
/// itself; `init` is checked here. Returns when every client has had enough.
fn run_crowd(
    address: SocketAddr,
    count: usize,
    take: impl FnMut(usize, Received<'_>) -> anyhow::Result<Want> + 'static,
) -> anyhow::Result<()> {
    end_with_parent();
    rlimit::increase_nofile_limit(u64::MAX)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let scratch = Rc::new(RefCell::new(vec![0; SCRATCH_BYTES]));
    let take = Rc::new(RefCell::new(take));
    let waiting = Rc::new(Cell::new(count));
    LocalSet::new().block_on(&runtime, async {
        let mut connecting = FuturesUnordered::new();
        let mut following = JoinSet::new();
        let mut begun = 0;
        while following.len() < count {
            while begun < count && connecting.len() < CONNECTING {
                connecting.push(Socket::connect(address, "/ws"));
                begun += 1;
            }
            let socket = connecting.next().await.context("no client is connecting")??;
            let client = following.len();
            let (take, waiting) = (Rc::clone(&take), Rc::clone(&waiting));
            let mut initialised = false;
            following.spawn_local(socket.follow(Rc::clone(&scratch), move |message| {
                if initialised {
                    return (take.borrow_mut())(client, Received::Message(message));
                }
                ensure!(memmem::find(message, br#""type":"init""#).is_some(), "a message before init");
                initialised = true;
                let want = (take.borrow_mut())(client, Received::Init(message))?;
                waiting.set(waiting.get() - 1);
                if waiting.get() == 0 {
                    println!("connected");
                }
                Ok(want)
            }));
        }
        while let Some(ended) = following.join_next().await {
            ended??;
        }
        Ok(())
    })
}

/// What a client received.
#[derive(Clone, Copy)]
enum Received<'a> {
    Init(&'a [u8]),
    Message(&'a [u8]),
}
