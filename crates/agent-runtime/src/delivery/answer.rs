//! The answer to a request: its status, and why something was refused.

use std::io::{self, Read};

use serde_json::{Map, Value};

/// Bytes of an answer that are looked at: the head and one sentence fit well.
const MOST_BYTES: usize = 16 * 1024;

/// What a server answered.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// Reads an answer.
    ///
    /// # Errors
    /// When the connection breaks, the time is over, or this is no HTTP.
    pub(super) fn read(stream: &mut dyn Read) -> io::Result<Self> {
        let mut seen = Vec::new();
        let mut chunk = [0; 2048];
        loop {
            let line = seen.windows(2).position(|pair| pair == b"\r\n");
            let no_http = || io::Error::new(io::ErrorKind::InvalidData, "this is no HTTP");
            let status = line.map(|end| status(&seen[..end]).ok_or_else(no_http)).transpose()?;
            if seen.len() >= MOST_BYTES || is_whole(&seen) {
                return Ok(Self { status: status.ok_or_else(no_http)?, body: body(&seen).0 });
            }
            match (stream.read(&mut chunk), status) {
                (Err(error), _) if error.kind() == io::ErrorKind::Interrupted => {}
                // Nothing more comes: a status without its reason is an answer, too. Only a success must be whole.
                (Ok(0), Some(status)) => return Ok(Self { status, body: body(&seen).0 }),
                (Err(_), Some(status)) if status != 200 => return Ok(Self { status, body: body(&seen).0 }),
                (Ok(0), None) => return Err(io::ErrorKind::UnexpectedEof.into()),
                (Ok(count), _) => seen.extend_from_slice(&chunk[..count]),
                (Err(error), _) => return Err(error),
            }
        }
    }

    /// Whether these are the words with which our server says that it has a document. Anybody can say 200.
    pub(super) fn says_stored(&self) -> bool {
        serde_json::from_slice::<Value>(&self.body).is_ok_and(|body| body == serde_json::json!({"ok": true}))
    }

    /// The reason of a refusal on one line, when it has the form of ours.
    pub(super) fn reason(&self) -> Option<String> {
        let problem: Map<String, Value> = serde_json::from_slice(&self.body).ok()?;
        let detail = problem.get("detail").filter(|_| problem.len() == 1)?.as_str()?;
        Some(detail.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

/// The number in `HTTP/1.1 200 OK`.
fn status(line: &[u8]) -> Option<u16> {
    let line = std::str::from_utf8(line).ok()?;
    line.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()
}

fn is_whole(seen: &[u8]) -> bool {
    body(seen).1
}

/// What has come of the body, and whether that is known to be all.
fn body(seen: &[u8]) -> (Vec<u8>, bool) {
    let Some(end) = seen.windows(4).position(|four| four == b"\r\n\r\n") else { return (Vec::new(), false) };
    let (head, body) = (String::from_utf8_lossy(&seen[..end]), &seen[end + 4..]);
    let fields = || head.lines().filter_map(|line| line.split_once(':'));
    let of = |wanted: &str| fields().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim());
    if of("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
        return joined(body);
    }
    let length = of("content-length").and_then(|length| length.parse::<usize>().ok());
    (body.to_vec(), length.is_some_and(|length| body.len() >= length))
}

/// A body that a proxy has cut into chunks (RFC 9112, section 7.1), and whether the last one has come.
fn joined(mut chunks: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    loop {
        let Some(end) = chunks.windows(2).position(|pair| pair == b"\r\n") else { return (body, false) };
        let line = String::from_utf8_lossy(&chunks[..end]);
        let size = line.split(';').next().unwrap_or_default().trim();
        match usize::from_str_radix(size, 16) {
            Ok(0) => return (body, true),
            Ok(size) if size <= MOST_BYTES && chunks.len() >= end + 2 + size + 2 => {
                body.extend_from_slice(&chunks[end + 2..end + 2 + size]);
                chunks = &chunks[end + 2 + size + 2..];
            }
            _ => return (body, false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Answer;

    fn read(text: &str) -> Option<(u16, bool, Option<String>)> {
        let answer = Answer::read(&mut text.as_bytes()).ok()?;
        Some((answer.status, answer.says_stored(), answer.reason()))
    }

    #[test]
    fn a_refusal_is_read_with_its_reason() {
        let refusal = "HTTP/1.1 400 Bad Request\r\nContent-Length: 22\r\n\r\n{\"detail\":\"body: bad\"}";
        assert_eq!(read(refusal), Some((400, false, Some("body: bad".into()))));
        for body in ["<h1>none\n</h1>", "{\"detail\":[1]}", "{\"detail\":\"x\",\"more\":1}", "[]", ""] {
            assert_eq!(read(&format!("HTTP/1.1 404 Not Found\r\n\r\n{body}")), Some((404, false, None)), "{body}");
        }
        assert_eq!(read("HTTP/1.0 503 Busy\r\nretry-after: 1\r\n"), Some((503, false, None)));
    }

    #[test]
    fn a_success_is_known_by_our_words_alone() {
        let ours = [
            "content-length: 11\r\n\r\n{\"ok\":true}",
            "Transfer-Encoding: chunked\r\n\r\n4\r\n{\"ok\r\n7;x=y\r\n\":true}\r\n0\r\n\r\n",
            "connection: close\r\n\r\n {\"ok\" : true}\n",
        ];
        for rest in ours {
            assert_eq!(read(&format!("HTTP/1.1 200 OK\r\n{rest}")), Some((200, true, None)), "{rest}");
        }
        let others = ["", "{}", "<html></html>", "{\"ok\":1}", "{\"ok\":true,\"id\":7}", "{\"ok\":tr"];
        for body in others {
            assert_eq!(read(&format!("HTTP/1.1 200 OK\r\n\r\n{body}")), Some((200, false, None)), "{body}");
        }
    }

    #[test]
    fn what_is_no_answer_is_none() {
        for text in ["", "HTTP/1.1 200", "SSH-2.0-server\r\n", "HTTP/1.1 ok\r\n\r\n"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
