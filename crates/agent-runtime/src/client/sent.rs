//! Server-Sent Events, read.

/// One message of the stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sent {
    /// The cursor behind it.
    pub(crate) cursor: String,
    /// Its type.
    pub(crate) kind: String,
    /// The message: JSON.
    pub(crate) data: String,
}

/// Reads a stream as it comes in. A message that was cut is never given out.
#[derive(Debug)]
pub(super) struct Reader {
    /// The most bytes of one message.
    most_bytes: usize,
    bytes: Vec<u8>,
    /// How far `bytes` were searched for the end of a line.
    searched: usize,
    message: Sent,
}

impl Reader {
    /// A stream of which nothing has come in yet.
    pub(super) fn new(most_bytes: usize) -> Self {
        Self { most_bytes, bytes: Vec::new(), searched: 0, message: Sent::default() }
    }

    /// Takes the next bytes. Says whether they can still be part of a message.
    #[must_use]
    pub(super) fn feed(&mut self, bytes: &[u8]) -> bool {
        self.bytes.extend_from_slice(bytes);
        self.bytes.len() + self.message.data.len() <= self.most_bytes
    }

    /// The next whole message.
    pub(super) fn next(&mut self) -> Option<Sent> {
        let mut begin = 0;
        let mut whole = None;
        while whole.is_none() {
            let from = self.searched.max(begin);
            let Some(length) = self.bytes[from..].iter().position(|byte| *byte == b'\n') else {
                self.searched = self.bytes.len();
                break;
            };
            let end = from + length;
            let line = String::from_utf8_lossy(&self.bytes[begin..end]);
            whole = take(&mut self.message, line.strip_suffix('\r').unwrap_or(&line));
            begin = end + 1;
        }
        self.bytes.drain(..begin);
        self.searched = self.searched.saturating_sub(begin);
        whole
    }
}

/// Takes one line in; a blank one ends the message.
fn take(message: &mut Sent, line: &str) -> Option<Sent> {
    if line.is_empty() {
        let ended = std::mem::take(message);
        return (!ended.data.is_empty()).then_some(ended);
    }
    let (field, value) = line.split_once(':').unwrap_or((line, ""));
    let value = value.strip_prefix(' ').unwrap_or(value);
    match field {
        "id" => value.clone_into(&mut message.cursor),
        "event" => value.clone_into(&mut message.kind),
        "data" => {
            if !message.data.is_empty() {
                message.data.push('\n');
            }
            message.data.push_str(value);
        }
        // Comments, and how soon to come back, which we decide ourselves.
        _ => {}
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Reader, Sent};

    #[test]
    fn messages_come_apart_wherever_they_are_cut() {
        let text = "retry: 2000\n\n: still here\n\nid: e:1\nevent: event\ndata: {\"ü\":1}\n\nid:e:2\r\ndata:a\r\n\r\nid: e:3\ndata: cut";
        let sent = |cursor: &str, kind: &str, data: &str| Sent {
            cursor: cursor.to_owned(),
            kind: kind.to_owned(),
            data: data.to_owned(),
        };
        for cut in 0..text.len() {
            let mut reader = Reader::new(1000);
            let mut found = Vec::new();
            for part in [&text.as_bytes()[..cut], &text.as_bytes()[cut..]] {
                assert!(reader.feed(part));
                found.extend(std::iter::from_fn(|| reader.next()));
            }
            assert!(!reader.feed(&[b'x'; 1000]), "a message without an end is not held");
            assert_eq!(found, [sent("e:1", "event", "{\"ü\":1}"), sent("e:2", "", "a")], "cut at {cut}");
        }
    }
}
