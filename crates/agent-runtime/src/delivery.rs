//! Handing one document of an agent to the server: one request, one answer, within a time. Plain blocking sockets:
//! a hook has no time to start a runtime.

pub(crate) mod address;
mod answer;
mod stream;

use std::fmt;
use std::io::{self, Write};
use std::path::PathBuf;
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
    /// The server failed on this document, or something before it lets none so large through; others may pass.
    Failed(u16),
    /// It answers as no server of ours does.
    Foreign(u16),
    /// The document itself cannot be had; others may.
    Unreadable(PathBuf, io::Error),
}

impl Obstacle {
    /// Whether it stays until a person does something.
    pub(crate) fn needs_a_person(&self) -> bool {
        matches!(self, Self::Foreign(_) | Self::Closed(401 | 403) | Self::Failed(413) | Self::Unreadable(..))
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent(error) => write!(f, "the server cannot be reached: {error}"),
            Self::Silent => f.write_str("the server did not answer in time"),
            Self::Closed(401 | 403) => f.write_str("the server wants another token, or another name of itself"),
            Self::Closed(status) => write!(f, "the server takes nothing at the moment: {status}"),
            Self::Failed(413) => f.write_str("something before the server lets no document of that size through: 413"),
            Self::Failed(status) => write!(f, "the server failed on a document: {status}"),
            Self::Foreign(status) => {
                write!(f, "something else than an Agent Runtime server answers at this address: {status}")
            }
            Self::Unreadable(path, cause) => write!(f, "{} cannot be read: {cause}", path.display()),
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
    match (answer.status, answer.reason()) {
        (200, _) if answer.says_stored() => Outcome::Stored,
        // Another token, a quieter moment, more room, a gateway whose server is back: the same document may be taken
        // then, and until then no other is.
        (status @ (401 | 403 | 408 | 429 | 502..=504 | 507 | 520..=530), _) => {
            Outcome::NotNow(Obstacle::Closed(status))
        }
        // Only our own server, by its own words, tells of one document. What a proxy calls too large is one, too.
        (status @ 500.., Some(_)) | (status @ 413, None) => Outcome::NotNow(Obstacle::Failed(status)),
        // A path that is not known says nothing of the document, whoever says so.
        (status @ (400..404 | 406..500), Some(reason)) => Outcome::Refused(format!("{status} {reason}")),
        (status, _) => Outcome::NotNow(Obstacle::Foreign(status)),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpListener;

    use super::{Answer, Obstacle, Outcome, judged};

    /// A server that takes the next document, does something, and says that it is stored.
    pub(crate) fn take(listener: &TcpListener, meanwhile: impl FnOnce()) -> Vec<u8> {
        let (mut connection, _) = listener.accept().expect("a connection");
        let mut reader = BufReader::new(connection.try_clone().expect("a reader"));
        let mut length = 0;
        for line in reader.by_ref().lines().map(|line| line.expect("a head")).take_while(|line| !line.is_empty()) {
            length = line.strip_prefix("content-length: ").map_or(length, |length| length.parse().expect("a length"));
        }
        let mut document = vec![0; length];
        reader.read_exact(&mut document).expect("a document");
        meanwhile();
        connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{\"ok\":true}").expect("answered");
        document
    }

    fn outcome(status: u16, body: &str) -> Outcome {
        judged(&Answer { status, body: body.into() })
    }

    #[test]
    fn only_our_own_200_is_stored_and_only_our_own_refusal_of_the_document_is_final() {
        assert!(matches!(outcome(200, "{\"ok\":true}"), Outcome::Stored));
        let problem = "{\"detail\":\"no\"}";
        for status in [400, 409, 413, 415, 422] {
            assert!(matches!(outcome(status, problem), Outcome::Refused(_)), "{status}");
        }
        for status in [201, 204, 302, 401, 403, 404, 405, 408, 429, 500, 502, 503, 507] {
            assert!(matches!(outcome(status, problem), Outcome::NotNow(_)), "{status}");
        }
    }

    #[test]
    fn only_our_own_failure_tells_of_one_document_and_a_gateway_tells_of_all() {
        for status in [500, 501, 505] {
            assert!(matches!(outcome(status, "{\"detail\":\"no\"}"), Outcome::NotNow(Obstacle::Failed(_))), "{status}");
        }
        for (status, body) in
            [(502, "<html>"), (503, "<html>"), (503, "{\"detail\":\"no\"}"), (504, ""), (507, "{}"), (522, "")]
        {
            assert!(matches!(outcome(status, body), Outcome::NotNow(Obstacle::Closed(_))), "{status} {body}");
        }
        let too_large = outcome(413, "<html>");
        let Outcome::NotNow(obstacle @ Obstacle::Failed(413)) = too_large else { panic!("{too_large:?}") };
        assert!(obstacle.needs_a_person());
    }

    #[test]
    fn what_anybody_may_answer_means_nothing() {
        let answers = [(200, "<html>"), (200, "{}"), (404, ""), (405, "{}"), (400, "<html>"), (422, "{}")];
        for (status, body) in answers.into_iter().chain([(500, "<html>"), (500, "{\"error\":\"no\"}"), (599, "")]) {
            let outcome = outcome(status, body);
            assert!(matches!(outcome, Outcome::NotNow(Obstacle::Foreign(_))), "{status} {body}: {outcome:?}");
        }
    }
}
