//! Where a word begins in a JSON text, in which a line break is two letters.

/// Whether the byte at `at` belongs to an escape (`\n`, `\u001b`) that begins before it.
pub(super) fn in_escape(bytes: &[u8], at: usize) -> bool {
    (1..=5).any(|back| {
        let Some(slash) = at.checked_sub(back) else { return false };
        bytes[slash] == b'\\' && (back == 1 || bytes[slash + 1] == b'u') && is_odd_backslash(bytes, slash)
    })
}

/// Whether a word may begin at `at`: no letter or digit stands before it, or one that belongs to something else.
pub(super) fn begins_word(bytes: &[u8], at: usize) -> bool {
    let before = &bytes[..at];
    let Some(last) = before.last() else { return true };
    !last.is_ascii_alphanumeric() || in_escape(bytes, at - 1) || ends_percent_code(before) || ends_colour(before)
}

/// A backslash that begins an escape has an even number of backslashes before it.
fn is_odd_backslash(bytes: &[u8], slash: usize) -> bool {
    bytes[..=slash].iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

/// `%3D`, as in a query.
fn ends_percent_code(before: &[u8]) -> bool {
    matches!(before, [.., b'%', high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
}

/// `[01;31m`, as terminals are told to change the colour.
fn ends_colour(before: &[u8]) -> bool {
    let Some(code) = before.strip_suffix(b"m") else { return false };
    let digits = code.iter().rev().take(12).take_while(|byte| byte.is_ascii_digit() || **byte == b';').count();
    code[..code.len() - digits].ends_with(b"[")
}
