//! The limits that a test narrows or an operator may ask about, on one screen: name, unit, value and reason.
//! Knows nothing of ours. What is a matter of one file alone stands there.

use std::num::NonZeroUsize;
use std::time::Duration;

/// The bounds within which the server works. `Limits::default()` is what a user gets; tests narrow them.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Open connections in total. Never per address: every client of a loopback server is 127.0.0.1.
    pub connections: usize,
    /// Time a client has to send a whole request head, an idle keep-alive connection included.
    pub header_read: Duration,
    /// Bytes of one request head.
    pub header_bytes: usize,
    /// Bytes of one JSON request body.
    pub json_body_bytes: usize,
    /// Bytes of one document of an agent. A hook takes 64 MiB, and what it writes where it takes a secret out may be
    /// longer than that; what is stored of it is much less, for its long strings are cut.
    pub hook_body_bytes: usize,
    /// Bytes of one NDJSON request body.
    pub ingest_body_bytes: usize,
    /// Bytes of one NDJSON line.
    pub ingest_line_bytes: usize,
    /// Bytes of all request bodies held at once, from reading to answer. Above it: 503.
    pub bodies_in_flight_bytes: usize,
    /// The same beside it, for documents that agents post by themselves: they would not send them again.
    pub spare_bodies_bytes: usize,
    /// A body larger than this is scanned on a thread of its own, since scanning would hold up other requests.
    pub inline_scan_bytes: usize,
    /// Time in which a client must send the rest of a body, or at least `body_read_pace_bytes` of it.
    pub body_read_stall: Duration,
    /// Bytes of a body that earn its client another `body_read_stall`.
    pub body_read_pace_bytes: usize,
    /// Commands that wait for the writer. Above it: 503.
    pub queue_commands: usize,
    /// Commands in one transaction. It bounds how long the first of a batch waits for the last.
    pub batch_commands: usize,
    /// Bytes of event bodies in one transaction, for the same reason; a single larger command goes alone.
    pub batch_bytes: usize,
    /// Frames kept in memory for live readers. Who falls further behind reads the store.
    pub ring_frames: usize,
    /// Bytes of those frames.
    pub ring_bytes: usize,
    /// Frames that one live reader takes from the ring at a time.
    pub take_frames: usize,
    /// Bytes of those frames: what one slow reader can hold in memory beside the ring.
    pub take_bytes: usize,
    /// Pages of history read at once for live readers who catch up; the rest wait their turn.
    pub replays: usize,
    /// Rows of one page read from the store, for replays and for long answers.
    pub page_rows: usize,
    /// Bytes of bodies in one such page; a single larger body goes alone.
    pub page_bytes: usize,
    /// Session lists built at once, since each stands whole in memory.
    pub snapshots: usize,
    /// Sessions that one live reader may ask for by name.
    pub filter_sessions: usize,
    /// Time between two pings to a WebSocket client.
    pub ping_interval: Duration,
    /// Pings without a sign of life after which the client is given up.
    pub pings_missed: u32,
    /// Time without a byte of progress after which a live reader is given up (close code 4008).
    pub stalled_write: Duration,
    /// The same for an ordinary answer: a person may pause a download.
    pub stalled_answer: Duration,
    /// Bytes that the system may hold for a client beyond what is on its way to it.
    pub unsent_bytes: u32,
    /// Time between two comments on a quiet event stream.
    pub comment_interval: Duration,
    /// What an event stream tells its client to wait before it comes back.
    pub retry: Duration,
    /// Bytes of one WebSocket message from a client, which is read and dropped.
    pub client_message_bytes: usize,
    /// Time between two looks at the agents that run.
    pub agents_interval: Duration,
    /// How long an agent that is at work may be silent, with no tool open, before it counts as stalled.
    pub agent_silence: Duration,
    /// Transcripts that are followed at once. One that had to make room is read on after its session's next document.
    pub transcripts_followed: NonZeroUsize,
    /// How long after a document its transcript is looked at often.
    pub transcript_followed: Duration,
    /// How long a transcript may be missing before its session says so.
    pub transcript_missing: Duration,
    /// Time from the first signal until every connection is closed, whatever still goes on.
    pub shutdown: Duration,
    /// Time that closing the database may take after that.
    pub closing: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        const KIB: usize = 1024;
        const MIB: usize = 1024 * KIB;
        Self {
            connections: 16_384,
            header_read: Duration::from_secs(30),
            header_bytes: 64 * KIB,
            json_body_bytes: 16 * MIB,
            hook_body_bytes: 65 * MIB,
            ingest_body_bytes: 64 * MIB,
            ingest_line_bytes: 16 * MIB,
            bodies_in_flight_bytes: 512 * MIB,
            spare_bodies_bytes: 65 * MIB,
            inline_scan_bytes: 256 * KIB,
            body_read_stall: Duration::from_secs(30),
            body_read_pace_bytes: 64 * KIB,
            queue_commands: 4096,
            batch_commands: 512,
            batch_bytes: 4 * MIB,
            ring_frames: 16_384,
            ring_bytes: 32 * MIB,
            take_frames: 256,
            take_bytes: 64 * KIB,
            replays: 4,
            page_rows: 1024,
            page_bytes: MIB,
            snapshots: 2,
            filter_sessions: 256,
            ping_interval: Duration::from_secs(25),
            pings_missed: 2,
            stalled_write: Duration::from_secs(10),
            stalled_answer: Duration::from_mins(2),
            unsent_bytes: 128 * 1024,
            comment_interval: Duration::from_secs(15),
            retry: Duration::from_secs(2),
            client_message_bytes: 64 * KIB,
            agents_interval: Duration::from_secs(5),
            agent_silence: Duration::from_mins(10),
            transcripts_followed: NonZeroUsize::MIN.saturating_add(4095),
            transcript_followed: Duration::from_secs(10),
            transcript_missing: Duration::from_mins(1),
            shutdown: Duration::from_millis(3500),
            closing: Duration::from_millis(1200),
        }
    }
}
