//! Lines of settings as they may be shown: what is under a key that names a secret is left out, and so are the user and
//! the password in an address.

/// What such keys say, in lower case.
const SECRET: [&str; 6] = ["token", "secret", "password", "passwd", "apikey", "api_key"];

/// The line with `…` in place of secret strings, and of what stands before the `@` of an address.
pub(crate) fn masked(line: &str) -> String {
    without_users(&without_secrets(line))
}

/// A password may hold any character but a blank or a quote: all before the last `@` goes.
fn without_users(line: &str) -> String {
    let mut shown = String::new();
    let mut rest = line;
    while let Some(start) = rest.find("://").map(|at| at + "://".len()) {
        let (before, address) = rest.split_at(start);
        let end = address.find(|letter: char| letter.is_whitespace() || "\"'`".contains(letter));
        let (address, behind) = address.split_at(end.unwrap_or(address.len()));
        shown.push_str(before);
        match address.rsplit_once('@') {
            Some((_, place)) => shown.extend(["…@", place]),
            None => shown.push_str(address),
        }
        rest = behind;
    }
    shown + rest
}

fn without_secrets(line: &str) -> String {
    let mut shown = String::new();
    let mut rest = line;
    let mut literal_before = "";
    while let Some(start) = rest.find(['"', '\'']) {
        let (outside, literal) = rest.split_at(start);
        let length = literal_length(literal);
        let key = key(outside, literal_before);
        shown.push_str(outside);
        let quote = &literal[..1];
        if key.is_some_and(names_a_secret) {
            shown.extend([quote, "…", quote]);
        } else {
            shown.push_str(&literal[..length]);
        }
        literal_before = &literal[..length];
        rest = &literal[length..];
    }
    shown + rest
}

/// The key under which a string stands, from what stands before it on its line.
fn key<'a>(outside: &'a str, literal_before: &'a str) -> Option<&'a str> {
    let before = outside.trim_end().strip_suffix([':', '='])?.trim();
    Some(if before.is_empty() { literal_before } else { before })
}

fn names_a_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let key = key.trim_matches(['"', '\'']);
    !key.ends_with("file") && (key.ends_with("key") || SECRET.iter().any(|word| key.contains(word)))
}

/// The length of a string with its quotes, or of the rest of the line when it has no end there.
fn literal_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    while at < bytes.len() && bytes[at] != bytes[0] {
        at += if bytes[at] == b'\\' && bytes[0] == b'"' { 2 } else { 1 };
    }
    (at + 1).min(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn secrets_are_left_out_and_nothing_else() {
        for (line, shown) in [
            ("  \"ANTHROPIC_API_KEY\": \"sk-1\\\"2\", \"a\": \"b\"", "  \"ANTHROPIC_API_KEY\": \"…\", \"a\": \"b\""),
            ("token = \"very secret\" # \"x\"", "token = \"…\" # \"x\""),
            ("'my token' = 'é'", "'my token' = '…'"),
            ("token_file = \"/home/me/token\"", "token_file = \"/home/me/token\""),
            ("\"command\": \"'/a/agent-runtime' hook codex\"", "\"command\": \"'/a/agent-runtime' hook codex\""),
            ("{\"secret\":\"open", "{\"secret\":\"…\""),
            ("it's \"token\" é", "it's \"token\" é"),
            ("server = \"http://me:p@ss/w@box:1\" # or http://u@b", "server = \"http://…@box:1\" # or http://…@b"),
            ("\"url\": \"https://box/a\", \"mail\": \"a@b\"", "\"url\": \"https://box/a\", \"mail\": \"a@b\""),
        ] {
            assert_eq!(masked(line), shown);
        }
    }
}
