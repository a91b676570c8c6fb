//! Our entries in Codex's `config.toml`: added at its end as text, so that every other byte stays as it was.

use toml_edit::{DocumentMut, Item, TableLike};

use super::json_edit::{Entry, IsOurs};

const HOOKS: &str = "hooks";
/// Codex keeps there which hooks are trusted; it is no event.
const STATE: &str = "state";
/// The time-outs that our entries have had so far.
const TIMEOUTS_SECONDS: [u32; 2] = [5, 3];

/// Whether the file is where its owner keeps hooks.
///
/// # Errors
/// When it is no TOML.
pub(crate) fn has_hooks(text: &str) -> Result<bool, String> {
    let document = read(text)?;
    let hooks = document.get(HOOKS).and_then(Item::as_table_like);
    Ok(hooks.is_some_and(|hooks| hooks.iter().any(|(key, _)| key != STATE)))
}

/// Whether hooks are switched off in this file.
///
/// # Errors
/// When it is no TOML.
pub(crate) fn switched_off(text: &str) -> Result<bool, String> {
    let document = read(text)?;
    let features = document.get("features").and_then(Item::as_table_like);
    let off = |key| features.and_then(|features| features.get(key)).and_then(Item::as_bool) == Some(false);
    Ok(off(HOOKS) || off("codex_hooks"))
}

/// Whether one of our entries is in the file.
///
/// # Errors
/// When it is no TOML.
pub(crate) fn has_ours(text: &str, is_ours: IsOurs<'_>) -> Result<bool, String> {
    Ok(!entries(text, is_ours)?.is_empty())
}

/// Event and command of each of our entries.
///
/// # Errors
/// When it is no TOML.
pub(crate) fn entries(text: &str, is_ours: IsOurs<'_>) -> Result<Vec<(String, String)>, String> {
    Ok(ours(&read(text)?, is_ours).collect())
}

/// Brings a text to hold each entry once.
///
/// # Errors
/// When it is no TOML, or its hooks are written in a way that nothing can be added to at the end.
pub(crate) fn place(text: &str, entries: &[Entry], is_ours: IsOurs<'_>) -> Result<String, String> {
    let there: Vec<(String, String)> = ours(&read(text)?, is_ours).collect();
    let newline = newline(text);
    let mut new = text.to_owned();
    for entry in entries {
        match there.iter().find(|(event, _)| event == entry.event) {
            Some((_, command)) if *command == entry.command => {}
            Some((_, command)) => {
                let old = block(entry.event, command, entry.timeout_seconds, newline);
                let current = block(entry.event, &entry.command, entry.timeout_seconds, newline);
                if !new.contains(&old) {
                    return Err(format!("our entry for {} was rewritten: remove it, then set up again", entry.event));
                }
                new = new.replace(&old, &current);
            }
            None => {
                if !new.is_empty() && !new.ends_with('\n') {
                    new.push_str(newline);
                }
                new.push_str(&block(entry.event, &entry.command, entry.timeout_seconds, newline));
            }
        }
    }
    read(&new).map_err(|_| {
        "its hooks are written within { } or [ ], where nothing can be added without rewriting them: write them as \
         [[hooks.EVENT]] tables, or move them to hooks.json"
            .to_owned()
    })?;
    Ok(new)
}

/// Takes all our entries out.
///
/// # Errors
/// When it is no TOML.
pub(crate) fn remove(text: &str, is_ours: IsOurs<'_>) -> Result<String, String> {
    let newline = newline(text);
    let mut new = text.to_owned();
    for (event, command) in ours(&read(text)?, is_ours) {
        for seconds in TIMEOUTS_SECONDS {
            new = new.replacen(&block(&event, &command, seconds, newline), "", 1);
        }
    }
    let mut document = read(&new)?;
    if ours(&document, is_ours).next().is_none() {
        return Ok(new);
    }
    // They were rewritten since: only the structure says where they are.
    if let Some(hooks) = document.get_mut(HOOKS).and_then(Item::as_table_like_mut) {
        for (_, groups) in hooks.iter_mut() {
            remove_from(groups, is_ours);
        }
    }
    Ok(document.to_string().replace("\r\n", "\n").replace('\n', newline))
}

fn remove_from(groups: &mut Item, is_ours: IsOurs<'_>) {
    let is_group_ours = |group: &dyn TableLike| {
        let commands = commands(group);
        !commands.is_empty() && commands.iter().all(|command| is_ours(command))
    };
    if let Some(tables) = groups.as_array_of_tables_mut() {
        tables.retain(|table| !is_group_ours(table));
    } else if let Some(array) = groups.as_array_mut() {
        array.retain(|group| !group.as_inline_table().is_some_and(|group| is_group_ours(group)));
    }
}

