//! The change log over a WebSocket: frames, heartbeats, close codes.

use std::sync::Arc;
use std::time::Duration;

use agent_runtime_store::error::ReadError;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Extension, State, rejection::ExtensionRejection, ws::rejection::WebSocketUpgradeRejection};
use axum::response::Response;
use futures_util::{SinkExt, StreamExt};
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use crate::api::live::Wanted;
use crate::api::refusals;
use crate::app::App;
use crate::error::{ApiError, Cause};
use crate::extract::Parameters;
use crate::follow::{self, Follower};
use crate::limits::Limits;
use crate::listen::Underneath;
use agent_runtime_types::problem::Invalid;

/// The subprotocol that a client may offer beside its token.
const SUBPROTOCOL: &str = "agent-runtime";

/// Bytes of the read buffer: clients send next to nothing, and ten thousand may be open.
const READ_BUFFER_BYTES: usize = 1024;

/// Bytes written at once before the socket is tried.
const WRITE_BUFFER_BYTES: usize = 16 * 1024;

/// How long a closing socket may take to say goodbye.
const FAREWELL: Duration = Duration::from_secs(2);

/// Why the server closes a WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Close {
    /// The server stops: come back soon.
    Restart = 1012,
    /// The client broke the protocol.
    Policy = 1008,
    /// The client sent too much at once.
    TooLarge = 1009,
    /// Our fault.
    Failed = 1011,
    /// The client reads too slowly, or not at all: come back with the last cursor.
    Slow = 4008,
}

impl Close {
    fn reason(self) -> &'static str {
        match self {
            Self::Restart => "the server is stopping",
            Self::Policy => "the frame breaks the protocol",
            Self::TooLarge => "the message is too large",
            Self::Failed => "the server failed",
            Self::Slow => "too slow: come back with your cursor",
        }
    }
}

/// How a conversation ended.
enum Ended {
    /// We close it.
    ByUs(Close),
    /// The client did, or the connection broke.
    ByClient,
}

/// Follow the change log over a WebSocket.
#[utoipa::path(get, path = "/ws", tag = "live",
    params(
        ("since" = Option<String>, Query, description = "Go on behind this cursor instead of beginning with `init`"),
        ("session_id" = Option<Vec<String>>, Query, description = "Only these sessions; repeatable"),
    ),
    responses((status = 101, description = "Messages follow"), refusals::Parameters, refusals::Any))]
pub(crate) async fn follow(
    State(app): State<Arc<App>>,
    parameters: Parameters,
    underneath: Result<Extension<Underneath>, ExtensionRejection>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let wanted = Wanted::read(&app, &parameters)?;
    let upgrade = upgrade.map_err(|_| Invalid::field("Upgrade", "this path speaks WebSocket only"))?;
    let Extension(underneath) = underneath.map_err(|error| ApiError::Internal(Cause(error.to_string())))?;
    let limits = &app.config.limits;
    // The task is counted before the upgrade, so that a shutdown in between waits for it.
    let counted = app.tasks.token();
    let upgrade = upgrade
        .protocols([SUBPROTOCOL])
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_message_size(limits.client_message_bytes)
        .max_frame_size(limits.client_message_bytes);
    Ok(upgrade.on_upgrade(async move |socket| {
        let _counted = counted;
        app.metrics.live.websockets.inc();
        converse(socket, &app, wanted, &underneath).await;
        app.metrics.live.websockets.dec();
    }))
}

async fn converse(mut socket: WebSocket, app: &App, wanted: Wanted, underneath: &Underneath) {
    let ended = match Follower::begin(app, wanted.since.as_deref(), wanted.only).await {
        Ok(follower) => run(&mut socket, app, follower, underneath).await,
        Err(error) => failed(&error),
    };
    let Ended::ByUs(close) = ended else { return };
    if close == Close::Slow {
        app.metrics.live.closed_as_slow.inc();
    }
    let frame = CloseFrame { code: close as u16, reason: close.reason().into() };
    let farewell = async {
        socket.send(Message::Close(Some(frame))).await?;
        // The client's own close, or its end.
        while let Some(Ok(_)) = socket.recv().await {}
        Ok::<_, axum::Error>(())
    };
    // A client that takes no farewell is left without one. A slow one is given the time it had.
    let patience = if close == Close::Slow { app.config.limits.stalled_write } else { FAREWELL };
    tokio::select! {
        _ = timeout(patience, farewell) => {}
        () = stopping_for(app, FAREWELL) => {}
    }
}

