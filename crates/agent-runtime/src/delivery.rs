//! Handing one document of an agent to the server: one request, one answer, within a time. Plain blocking sockets:
//! a hook has no time to start a runtime.

pub(crate) mod address;
mod answer;
mod stream;

use std::fmt;
use std::io::{self, Write};
use std::time::Instant;

use self::address::Address;
use self::answer::Answer;

/// A server, and what it wants to be shown.
#[derive(Clone)]
pub(crate) struct Destination {
    pub(crate) address: Address,
    pub(crate) token: Option<String>,
}

/// What is handed over.
pub(crate) struct Parcel<'a> {
    /// The agent's name, as in the path.
    pub(crate) agent: &'a str,
    /// The envelope: one line of ASCII JSON.
    pub(crate) envelope: &'a str,
    /// The document as the agent wrote it.
    pub(crate) document: &'a [u8],
}

/// What became of it.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The server has it.
    Stored,
    /// The server will never take it; the reason.
    Refused(String),
    /// It may take it at another time.
    NotNow(Obstacle),
}

/// Why a document cannot be delivered at the moment.
#[derive(Debug)]
pub(crate) enum Obstacle {
    /// Nobody listens, or the connection broke.
    Absent(io::Error),
    /// No answer in time.
    Silent,
    /// The server takes nothing at the moment: it is busy, its disk is full, it wants another token.
    Closed(u16),
    /// The server failed on this document; it may take others.
    Failed(u16),
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent(error) => write!(f, "the server cannot be reached: {error}"),
            Self::Silent => f.write_str("the server did not answer in time"),
            Self::Closed(401 | 403) => f.write_str("the server wants another token, or another name of itself"),
            Self::Closed(status) => write!(f, "the server takes nothing at the moment: {status}"),
            Self::Failed(status) => write!(f, "the server failed on a document: {status}"),
        }
    }
}

/// Sends a document and waits for the answer, until `deadline`.
pub(crate) fn deliver(destination: &Destination, parcel: &Parcel<'_>, deadline: Instant) -> Outcome {
    match exchange(destination, parcel, deadline) {
        Ok(answer) => judged(&answer),
        Err(error) if matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock) => {
            Outcome::NotNow(Obstacle::Silent)
        }
        Err(error) => Outcome::NotNow(Obstacle::Absent(error)),
    }
}

fn exchange(destination: &Destination, parcel: &Parcel<'_>, deadline: Instant) -> io::Result<Answer> {
    let mut stream = stream::open(&destination.address, deadline)?;
    let mut request = head(destination, parcel).into_bytes();
    request.extend_from_slice(parcel.document);
    // A server that refuses early closes while we still write: its answer tells more than the broken pipe.
    let written = stream.write_all(&request).and_then(|()| stream.flush());
    match Answer::read(&mut *stream) {
        Ok(answer) => Ok(answer),
        Err(error) => Err(written.err().unwrap_or(error)),
    }
}

fn head(destination: &Destination, parcel: &Parcel<'_>) -> String {
    let Destination { address, token } = destination;
    let authorization = token.as_ref().map_or(String::new(), |token| format!("authorization: Bearer {token}\r\n"));
    format!(
        "POST {}/hooks/{} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         x-agent-runtime-envelope: {}\r\n{authorization}connection: close\r\n\r\n",
        address.path,
        parcel.agent,
        address.authority(),
        parcel.document.len(),
        parcel.envelope,
    )
}

fn judged(answer: &Answer) -> Outcome {
    match answer.status {
        200 => Outcome::Stored,
        // Another token, a quieter moment, more room: the same document may be taken then.
        status @ (401 | 403 | 408 | 429 | 503 | 507) => Outcome::NotNow(Obstacle::Closed(status)),
        status @ 400..500 => Outcome::Refused(format!("{status} {}", answer.detail).trim_end().to_owned()),
        status => Outcome::NotNow(Obstacle::Failed(status)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, Outcome, judged};

    #[test]
    fn only_200_is_stored_and_only_a_refusal_of_the_document_is_final() {
        let outcome = |status| judged(&Answer { status, detail: String::new() });
        assert!(matches!(outcome(200), Outcome::Stored));
        for status in [400, 404, 405, 409, 413, 415, 422] {
            assert!(matches!(outcome(status), Outcome::Refused(_)), "{status}");
        }
        for status in [201, 204, 302, 401, 403, 408, 429, 500, 502, 503, 507] {
            assert!(matches!(outcome(status), Outcome::NotNow(_)), "{status}");
        }
    }
}
