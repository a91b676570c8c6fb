//! Texts of others, made fit to be shown. What an agent read somewhere may hold sequences that move a cursor, set a
//! title or hide what follows: none of them reaches a terminal.

use std::fmt::Write;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What stands where a text was cut.
const CUT: char = '…';

/// A text on one line: each run of blanks, tabs and line ends is one blank, and controls are shown, not obeyed.
pub(crate) fn line(text: &str) -> String {
    let mut line = String::with_capacity(text.len().min(1024));
    for letter in text.trim().chars() {
        if !letter.is_whitespace() {
            line.push(shown(letter));
        } else if !line.ends_with(' ') {
            line.push(' ');
        }
    }
    line
}

/// A text of many lines, whose controls are shown, not obeyed.
pub(crate) fn text(text: &str) -> String {
    let kept = |letter: char| if matches!(letter, '\n' | '\t') { letter } else { shown(letter) };
    text.replace("\r\n", "\n").chars().map(kept).collect()
}

/// The same JSON document, in which letters that would act on a terminal are written as `\u…`. Controls below blank
/// are written so by whoever makes JSON, since they may not stand in it; what is left of them parts its words.
pub(crate) fn json(text: &str) -> String {
    let mut json = String::with_capacity(text.len());
    for letter in text.chars() {
        if shown(letter) == letter || letter.is_ascii_whitespace() {
            json.push(letter);
        } else {
            // infallible: writing to a String
            let _ = write!(json, "\\u{:04x}", u32::from(letter));
        }
    }
    json
}

/// The letter, or what stands for it when it would act on a terminal, or turn the text around it.
fn shown(letter: char) -> char {
    match letter {
        // The pictures of controls stand in their order.
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(letter)).unwrap_or('�'),
        '\u{7f}' => '␡',
        '\u{80}'..='\u{9f}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '�',
        other => other,
    }
}

/// How many columns a text takes.
pub(crate) fn columns(text: &str) -> usize {
    text.width()
}

/// As much of a line as fits into so many columns.
pub(crate) fn cut(text: &str, most: usize) -> String {
    if columns(text) <= most {
        return text.to_owned();
    }
    let mut fitting = String::new();
    let mut taken = 1;
    for letter in text.chars() {
        taken += letter.width().unwrap_or(0);
        if taken > most {
            break;
        }
        fitting.push(letter);
    }
    if most > 0 {
        fitting.truncate(fitting.trim_end().len());
        fitting.push(CUT);
    }
    fitting
}

/// The text, and blanks up to so many columns.
pub(crate) fn padded(text: &str, wanted: usize) -> String {
    format!("{text}{}", " ".repeat(wanted.saturating_sub(columns(text))))
}

#[cfg(test)]
mod tests {
    use super::{columns, cut, json, line, text};

    #[test]
    fn nothing_that_acts_on_a_terminal_is_let_through() {
        let bad = "a\x1b[2J\x1b]0;title\x07\u{9b}31mb\u{202e}c\r\nd\te\0\x7f";
        assert_eq!(line(bad), "a␛[2J␛]0;title␇�31mb�c d e␀␡");
        assert_eq!(text(bad), "a␛[2J␛]0;title␇�31mb�c\nd\te␀␡");
        assert_eq!(text("a\rb"), "a␍b");
    }

    #[test]
    fn json_stays_what_it_says() {
        let bad = "{\"a\":\t\"\u{9b}31m\u{202e}\u{7f}ü😀\\u001b\"}";
        let safe = json(bad);
        assert_eq!(safe, "{\"a\":\t\"\\u009b31m\\u202e\\u007fü😀\\u001b\"}");
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
        assert_eq!(read(&safe), read(bad));
    }

    #[test]
    fn a_text_is_cut_by_columns_and_not_by_letters() {
        assert_eq!(cut("日本語", 6), "日本語");
        assert_eq!(cut("日本語", 5), "日本…");
        assert_eq!(cut("one two", 5), "one…");
        assert_eq!((cut("ab", 1), cut("ab", 0)), ("…".to_owned(), String::new()));
        for most in 0..10 {
            assert!(columns(&cut("日a本b語c日本", most)) <= most, "{most}");
        }
    }
}