/// Event and command of each of our entries.
fn ours<'a>(document: &'a DocumentMut, is_ours: IsOurs<'a>) -> impl Iterator<Item = (String, String)> + 'a {
    let hooks = document.get(HOOKS).and_then(Item::as_table_like);
    let events = hooks.into_iter().flat_map(TableLike::iter).filter(|(key, _)| *key != STATE);
    events.flat_map(move |(event, item)| {
        let commands = groups(item).into_iter().flat_map(commands).filter(|command| is_ours(command));
        commands.map(|command| (event.to_owned(), command)).collect::<Vec<_>>()
    })
}

fn groups(item: &Item) -> Vec<&dyn TableLike> {
    if let Some(tables) = item.as_array_of_tables() {
        return tables.iter().map(|table| table as &dyn TableLike).collect();
    }
    let values = item.as_array().into_iter().flat_map(toml_edit::Array::iter);
    values.filter_map(|value| value.as_inline_table().map(|table| table as &dyn TableLike)).collect()
}

fn commands(group: &dyn TableLike) -> Vec<String> {
    let handlers = group.get(HOOKS).map(groups).unwrap_or_default();
    let command = |handler: &dyn TableLike| handler.get("command").and_then(Item::as_str).map(str::to_owned);
    handlers.into_iter().filter_map(command).collect()
}

fn block(event: &str, command: &str, seconds: u32, newline: &str) -> String {
    let command = toml_edit::Value::from(command).to_string();
    let lines = [
        String::new(),
        format!("[[hooks.{event}]]"),
        String::new(),
        format!("[[hooks.{event}.hooks]]"),
        "type = \"command\"".to_owned(),
        format!("command = {command}"),
        format!("timeout = {seconds}"),
        String::new(),
    ];
    lines.join(newline)
}

fn newline(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

/// Reads TOML. The complaint names the line, not its text, which may hold a secret.
pub(crate) fn read(text: &str) -> Result<DocumentMut, String> {
    text.parse::<DocumentMut>().map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let column = before.len() - before.rfind('\n').map_or(0, |index| index + 1) + 1;
        format!("line {}, column {column}: {}", before.matches('\n').count() + 1, error.message())
    })
}

#[cfg(test)]
mod tests {
    use super::{Entry, has_hooks, has_ours, place, remove};

    fn is_ours(command: &str) -> bool {
        command.ends_with("agent-runtime' hook codex")
    }

    fn wanted(folder: &str) -> Vec<Entry> {
        let command = format!("'{folder}/agent-runtime' hook codex");
        let entry = |event| Entry { event, matcher: None, command: command.clone(), timeout_seconds: 5 };
        vec![entry("SessionStart"), entry("Stop")]
    }

    const MINE: &str = "# mine\nmodel = 'o'   # odd\n\n[[hooks.Stop]]\n[[hooks.Stop.hooks]]\ntype = \"command\"\n\
                        command = \"mine\"\n\n[hooks.state.\"a:b\"]\ntrusted_hash = \"x\"\n";

    #[test]
    fn entries_are_added_at_the_end_and_come_out_to_the_byte() {
        for text in [MINE.to_owned(), MINE.replace('\n', "\r\n"), String::new()] {
            let with = place(&text, &wanted("/a"), &is_ours).expect("placed");
            assert!(with.starts_with(&text) && has_ours(&with, &is_ours).expect("read"), "{with}");
            assert_eq!(place(&with, &wanted("/a"), &is_ours).expect("placed"), with);
            assert_eq!(with.matches("agent-runtime").count(), 2);
            assert_eq!(remove(&with, &is_ours).expect("removed"), text);
            let moved = place(&with, &wanted("/b"), &is_ours).expect("placed");
            assert_eq!(moved, with.replace("'/a/", "'/b/"));
        }
    }

    #[test]
    fn entries_that_were_rewritten_are_found_by_their_command() {
        let text = "[hooks]\nStop = [{ hooks = [{ type = \"command\", command = \"'/a/agent-runtime' hook codex\" }] }, \
                    { hooks = [{ type = \"command\", command = \"mine\" }] }]\n";
        let without = remove(text, &is_ours).expect("removed");
        assert!(!without.contains("agent-runtime") && without.contains("mine"), "{without}");
    }

    #[test]
    fn hooks_within_brackets_are_not_rewritten() {
        let complaint = place("hooks = { Stop = [] }\n", &wanted("/a"), &is_ours).expect_err("refused");
        assert!(complaint.contains("[[hooks.EVENT]]"), "{complaint}");
    }

    #[test]
    fn the_table_of_trust_alone_is_no_hook() {
        assert!(has_hooks(MINE).expect("read"));
        assert!(!has_hooks("[hooks.state.\"a\"]\nenabled = true\n").expect("read"));
        assert_eq!(has_hooks("a = 1\nb = =\n"), Err("line 2, column 5: extra `=`, expected nothing".to_owned()));
    }
}
