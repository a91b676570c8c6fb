//! History, then live, as one stream: resuming and listening are the same code.

use std::sync::Arc;

use agent_runtime_store::error::ReadError;
use agent_runtime_store::read::{ChangeRange, PageLimits, Store};
use agent_runtime_types::cursor::Cursor;
use agent_runtime_types::live::{ResetReason, reset_message};
use tokio::sync::Semaphore;

use crate::app::App;
use crate::hub::{Frame, FrameKind, Hub, Seat, Taken, Wish};
use crate::observe::Metrics;

/// One reader's way through the change log.
pub(crate) struct Follower {
    source: Source,
    seat: Seat,
    wish: Wish,
    position: i64,
    first: Vec<Frame>,
}

/// Where changes come from.
pub(crate) struct Source {
    pub(crate) hub: Arc<Hub>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) replays: Arc<Semaphore>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) page: PageLimits,
    pub(crate) take_frames: usize,
    pub(crate) take_bytes: usize,
}

impl Follower {
    /// Begins to follow: behind the cursor `since` where it can be honoured, else with `init`.
    pub(crate) async fn begin(app: &App, since: Option<&str>, wish: Wish) -> Result<Self, ReadError> {
        let limits = &app.config.limits;
        let source = Source {
            hub: Arc::clone(&app.hub),
            store: Arc::clone(&app.store),
            replays: Arc::clone(&app.replays),
            metrics: Arc::clone(&app.metrics),
            // What is read for a client is held until it is sent: no more of it than of the ring.
            page: PageLimits { rows: limits.take_frames, bytes: limits.take_bytes },
            take_frames: limits.take_frames,
            take_bytes: limits.take_bytes,
        };
        // The seat first: whatever is published while the snapshot is made will be seen.
        let seat = app.hub.listen();
        let reset = match since {
            None => None,
            Some(since) => match resumable(app, since).await? {
                Ok(position) => {
                    app.metrics.live.resumes.inc();
                    return Ok(Self { source, seat, wish, position, first: Vec::new() });
                }
                Err(reason) => Some(reason),
            },
        };
        let init = app.snapshots.init(&*app.store, app.hub.head(), &wish.only).await?;
        let reset = reset.map(|reason| {
            let text = reset_message(reason, app.store.epoch(), init.seq).into();
            Frame { seq: init.seq, kind: FrameKind::Reset, text }
        });
        let position = init.seq;
        Ok(Self { source, seat, wish, position, first: reset.into_iter().chain([init]).collect() })
    }

    /// The next messages, at least one. Dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> Result<Vec<Frame>, ReadError> {
        if !self.first.is_empty() {
            return Ok(std::mem::take(&mut self.first));
        }
        loop {
            let (frames, read_to) = match self.source.take(self.position, &self.wish) {
                Taken::Frames { frames, read_to } => (frames, read_to),
                Taken::Behind { head } => self.source.replay(self.position, head, &self.wish).await?,
                Taken::Nothing => {
                    if !self.seat.wait().await {
                        return Err(ReadError::Failed("the hub is gone".into()));
                    }
                    continue;
                }
            };
            self.position = read_to;
            if !frames.is_empty() {
                return Ok(frames);
            }
        }
    }
}

impl Source {
    fn take(&self, after: i64, wish: &Wish) -> Taken {
        let taken = self.hub.take(after, wish, self.take_frames, self.take_bytes);
        let Some(bodies) = &wish.bodies else { return taken };
        let Taken::Frames { frames, read_to } = taken else { return taken };
        // Outside of the ring, which others read and one writes meanwhile.
        let outlined = frames.into_iter().map(|frame| {
            if frame.kind == FrameKind::Outline {
                return frame;
            }
            let frame = frame.outlined(bodies);
            self.hub.keep_outline(&frame);
            frame
        });
        Taken::Frames { frames: outlined.collect(), read_to }
    }

    /// Reads a page of history, when it is this reader's turn.
    async fn replay(&self, after: i64, up_to: i64, wish: &Wish) -> Result<(Vec<Frame>, i64), ReadError> {
        let turn = self.replays.acquire().await.map_err(|error| ReadError::Failed(error.to_string()))?;
        let page = self.store.changes(ChangeRange { after, up_to, only: wish.only.clone() }, self.page).await?;
        drop(turn);
        self.metrics.live.replayed_pages.inc();
        let epoch = self.store.epoch();
        let frames = page.changes.iter().map(|change| Frame::of(change, epoch));
        let frames = match &wish.bodies {
            None => frames.collect(),
            Some(bodies) => frames.map(|frame| frame.outlined(bodies)).collect(),
        };
        Ok((frames, page.read_to))
    }
}

/// The position to go on from, or why there is none.
async fn resumable(app: &App, since: &str) -> Result<Result<i64, ResetReason>, ReadError> {
    let Ok(cursor) = since.parse::<Cursor>() else { return Ok(Err(ResetReason::Malformed)) };
    if cursor.epoch != app.store.epoch() {
        return Ok(Err(ResetReason::Epoch));
    }
    let bounds = app.store.log_bounds().await?;
    Ok(match cursor.seq {
        seq if seq > bounds.head => Err(ResetReason::Future),
        seq if seq < bounds.floor => Err(ResetReason::Expired),
        seq => Ok(seq),
    })
}

#[cfg(test)]
mod tests;
