//! A load of keep-alive HTTP connections that costs little, since it shares two cores with what it measures.
//!
//! One thread, one write and one read per request: the bytes of a request stand ready, and an answer is recognised
//! by its first and last bytes. Nothing is pipelined, so the next byte after an answer belongs to the next one.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::events::Numbered;
use crate::sample::Latencies;

/// What an accepted event is answered with.
pub(crate) const OK: &[u8] = br#"{"ok":true}"#;

/// What came of a load.
#[derive(Default)]
pub(crate) struct Outcome {
    /// Requests answered by 200 and the expected body.
    pub(crate) acknowledged: u64,
    /// Requests answered otherwise, or not at all.
    pub(crate) errors: u64,
    /// The first answer that was not as expected.
    pub(crate) first_error: Option<String>,
    /// From the first request to the last answer.
    pub(crate) elapsed: Duration,
    /// Of the acknowledged requests.
    pub(crate) latencies: Latencies,
}

impl Outcome {
    /// Acknowledged requests a second.
    pub(crate) fn rate(&self) -> f64 {
        self.acknowledged as f64 / self.elapsed.as_secs_f64()
    }

    /// Fails unless every request was answered as expected.
    pub(crate) fn ensure_clean(&self) -> anyhow::Result<()> {
        let first = self.first_error.as_deref().unwrap_or("");
        anyhow::ensure!(self.errors == 0, "{} of the requests failed, the first so: {first}", self.errors);
        Ok(())
    }
}

/// Sends each of `requests` on a connection of its own, again and again, each as soon as the one before was
/// answered, for `duration`. Events are numbered from `first_number` on, each connection in a range of its own.
pub(crate) fn run(
    address: SocketAddr,
    requests: Vec<Numbered>,
    first_number: u64,
    duration: Duration,
) -> anyhow::Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut streams = Vec::new();
        for request in requests {
            let stream = TcpStream::connect(address).await.with_context(|| format!("cannot connect to {address}"))?;
            stream.set_nodelay(true)?;
            streams.push((stream, request));
        }
        let begin = Instant::now();
        let mut tasks = JoinSet::new();
        for (stream, request) in streams {
            tasks.spawn(connection(stream, request, first_number, begin + duration));
        }
        let mut whole = Outcome::default();
        while let Some(outcome) = tasks.join_next().await {
            let outcome = outcome?;
            whole.acknowledged += outcome.acknowledged;
            whole.errors += outcome.errors;
            whole.latencies.merge(&outcome.latencies);
            whole.first_error = whole.first_error.or(outcome.first_error);
        }
        whole.elapsed = begin.elapsed();
        Ok(whole)
    })
}

async fn connection(mut stream: TcpStream, mut request: Numbered, first_number: u64, until: Instant) -> Outcome {
    let mut outcome = Outcome::default();
    let mut buffer = vec![0; 4096];
    let mut number = first_number;
    let mut sent = Instant::now();
    while sent < until {
        request.number(number);
        number += 1;
        let answer = exchange(&mut stream, &request.bytes, &mut buffer).await;
        let answered = Instant::now();
        match answer {
            Ok(()) => {
                outcome.acknowledged += 1;
                outcome.latencies.add(answered - sent);
            }
            Err(error) => {
                // What follows on this connection could not be told apart: it ends here, and the run fails.
                outcome.errors += 1;
                outcome.first_error = Some(format!("{error:#}"));
                break;
            }
        }
        sent = answered;
    }
    outcome
}

/// Sends one request and reads its answer, which must be 200 and [`OK`].
pub(crate) async fn exchange(stream: &mut TcpStream, request: &[u8], buffer: &mut [u8]) -> anyhow::Result<()> {
    stream.write_all(request).await?;
    let mut filled = 0;
    loop {
        let read = stream.read(&mut buffer[filled..]).await?;
        anyhow::ensure!(read > 0, "closed after '{}'", String::from_utf8_lossy(&buffer[..filled]));
        filled += read;
        let answer = &buffer[..filled];
        if is_ok(answer) {
            return Ok(());
        }
        let refused = filled > 12 && !answer.starts_with(b"HTTP/1.1 200");
        anyhow::ensure!(!refused && filled < buffer.len(), "answered '{}'", String::from_utf8_lossy(answer));
    }
}

/// Whether these bytes are a whole answer of 200 with the expected body.
fn is_ok(answer: &[u8]) -> bool {
    answer.starts_with(b"HTTP/1.1 200") && answer.strip_suffix(OK).is_some_and(|head| head.ends_with(b"\r\n\r\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_answer_of_200_is_taken() {
        assert!(is_ok(b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{\"ok\":true}"));
        assert!(!is_ok(b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{\"ok\":tru"));
        assert!(!is_ok(b"HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n{\"ok\":false}"));
        assert!(!is_ok(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 11\r\n\r\n{\"ok\":true}"));
    }
}
