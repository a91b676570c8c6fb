//! Names for sessions, as good as what is known.

mod marks;

/// Letters of a name that is taken from a prompt.
const PROMPT_LETTERS: usize = 60;
/// Letters of a title or of a folder.
const TITLE_LETTERS: usize = 200;

/// A title, on one line; `None` when there is nothing to read in it.
pub(crate) fn of_title(title: &str) -> Option<String> {
    one_line(title, TITLE_LETTERS)
}

/// The beginning of a prompt, on one line and without marks of Markdown; `None` when there is nothing to read in it.
pub(crate) fn of_prompt(prompt: &str) -> Option<String> {
    one_line(&marks::without_marks(prompt.trim_start()), PROMPT_LETTERS)
}

/// The folder and the beginning of the id.
pub(crate) fn of_folder(project_dir: Option<&str>, agent: &str, session_id: &str) -> String {
    let last = |path: &str| path.rsplit(['/', '\\']).find_map(|part| one_line(part, TITLE_LETTERS));
    let folder = project_dir.and_then(last).unwrap_or_else(|| agent.to_owned());
    format!("{folder} {}", beginning(session_id))
}

/// The kind of a subagent and the beginning of its id.
pub(crate) fn of_subagent(kind: Option<&str>, agent_id: &str) -> String {
    let kind = kind.and_then(|kind| one_line(kind, TITLE_LETTERS)).unwrap_or_else(|| "subagent".to_owned());
    format!("{kind} {}", beginning(agent_id))
}

fn beginning(id: &str) -> String {
    id.chars().take(4).collect()
}

/// The first letters of a text, with each run of blanks and control characters as one blank.
fn one_line(text: &str, letters: usize) -> Option<String> {
    let mut line = String::new();
    let mut count = 0;
    for letter in text.chars() {
        let is_blank = letter.is_whitespace() || letter.is_control();
        if is_blank && (line.is_empty() || line.ends_with(' ')) {
            continue;
        }
        if count == letters {
            break;
        }
        line.push(if is_blank { ' ' } else { letter });
        count += 1;
    }
    line.truncate(line.trim_end().len());
    (!line.is_empty()).then_some(line)
}
