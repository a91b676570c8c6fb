//! The marks of Markdown around words: a name made of a prompt shows the words.

/// Letters of a prompt that are looked at: a name has far fewer, and pairs of marks take the square of the time.
const LOOKED_AT: usize = 500;

/// The beginning of a text without its marks; what only looks like one stays.
pub(super) fn without_marks(text: &str) -> String {
    let lines = text.chars().take(LOOKED_AT).collect::<String>();
    let lines: Vec<String> = lines.lines().map(|line| words(&line_of(line).chars().collect::<Vec<_>>())).collect();
    lines.join("\n")
}

/// A line without what makes it a heading, a quotation or an item.
fn line_of(line: &str) -> &str {
    let text = line.trim_start();
    let rest = match text.chars().next() {
        Some('#') => text.trim_start_matches('#'),
        Some('>' | '-' | '*' | '+') => text.get(1..).unwrap_or_default(),
        _ => return line,
    };
    let is_mark = text.len() - rest.len() <= 6 && rest.starts_with(char::is_whitespace);
    if is_mark { rest.trim_start() } else { line }
}

/// A line without the marks around its words.
fn words(line: &[char]) -> String {
    let mut plain = String::new();
    let mut at = 0;
    while let Some(&letter) = line.get(at) {
        let rest = line.get(at..).unwrap_or_default();
        let before = at.checked_sub(1).and_then(|before| line.get(before)).copied();
        let marked = match letter {
            '`' => code(rest),
            '*' | '_' => emphasis(rest, before),
            '[' => link(rest),
            '!' if rest.get(1) == Some(&'[') => {
                link(rest.get(1..).unwrap_or_default()).map(|(text, length)| (text, length + 1))
            }
            _ => None,
        };
        if let Some((text, length)) = marked {
            plain.push_str(&text);
            at += length;
        } else {
            // What does not open here does not open in its middle either.
            let run = if matches!(letter, '`' | '*' | '_') { run_of(rest) } else { 1 };
            plain.extend(rest.iter().take(run));
            at += run;
        }
    }
    plain
}

/// How many of the first letter stand at the beginning.
fn run_of(text: &[char]) -> usize {
    text.iter().take_while(|letter| Some(*letter) == text.first()).count()
}

/// What stands between a run of marks and the next one, which must be as long; and the length of it all.
fn between(text: &[char]) -> Option<(&[char], usize)> {
    let run = run_of(text);
    let mark = text.first()?;
    let length = text.get(run..)?.iter().position(|letter| letter == mark)?;
    let inner = text.get(run..run + length)?;
    (!inner.is_empty() && run_of(text.get(run + length..)?) == run).then_some((inner, 2 * run + length))
}

fn code(text: &[char]) -> Option<(String, usize)> {
    let (inner, length) = between(text)?;
    Some((inner.iter().collect(), length))
}

fn emphasis(text: &[char], before: Option<char>) -> Option<(String, usize)> {
    let (inner, length) = between(text)?;
    let is_tight = !inner.first()?.is_whitespace() && !inner.last()?.is_whitespace();
    let after = text.get(length).copied();
    // In `__init__.py` they are letters.
    let goes_on =
        text.first() == Some(&'_') && after == Some('.') && text.get(length + 1).copied().is_some_and(is_letter);
    let stands_alone = !before.is_some_and(is_letter) && !after.is_some_and(is_letter) && !goes_on;
    (run_of(text) <= 3 && is_tight && stands_alone).then(|| (words(inner), length))
}

fn link(text: &[char]) -> Option<(String, usize)> {
    let end = text.iter().position(|letter| *letter == ']')?;
    let address = text.get(end + 1..)?;
    let length = address.iter().position(|letter| *letter == ')' || letter.is_whitespace())?;
    let is_link = address.first() == Some(&'(') && address.get(length) == Some(&')');
    is_link.then(|| (words(text.get(1..end).unwrap_or_default()), end + 1 + length + 1))
}

fn is_letter(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || letter == '*'
}
