//! The answer to a request: its status, and why something was refused.

use std::io::{self, Read};

/// Bytes of an answer that are looked at: the head and one sentence fit well.
const MOST_BYTES: usize = 16 * 1024;

/// What a server answered.
pub(super) struct Answer {
    pub(super) status: u16,
    /// The reason of a refusal, on one line.
    pub(super) detail: String,
}

impl Answer {
    /// Reads an answer. A success is known by its first line; the rest of it is not waited for.
    ///
    /// # Errors
    /// When the connection breaks, the time is over, or this is no HTTP.
    pub(super) fn read(stream: &mut dyn Read) -> io::Result<Self> {
        let mut seen = Vec::new();
        let mut chunk = [0; 2048];
        loop {
            let line = seen.windows(2).position(|pair| pair == b"\r\n");
            if let Some(status) = line.map(|end| status(&seen[..end])) {
                let status = status.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "this is no HTTP"))?;
                if status == 200 || is_whole(&seen) || seen.len() >= MOST_BYTES {
                    return Ok(Self { status, detail: detail(&seen) });
                }
            }
            match stream.read(&mut chunk) {
                // Nothing more comes: a status without its reason is an answer, too.
                Ok(0) | Err(_) if line.is_some() => {
                    let status = line.and_then(|end| status(&seen[..end])).unwrap_or_default();
                    return Ok(Self { status, detail: detail(&seen) });
                }
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => seen.extend_from_slice(&chunk[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            if seen.len() >= MOST_BYTES && line.is_none() {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "this is no HTTP"));
            }
        }
    }
}

/// The number in `HTTP/1.1 200 OK`.
fn status(line: &[u8]) -> Option<u16> {
    let line = std::str::from_utf8(line).ok()?;
    line.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()
}

fn is_whole(seen: &[u8]) -> bool {
    let (head, body) = parts(seen);
    let lengths = head.lines().filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    lengths.min().is_some_and(|length: usize| body.is_some_and(|body| body.len() >= length))
}

/// The head, and the body once it has begun.
fn parts(seen: &[u8]) -> (String, Option<&[u8]>) {
    let end = seen.windows(4).position(|four| four == b"\r\n\r\n");
    let head = String::from_utf8_lossy(&seen[..end.unwrap_or(seen.len())]).into_owned();
    (head, end.map(|end| &seen[end + 4..]))
}

/// The `detail` of an error, or else its body as it is.
fn detail(seen: &[u8]) -> String {
    let body = parts(seen).1.unwrap_or_default();
    let problem = serde_json::from_slice::<serde_json::Value>(body).ok();
    let detail = problem.as_ref().and_then(|problem| problem["detail"].as_str().map(str::to_owned));
    let text = detail.unwrap_or_else(|| String::from_utf8_lossy(body).into_owned());
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::Answer;

    fn read(text: &str) -> Option<(u16, String)> {
        Answer::read(&mut text.as_bytes()).ok().map(|answer| (answer.status, answer.detail))
    }

    #[test]
    fn a_refusal_is_read_with_its_reason() {
        let refusal = "HTTP/1.1 400 Bad Request\r\nContent-Length: 22\r\n\r\n{\"detail\":\"body: bad\"}";
        assert_eq!(read(refusal), Some((400, "body: bad".into())));
        assert_eq!(read("HTTP/1.1 404 Not Found\r\n\r\n<h1>none\n</h1>"), Some((404, "<h1>none </h1>".into())));
        assert_eq!(read("HTTP/1.0 503 Busy\r\nretry-after: 1\r\n"), Some((503, String::new())));
    }

    #[test]
    fn what_is_no_answer_is_none() {
        for text in ["", "HTTP/1.1 200", "SSH-2.0-server\r\n", "HTTP/1.1 ok\r\n\r\n"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
