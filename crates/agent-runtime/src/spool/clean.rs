//! What of a document may stand on the disk.

use std::borrow::Cow;

use agent_runtime_agents::redact::redact;
use agent_runtime_agents::shorten::{MAX_STRING_BYTES, shorten};

use super::Spool;

impl Spool {
    /// A document as it may stand on the disk: without secrets of known shapes, unless the user wants them kept, and
    /// without the middle of strings that the server would cut too, or one document could take the place of a thousand.
    pub(super) fn clean<'d>(&self, document: &'d [u8]) -> Cow<'d, [u8]> {
        if !self.redacts && document.len() <= MAX_STRING_BYTES {
            return Cow::Borrowed(document);
        }
        // Bytes that are no text hide none: the server mends them in the same way.
        let text = String::from_utf8_lossy(document);
        let redacted = redact(&text).0;
        if !self.redacts && matches!(redacted, Cow::Owned(_)) {
            // The server knows a document again by what it is without its secrets: one that was cut cannot be told.
            return Cow::Borrowed(document);
        }
        match shorten(&redacted).0 {
            Cow::Owned(shortened) => Cow::Owned(shortened.into_bytes()),
            Cow::Borrowed(_) => match redacted {
                Cow::Owned(redacted) => Cow::Owned(redacted.into_bytes()),
                Cow::Borrowed(_) => Cow::Borrowed(document),
            },
        }
    }
}
