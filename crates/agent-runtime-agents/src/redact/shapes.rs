//! Whether what begins like a secret is one, and where it ends.
//!
//! Each check looks ahead a bounded way, or remembers how far it got: a text made of beginnings alone must not cost
//! more than its length. A secret takes all letters that may belong to it, so that nothing of it is left over.

use std::ops::Range;

use super::Secret;
use super::escapes::{begins_word, in_escape};
use super::prefixes::{self, Alphabet, PREFIXES, Shape};

/// Bytes of an address that are searched for a password.
const MAX_AUTHORITY_BYTES: usize = 512;
/// The kind that other secrets may stand before.
const URL_PASSWORD: &str = "url-password";
/// Bytes between the name of a secret and the secret.
const MAX_GAP_BYTES: usize = 12;

/// Finds the secrets in a JSON text.
pub(super) struct Finder<'a> {
    bytes: &'a [u8],
    /// The last run of dashed letters that was measured.
    run: Range<usize>,
    /// No JWT begins before this.
    no_jwt_before: usize,
}

impl<'a> Finder<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, run: 0..0, no_jwt_before: 0 }
    }

    /// All secrets, in order, none inside another.
    pub(super) fn secrets(mut self) -> Vec<Secret> {
        let mut secrets: Vec<Secret> = Vec::new();
        let mut from = 0;
        while let Some((at, prefixes)) = prefixes::next(self.bytes, from) {
            from = at + 1;
            if let Some(secret) = self.secret(at, prefixes) {
                // The user's part of an address may be another.
                if secret.kind != URL_PASSWORD {
                    from = secret.range.end;
                }
                secrets.push(secret);
            }
        }
        secrets.sort_by_key(|secret| secret.range.start);
        secrets.dedup_by(|later, earlier| {
            let overlaps = later.range.start < earlier.range.end;
            if overlaps {
                earlier.range.end = earlier.range.end.max(later.range.end);
            }
            overlaps
        });
        secrets
    }

    fn secret(&mut self, at: usize, prefixes: u64) -> Option<Secret> {
        let with_bit = PREFIXES.iter().enumerate().filter(|(index, _)| prefixes & (1 << index) != 0);
        for (_, (prefix, shape)) in with_bit {
            if !self.bytes[at..].starts_with(prefix.as_bytes()) {
                continue;
            }
            let secret = self.check(at, at + prefix.len(), *shape);
            // `\npm_…` is a line break and `pm_…`: half an escape is nobody's beginning.
            if let Some(secret) = secret.filter(|secret| !in_escape(self.bytes, secret.range.start)) {
                return Some(secret);
            }
        }
        None
    }

    /// Checks what follows a prefix that stands from `at` to `after`.
    fn check(&mut self, at: usize, after: usize, shape: Shape) -> Option<Secret> {
        let (range, kind) = match shape {
            Shape::SecretKey => self.secret_key(at, after)?,
            Shape::Word(kind, least, alphabet) => (at..self.word(after, least, alphabet)?, kind),
            Shape::AwsAccessKey => (at..self.aws_access_key(after)?, "aws-access-key"),
            Shape::AwsSecretKey => (self.aws_secret_key(after)?, "aws-secret-key"),
            Shape::Jwt => (at..self.jwt(at)?, "jwt"),
            Shape::PrivateKey => (at..self.private_key(after)?, "private-key"),
            Shape::Bearer => (self.authorization(at, after, true)?, "bearer"),
            Shape::Basic => (self.authorization(at, after, false)?, "basic"),
            Shape::UrlPassword => (self.url_password(after)?, URL_PASSWORD),
        };
        Some(Secret { range, kind })
    }

    fn rest(&self, from: usize) -> &'a [u8] {
        self.bytes.get(from..).unwrap_or_default()
    }

    fn length_of(&self, from: usize, belongs: impl Fn(u8) -> bool) -> usize {
        self.rest(from).iter().take_while(|byte| belongs(**byte)).count()
    }

    /// Where the letters, digits, `_` and `-` end that go on at `from`.
    fn end_of_run(&mut self, from: usize) -> usize {
        if !self.run.contains(&from) {
            self.run = from..from + self.length_of(from, |byte| Alphabet::Dashed.has(byte));
        }
        self.run.end
    }

    fn word(&mut self, after: usize, least: usize, alphabet: Alphabet) -> Option<usize> {
        let begins = self.rest(after).get(..least)?.iter().all(|byte| alphabet.has(*byte));
        if !begins {
            return None;
        }
        let mut end = self.end_of_run(after);
        // Some have parts, with a dot between them; an address has more slashes.
        let joins = |byte: u8| match alphabet {
            Alphabet::Plain => false,
            Alphabet::Dashed => byte == b'.',
            Alphabet::Path => byte == b'/',
        };
        while let [joint, next, ..] = self.rest(end) {
            if !joins(*joint) || !next.is_ascii_alphanumeric() {
                break;
            }
            end = self.end_of_run(end + 1);
        }
        Some(end)
    }

    fn secret_key(&mut self, at: usize, after: usize) -> Option<(Range<usize>, &'static str)> {
        if !begins_word(self.bytes, at) {
            return None;
        }
        let rest = self.rest(after);
        let end = self.end_of_run(after);
        let begins_with = |vendor: &str| rest.starts_with(vendor.as_bytes()) && end - after >= vendor.len() + 20;
        let has_digit = rest[..(end - after).min(64)].iter().any(u8::is_ascii_digit);
        let kind = match () {
            () if !has_digit => return None,
            () if begins_with("ant-") => "anthropic",
            () if begins_with("or-v1-") => "openrouter",
            () if ["proj-", "svcacct-", "admin-", "None-"].into_iter().any(begins_with) => "openai",
            () if rest.get(..32)?.iter().all(u8::is_ascii_alphanumeric) => "openai",
            () => return None,
        };
        Some((at..end, kind))
    }

    fn aws_access_key(&mut self, after: usize) -> Option<usize> {
        let key = self.rest(after).get(..16)?;
        let fits = key.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        fits.then(|| self.end_of_run(after))
    }

    fn aws_secret_key(&self, after: usize) -> Option<Range<usize>> {
        let gap = self.length_of(after, |byte| matches!(byte, b' ' | b'=' | b':' | b'"' | b'\'' | b'\\'));
        if gap == 0 || gap > MAX_GAP_BYTES {
            return None;
        }
        // A slash may be written with a backslash before it.
        let begins_with_slash = self.bytes[..after + gap].ends_with(b"\\") && self.rest(after + gap).starts_with(b"/");
        let start = after + gap - usize::from(begins_with_slash);
        let mut letters = 0;
        let mut end = start;
        loop {
            match self.rest(end) {
                [b'\\', b'/', ..] => end += 2,
                [byte, ..] if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'+' | b'=') => end += 1,
                _ => break,
            }
            letters += 1;
        }
        (letters >= 40).then_some(start..end)
    }

    fn jwt(&mut self, at: usize) -> Option<usize> {
        if at < self.no_jwt_before {
            return None;
        }
        let head = self.end_of_run(at);
        // Whatever else begins in this run ends with it, and is followed by the same.
        self.no_jwt_before = head;
        if head - at < 10 {
            return None;
        }
        let mut end = head;
        let mut parts = 1;
        while let ([b'.', next, ..], 1..5) = (self.rest(end), parts) {
            if !Alphabet::Dashed.has(*next) || (parts == 1 && !self.rest(end + 1).starts_with(b"ey")) {
                break;
            }
            end = self.end_of_run(end + 1);
            parts += 1;
        }
        (parts >= 3).then_some(end)
    }

    fn private_key(&self, after: usize) -> Option<usize> {
        let name = self.length_of(after, |byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b' ');
        let is_private = self.bytes[after..after + name].windows(11).any(|word| word == b"PRIVATE KEY");
        if !is_private || !self.rest(after + name).starts_with(b"-----") {
            return None;
        }
        let mut end = after + name + 5;
        let (mut line, mut longest, mut end_of_key) = (0, 0, end);
        loop {
            let length = match self.rest(end) {
                [b'-', b'-', b'-', b'-', b'-', ..] => break,
                [b'\\', b'n' | b'r' | b't' | b'/' | b'\\', ..] => 2,
                // Behind the line numbers that some tools put there.
                [0xE2, 0x86, 0x92, ..] => 3,
                [byte, ..] if byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=') => {
                    line += 1;
                    longest = longest.max(line);
                    end += 1;
                    // What follows a key that was cut off is no part of it.
                    if line >= 16 {
                        end_of_key = end;
                    }
                    continue;
                }
                [b' ' | b':' | b',' | b'-', ..] => 1,
                _ => break,
            };
            line = 0;
            end += length;
        }
        if longest < 32 {
            return None;
        }
        let Some(footer) = self.rest(end).strip_prefix(b"-----END ") else { return Some(end_of_key) };
        let name = footer.iter().take_while(|byte| byte.is_ascii_uppercase() || **byte == b' ').count();
        Some(if footer[name..].starts_with(b"-----") { end + 9 + name + 5 } else { end_of_key })
    }

    /// What follows `Bearer ` or `Basic `. With the header's name before it, anything does; without, a bearer's token
    /// must look like one.
    fn authorization(&self, at: usize, after: usize, is_bearer: bool) -> Option<Range<usize>> {
        let belongs = |byte: u8| byte.is_ascii_alphanumeric() || b"._~+/=-".contains(&byte);
        let token = self.rest(after);
        let token = &token[..self.length_of(after, belongs)];
        let looks_like_one = || is_bearer && token.len() >= 20 && token.iter().any(u8::is_ascii_digit);
        let fits = (token.len() >= 8 && self.is_behind_authorization(at)) || looks_like_one();
        fits.then_some(after..after + token.len())
    }

    fn is_behind_authorization(&self, at: usize) -> bool {
        let before = &self.bytes[at.saturating_sub(32)..at];
        let gap = before.iter().rev().take_while(|byte| matches!(byte, b' ' | b':' | b'"' | b'\'' | b'\\' | b'='));
        let before = &before[..before.len() - gap.count()];
        let name = b"authorization";
        before.len() >= name.len() && before[before.len() - name.len()..].eq_ignore_ascii_case(name)
    }

    fn url_password(&self, after: usize) -> Option<Range<usize>> {
        let rest = &self.rest(after)[..self.rest(after).len().min(MAX_AUTHORITY_BYTES)];
        let ends = |byte: &u8| *byte <= b' ' || b"/?#\"\\<>`'".contains(byte);
        let authority = &rest[..rest.iter().position(ends).unwrap_or(rest.len())];
        let user_ends = authority.iter().rposition(|byte| *byte == b'@')?;
        let user = &authority[..user_ends];
        let colon = user.iter().position(|byte| *byte == b':')?;
        let password = &user[colon + 1..];
        // Not one, but where it would be taken from; or already taken out.
        let is_none = password.iter().all(|byte| matches!(byte, b'*' | b'.'))
            || password.starts_with(b"$")
            || password.starts_with(b"{")
            || memchr::memmem::find(user, b"[redacted:").is_some();
        (!is_none).then_some(after + colon + 1..after + user_ends)
    }
}