async fn run(socket: &mut WebSocket, app: &App, mut follower: Follower, underneath: &Underneath) -> Ended {
    let limits = &app.config.limits;
    let mut ping = interval_at(Instant::now() + limits.ping_interval, limits.ping_interval);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut unanswered = 0;
    loop {
        tokio::select! {
            biased;
            () = app.shutdown.cancelled() => return Ended::ByUs(Close::Restart),
            received = socket.next() => match received {
                // Whatever it says is dropped, but it shows that the client lives.
                Some(Ok(message)) => {
                    unanswered = 0;
                    if matches!(message, Message::Close(_)) {
                        return Ended::ByClient;
                    }
                }
                Some(Err(error)) => return broken(error),
                None => return Ended::ByClient,
            },
            _ = ping.tick() => {
                if unanswered >= limits.pings_missed {
                    return Ended::ByUs(Close::Slow);
                }
                unanswered += 1;
                if let Err(ended) = write(socket, [Message::Ping(bytes::Bytes::new())], limits, underneath, app).await {
                    return ended;
                }
            }
            messages = follower.next() => {
                let messages = match messages {
                    Ok(messages) => messages,
                    Err(error) => return failed(&error),
                };
                note_lag(app, &messages);
                let frames = messages.into_iter().map(|message| Message::Text(message.text));
                if let Err(ended) = write(socket, frames, limits, underneath, app).await {
                    return ended;
                }
            }
        }
    }
}

/// Writes frames and waits until the system has taken them, as long as the client takes any.
async fn write(
    socket: &mut WebSocket,
    frames: impl IntoIterator<Item = Message>,
    limits: &Limits,
    underneath: &Underneath,
    app: &App,
) -> Result<(), Ended> {
    let writing = async {
        for frame in frames {
            socket.feed(frame).await?;
        }
        socket.flush().await
    };
    tokio::pin!(writing);
    loop {
        tokio::select! {
            biased;
            written = &mut writing => return written.map_err(broken),
            () = tokio::time::sleep(limits.stalled_write) => {
                if underneath.progress.stuck_for() >= limits.stalled_write {
                    return Err(Ended::ByUs(Close::Slow));
                }
            }
            () = stopping_for(app, FAREWELL) => return Err(Ended::ByUs(Close::Restart)),
        }
    }
}

/// How far behind the log a reader is when it is sent to.
pub(crate) fn note_lag(app: &App, messages: &[follow::Message]) {
    if let Some(first) = messages.first() {
        #[expect(clippy::cast_precision_loss, reason = "a histogram needs no exact count of positions")]
        app.metrics.live.lag.observe((app.hub.head() - first.seq).max(0) as f64);
    }
}

/// Resolves when the server has been stopping for so long.
async fn stopping_for(app: &App, time: Duration) {
    app.shutdown.cancelled().await;
    tokio::time::sleep(time).await;
}

fn failed(error: &ReadError) -> Ended {
    tracing::error!(%error, "a live reader could not be served");
    Ended::ByUs(Close::Failed)
}

/// What an error of the socket means for the conversation.
fn broken(error: axum::Error) -> Ended {
    use tokio_tungstenite::tungstenite::Error;
    match error.into_inner().downcast_ref::<Error>() {
        Some(Error::Capacity(_)) => Ended::ByUs(Close::TooLarge),
        Some(Error::Protocol(_) | Error::Utf8(_)) => Ended::ByUs(Close::Policy),
        _ => Ended::ByClient,
    }
}
