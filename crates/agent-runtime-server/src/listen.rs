//! Accepting connections, serving each, and closing all of them.
//!
//! Ours rather than `axum::serve`, which has neither a time-out for request heads nor a limit on
//! connections.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use axum::body::Body;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

use crate::app::App;
use crate::connection::{Connection, Place, Progress, Underneath};
use crate::door::Door;

/// How long accepting rests when the system has no file or memory left for another connection.
const REST: Duration = Duration::from_millis(100);

/// How often a connection is looked at for a write that no longer moves.
const WATCH: Duration = Duration::from_secs(1);

/// What a connection too many is told. Its request is not read.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nretry-after: 1\r\n\
    connection: close\r\ncontent-length: 53\r\n\r\n{\"detail\":\"the server has too many connections open\"}";

/// Connections that are being told so at once; beyond it they are closed without a word.
const REFUSALS: usize = 64;

/// Serves until the server is told to stop, then closes everything within the limit for that.
pub(crate) async fn until_shutdown(listeners: Vec<TcpListener>, door: &Arc<Door>, app: &Arc<App>) {
    let open = Arc::new(AtomicUsize::new(0));
    for listener in listeners {
        let (door, app, open) = (Arc::clone(door), Arc::clone(app), Arc::clone(&open));
        app.tasks.clone().spawn(async move {
            tokio::select! {
                () = accept(&listener, &door, &app, &open) => {}
                () = app.shutdown.cancelled() => {}
            }
        });
    }
    app.shutdown.cancelled().await;
    app.tasks.close();
    if tokio::time::timeout(app.config.limits.shutdown, app.tasks.wait()).await.is_err() {
        tracing::warn!(open = app.tasks.len(), "connections did not end in time and are cut");
    }
}

async fn accept(listener: &TcpListener, door: &Arc<Door>, app: &Arc<App>, open: &Arc<AtomicUsize>) {
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                // A client that gave up while it waited is its own affair; anything else passes with time.
                if !matches!(error.kind(), std::io::ErrorKind::ConnectionAborted | std::io::ErrorKind::ConnectionReset)
                {
                    tracing::warn!(%error, "no connection could be accepted");
                    tokio::time::sleep(REST).await;
                }
                continue;
            }
        };
        let place = Place::take(open);
        let limit = app.config.limits.connections;
        if place.number > limit {
            if place.number <= limit + REFUSALS {
                tokio::spawn(refuse(stream, place));
            }
            continue;
        }
        app.tasks.spawn(serve_connection(stream, Arc::clone(door), Arc::clone(app), place));
    }
}

async fn refuse(stream: TcpStream, place: Place) {
    let _place = place;
    let mut connection = Connection::new(stream, Arc::default());
    let told = async {
        connection.write_all(FULL).await?;
        connection.shutdown().await
    };
    // Whether the client heard it is its own affair.
    let _ = tokio::time::timeout(WATCH, told).await;
}

/// Sets what a connection needs before it is used.
fn prepare(stream: &TcpStream, unsent_bytes: u32) -> std::io::Result<()> {
    // Answers and live messages are small, and each is wanted at once.
    stream.set_nodelay(true)?;
    // Without this the system takes megabytes for a client that does not read, and calls the socket writable
    // only when a third of them is free again: a slow but steady reader would look like one that stands still.
    #[cfg(target_os = "linux")]
    socket2::SockRef::from(stream).set_tcp_notsent_lowat(unsent_bytes)?;
    // Elsewhere the library does not reach it.
    #[cfg(not(target_os = "linux"))]
    let _ = unsent_bytes;
    Ok(())
}

/// Whether the other end is on this machine: who calls it by its own name comes from that name's address.
fn is_here(stream: &TcpStream) -> bool {
    let (peer, own) = (stream.peer_addr().map(|peer| peer.ip()), stream.local_addr().map(|own| own.ip()));
    peer.is_ok_and(|peer| peer.to_canonical().is_loopback() || own.is_ok_and(|own| own == peer))
}

async fn serve_connection(stream: TcpStream, door: Arc<Door>, app: Arc<App>, place: Place) {
    if let Err(error) = prepare(&stream, app.config.limits.unsent_bytes) {
        tracing::debug!(%error, "a connection was gone before it was served");
        return;
    }
    let limits = &app.config.limits;
    let progress = Arc::<Progress>::default();
    let underneath = Underneath { is_here: is_here(&stream), progress: Arc::clone(&progress), place: Arc::new(place) };
    let service = service_fn(move |request: Request<Incoming>| {
        let (door, underneath) = (Arc::clone(&door), underneath.clone());
        async move { Ok::<_, Infallible>(door.answer(request.map(Body::new), underneath).await) }
    });
    let io = TokioIo::new(Connection::new(stream, Arc::clone(&progress)));
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(limits.header_read).max_buf_size(limits.header_bytes);
    let connection = builder.serve_connection(io, service).with_upgrades();
    tokio::pin!(connection);
    let mut watch = tokio::time::interval(WATCH);
    let mut stopping = false;
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection ended with an error");
                }
                return;
            }
            _ = watch.tick() => {
                let patience = if progress.is_stream() { limits.stalled_write } else { limits.stalled_answer };
                if progress.stuck_for() > patience {
                    app.metrics.live.closed_as_slow.inc();
                    return;
                }
            }
            () = app.shutdown.cancelled(), if !stopping => {
                stopping = true;
                // A connection that has never asked for anything is waiting for nothing.
                if !progress.has_read() {
                    return;
                }
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}
