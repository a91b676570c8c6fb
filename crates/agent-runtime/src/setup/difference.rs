//! What a change would do to a text, line by line, for a person to read.

use std::fmt::Write;

use super::masked::masked;

/// Lines shown around each change.
const CONTEXT: usize = 2;
/// The most pairs of lines that are compared; beyond it the changed part is shown as one block.
const MOST_PAIRS: usize = 4_000_000;

/// What happens to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Keep,
    Drop,
    Add,
}

/// The change from one text to the other, with `-` and `+`; empty when they are equal. Secrets are left out.
pub(crate) fn lines(old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let steps = steps(&old, &new);
    let near = |index: usize| {
        let around = &steps[index.saturating_sub(CONTEXT)..steps.len().min(index + CONTEXT + 1)];
        around.iter().any(|step| *step != Step::Keep)
    };
    let (mut at_old, mut at_new, mut skipped) = (0, 0, false);
    let mut text = String::new();
    for (index, step) in steps.iter().enumerate() {
        let (mark, line) = match step {
            Step::Keep => (' ', old[at_old]),
            Step::Drop => ('-', old[at_old]),
            Step::Add => ('+', new[at_new]),
        };
        at_old += usize::from(*step != Step::Add);
        at_new += usize::from(*step != Step::Drop);
        if !near(index) {
            skipped = true;
            continue;
        }
        if skipped && !text.is_empty() {
            text.push_str("  …\n");
        }
        skipped = false;
        let _ = writeln!(text, "{mark} {}", masked(line));
    }
    text
}

fn steps(old: &[&str], new: &[&str]) -> Vec<Step> {
    let front = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let (old, new) = (&old[front..], &new[front..]);
    let back = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count();
    let (old, new) = (&old[..old.len() - back], &new[..new.len() - back]);
    let mut steps = vec![Step::Keep; front];
    middle(old, new, &mut steps);
    steps.extend(std::iter::repeat_n(Step::Keep, back));
    steps
}

/// The longest common part, by the table of its lengths.
fn middle(old: &[&str], new: &[&str], steps: &mut Vec<Step>) {
    let width = new.len() + 1;
    if old.len().saturating_mul(new.len()) > MOST_PAIRS {
        steps.extend(std::iter::repeat_n(Step::Drop, old.len()));
        steps.extend(std::iter::repeat_n(Step::Add, new.len()));
        return;
    }
    let mut longest = vec![0_u32; (old.len() + 1) * width];
    for (row, old_line) in old.iter().enumerate().rev() {
        for (column, new_line) in new.iter().enumerate().rev() {
            longest[row * width + column] = if old_line == new_line {
                longest[(row + 1) * width + column + 1] + 1
            } else {
                longest[(row + 1) * width + column].max(longest[row * width + column + 1])
            };
        }
    }
    let (mut row, mut column) = (0, 0);
    while row < old.len() || column < new.len() {
        let step = if row < old.len() && column < new.len() && old[row] == new[column] {
            Step::Keep
        } else if column == new.len()
            || (row < old.len() && longest[(row + 1) * width + column] >= longest[row * width + column + 1])
        {
            Step::Drop
        } else {
            Step::Add
        };
        row += usize::from(step != Step::Add);
        column += usize::from(step != Step::Drop);
        steps.push(step);
    }
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn only_what_changes_and_its_neighbours_are_shown() {
        let old = "a\nb\nc\nd\ne\nf\ng\nh\ni\n";
        let new = "a\nX\nb\nc\nd\ne\nf\ng\ni\n";
        assert_eq!(lines(old, new), "  a\n+ X\n  b\n  c\n  …\n  f\n  g\n- h\n  i\n");
        assert_eq!(lines(old, old), "");
        assert_eq!(lines("", "a\n"), "+ a\n");
        assert_eq!(lines("a\n", ""), "- a\n");
    }
}
