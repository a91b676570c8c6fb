//! Tables: columns that keep their place, and give way where a screen is too narrow.

use super::plain;
use super::style::{Style, Tone};

/// What stands between two columns.
const GAP: &str = "  ";
/// The least columns to which a cell is cut.
const LEAST: usize = 6;

/// One column.
pub(crate) struct Column {
    /// What stands above it.
    pub(crate) heading: &'static str,
    /// Whether it may be cut where the screen is narrow.
    pub(crate) gives_way: bool,
    /// Whether its cells end on one line, as numbers do.
    pub(crate) to_the_right: bool,
}

impl Column {
    /// A column that keeps its width.
    pub(crate) const fn fixed(heading: &'static str) -> Self {
        Self { heading, gives_way: false, to_the_right: false }
    }

    /// A column of numbers.
    pub(crate) const fn number(heading: &'static str) -> Self {
        Self { heading, gives_way: false, to_the_right: true }
    }

    /// A column that may be cut.
    pub(crate) const fn cut(heading: &'static str) -> Self {
        Self { heading, gives_way: true, to_the_right: false }
    }
}

/// One cell.
pub(crate) struct Cell {
    text: String,
    tone: Tone,
}

impl Cell {
    /// A cell of one line.
    pub(crate) fn new(tone: Tone, text: &str) -> Self {
        Self { text: plain::line(text), tone }
    }

    /// The same, behind blanks that show its place in a tree.
    pub(crate) fn indented(self, indent: &str) -> Self {
        Self { text: format!("{indent}{}", self.text), ..self }
    }
}

/// The lines of a table, in at most so many columns where that can be. Columns in which no cell says anything are
/// left out.
pub(crate) fn lines(columns: &[Column], rows: &[Vec<Cell>], most: Option<usize>, style: Style) -> Vec<String> {
    let said = |place: usize| rows.iter().any(|row| row.get(place).is_some_and(|cell| !cell.text.is_empty()));
    let kept: Vec<usize> = (0..columns.len()).filter(|place| said(*place)).collect();
    let widest = |place: usize| {
        let cells = rows.iter().filter_map(|row| row.get(place)).map(|cell| plain::columns(&cell.text));
        cells.max().unwrap_or(0).max(columns[place].heading.len())
    };
    let mut widths: Vec<usize> = kept.iter().map(|place| widest(*place)).collect();
    if let Some(most) = most {
        let gives_way: Vec<bool> = kept.iter().map(|place| columns[*place].gives_way).collect();
        narrow(&mut widths, &gives_way, most);
    }
    let heading = |place: usize| Cell { text: columns[place].heading.to_owned(), tone: Tone::Quiet };
    let headings: Vec<Cell> = (0..columns.len()).map(heading).collect();
    let line = |row: &Vec<Cell>| {
        let mut line = String::new();
        for (number, place) in kept.iter().enumerate() {
            let Some(cell) = row.get(*place) else { continue };
            let text = plain::cut(&cell.text, widths[number]);
            let blanks = " ".repeat(widths[number].saturating_sub(plain::columns(&text)));
            let painted = style.paint(cell.tone, &text);
            line.push_str(if number == 0 { "" } else { GAP });
            let last = number + 1 == kept.len();
            if columns[*place].to_the_right {
                line.push_str(&blanks);
            }
            line.push_str(&painted);
            if !columns[*place].to_the_right && !last {
                line.push_str(&blanks);
            }
        }
        line.trim_end().to_owned()
    };
    std::iter::once(&headings).chain(rows).map(line).collect()
}

/// Takes columns from the widest of those that give way, until all fit or none can give more.
fn narrow(widths: &mut [usize], gives_way: &[bool], most: usize) {
    let gaps = GAP.len() * widths.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > most {
        let able = (0..widths.len()).filter(|place| gives_way[*place] && widths[*place] > LEAST);
        let Some(widest) = able.max_by_key(|place| widths[*place]) else { return };
        widths[widest] -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::{Cell, Column, lines};
    use crate::output::plain;
    use crate::output::style::{Style, Tone};

    const COLUMNS: [Column; 4] =
        [Column::cut("NAME"), Column::number("EVENTS"), Column::fixed("MODEL"), Column::cut("ID")];

    fn table(most: Option<usize>) -> Vec<String> {
        let row = |name: &str, events: &str, id: &str| {
            [name, events, "", id].iter().map(|text| Cell::new(Tone::Strong, text)).collect::<Vec<_>>()
        };
        let rows = [row("a name that is long", "12", "0123456789abcdef"), row("日本", "3", "x")];
        lines(&COLUMNS, &rows, most, Style { coloured: false })
    }

    #[test]
    fn columns_keep_their_place_and_empty_ones_are_left_out() {
        assert_eq!(
            table(None),
            [
                "NAME                 EVENTS  ID",
                "a name that is long      12  0123456789abcdef",
                "日本                      3  x",
            ]
        );
    }

    #[test]
    fn a_narrow_screen_cuts_what_gives_way() {
        for most in [22, 30, 40] {
            let table = table(Some(most));
            assert!(table.iter().all(|line| plain::columns(line) <= most), "{most}: {table:#?}");
            assert!(table[1].contains("12"), "numbers are never cut: {table:#?}");
        }
    }
}
