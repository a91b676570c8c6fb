//! Our entries in the user's JSON: put in and taken out as text, so that every other byte stays as it was.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::json_tree::{Fault, Kind, Node, read};
use super::json_write::{Layout, Shape};

/// One hook as it stands in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) event: &'static str,
    pub(crate) matcher: Option<&'static str>,
    pub(crate) command: String,
    pub(crate) timeout_seconds: u32,
}

/// What had to be made for our entries, so that removal takes away that much and no more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Made {
    /// Containers that were not there: `hooks`, `hooks.Stop`.
    pub(crate) keys: BTreeSet<String>,
    /// The blanks that stood inside containers which were empty.
    pub(crate) blanks: BTreeMap<String, String>,
}

/// Says whether a command is one of ours.
pub(crate) type IsOurs<'a> = &'a dyn Fn(&str) -> bool;

const HOOKS: &str = "hooks";

/// Brings a text to hold each entry once, and with `only_these` none of ours besides.
///
/// # Errors
/// When the text is no JSON, or `hooks` has another shape than the agent's or a key twice.
pub(crate) fn place(
    text: &str,
    entries: &[Entry],
    is_ours: IsOurs<'_>,
    only_these: bool,
    made: &mut Made,
) -> Result<String, Fault> {
    let mut text = if text.trim().is_empty() { format!("{text}{{}}") } else { text.to_owned() };
    // A fault is told by its place in the text as it came.
    handlers(&text, &read(&text)?)?;
    if only_these {
        text = take_out(text, is_ours, &|event, _| entries.iter().any(|entry| entry.event == event), made)?;
    }
    for entry in entries {
        text = place_one(text, entry, is_ours, made)?;
    }
    Ok(text)
}

/// Takes all our entries out, and the containers that were made for them, once they are empty.
///
/// # Errors
/// As for [`place`].
pub(crate) fn remove(text: &str, is_ours: IsOurs<'_>, made: &Made) -> Result<String, Fault> {
    let mut made = made.clone();
    let text = take_out(text.to_owned(), is_ours, &|_, _| false, &mut made)?;
    let root = read(&text)?;
    let empty = root.member(HOOKS).is_some_and(|hooks| hooks.children().is_empty());
    let cut = (empty && made.keys.contains(HOOKS)).then(|| cut_member(&text, &root, HOOKS, "", &mut made)).flatten();
    Ok(cut.unwrap_or(text))
}

/// Event and command of each of our entries, in the order of the file.
///
/// # Errors
/// As for [`place`].
pub(crate) fn ours(text: &str, is_ours: IsOurs<'_>) -> Result<Vec<(String, String)>, Fault> {
    let root = read(text)?;
    let ours = handlers(text, &root)?.into_iter().filter(|handler| is_ours(&handler.command));
    Ok(ours.map(|handler| (handler.event, handler.command)).collect())
}

fn place_one(mut text: String, entry: &Entry, is_ours: IsOurs<'_>, made: &mut Made) -> Result<String, Fault> {
    let path = format!("{HOOKS}.{}", entry.event);
    for key in [HOOKS, path.as_str()] {
        let root = read(&text)?;
        let missing = match key {
            HOOKS => root.member(HOOKS).is_none(),
            _ => root.member(HOOKS).is_some_and(|hooks| hooks.member(entry.event).is_none()),
        };
        if missing {
            let (parent, parent_path, name, value) = match root.member(HOOKS) {
                Some(hooks) => (hooks, HOOKS, entry.event, Shape::List(Vec::new())),
                None => (&root, "", HOOKS, Shape::Object(Vec::new())),
            };
            must_be_object(&text, parent, if parent_path.is_empty() { "the file" } else { "`hooks`" })?;
            text = append(&text, &root, parent, parent_path, Some(name), &value, made);
            made.keys.insert(key.to_owned());
        }
    }
    // The first of ours is brought up to date, further ones go.
    text = take_out(text, is_ours, &|event, number| event != entry.event || number == 0, made)?;
    let root = read(&text)?;
    let found = handlers(&text, &root)?;
    if let Some(old) = found.iter().find(|handler| handler.event == entry.event && is_ours(&handler.command)) {
        let (start, end) = old.command_span;
        let command = Shape::Text(entry.command.clone()).compact();
        return Ok(if old.command == entry.command { text } else { splice(&text, start, end, &command) });
    }
    let Some(list) = root.member(HOOKS).and_then(|hooks| hooks.member(entry.event)) else { return Ok(text) };
    Ok(append(&text, &root, list, &path, None, &group(entry), made))
}

/// `{"matcher": "*", "hooks": [{"type": "command", "command": "…", "timeout": 5}]}`
fn group(entry: &Entry) -> Shape {
    let handler = Shape::Object(vec![
        ("type", Shape::Text("command".to_owned())),
        ("command", Shape::Text(entry.command.clone())),
        ("timeout", Shape::Number(entry.timeout_seconds)),
    ]);
    let matcher = entry.matcher.map(|matcher| ("matcher", Shape::Text(matcher.to_owned())));
    Shape::Object(matcher.into_iter().chain([(HOOKS, Shape::List(vec![handler]))]).collect())
}

/// One handler of a hooks file.
struct Handler {
    event: String,
    group: usize,
    index: usize,
    command: String,
    command_span: (usize, usize),
}

/// All handlers that run a command, in the order of the file.
fn handlers(text: &str, root: &Node) -> Result<Vec<Handler>, Fault> {
    must_be_object(text, root, "the file")?;
    must_be_once(text, root, HOOKS)?;
    let Some(hooks) = root.member(HOOKS) else { return Ok(Vec::new()) };
    must_be_object(text, hooks, "`hooks`")?;
    let Kind::Object(events) = &hooks.kind else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for event in events {
        must_be_once(text, hooks, &event.key)?;
        if !matches!(event.value.kind, Kind::Array(_)) {
            return Err(Fault::at(text, event.value.start, format!("`hooks.{}` must be a list", event.key)));
        }
        for (group, node) in event.value.elements().iter().enumerate() {
            must_be_once(text, node, HOOKS)?;
            for (index, handler) in node.member(HOOKS).map(Node::elements).unwrap_or_default().iter().enumerate() {
                must_be_once(text, handler, "command")?;
                let Some(command) = handler.member("command") else { continue };
                let Some(words) = command.text() else { continue };
                let command_span = (command.start, command.end);
                found.push(Handler { event: event.key.clone(), group, index, command: words.to_owned(), command_span });
            }
        }
    }
    Ok(found)
}

/// Says of one of our handlers, by its event and its number among ours there, whether it stays.
type Stays<'a> = &'a dyn Fn(&str, usize) -> bool;

/// Takes handlers of ours out, from the end of the file to its beginning, so that what went in last goes first.
fn take_out(mut text: String, is_ours: IsOurs<'_>, stays: Stays<'_>, made: &mut Made) -> Result<String, Fault> {
    loop {
        let root = read(&text)?;
        let found = handlers(&text, &root)?;
        let mut last = None;
        let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
        for handler in found.iter().filter(|handler| is_ours(&handler.command)) {
            let number = counted.entry(&handler.event).or_default();
            if !stays(&handler.event, *number) {
                last = Some(handler);
            }
            *number += 1;
        }
        let Some(handler) = last else { return Ok(text) };
        // Whatever were left standing would be found again, for ever.
        let cut = cut_handler(&text, &root, handler, made).filter(|cut| *cut != text);
        let here = || Fault::at(&text, handler.command_span.0, "this entry cannot be taken out");
        text = cut.ok_or_else(here)?;
    }
}

/// The text without a handler, and without its group when nothing else is in there; `None` when it is not where it was
/// said to be.
fn cut_handler(text: &str, root: &Node, handler: &Handler, made: &mut Made) -> Option<String> {
    let hooks = root.member(HOOKS)?;
    let list = hooks.member(&handler.event)?;
    let path = format!("{HOOKS}.{}", handler.event);
    let groups = list.elements();
    let inner = groups.get(handler.group)?.member(HOOKS)?;
    if inner.elements().len() > 1 {
        return cut(text, inner, handler.index, "", made);
    }
    if groups.len() > 1 || !made.keys.contains(&path) {
        return cut(text, list, handler.group, &path, made);
    }
    made.keys.remove(&path);
    cut_member(text, hooks, &handler.event, HOOKS, made)
}

fn cut_member(text: &str, object: &Node, key: &str, path: &str, made: &mut Made) -> Option<String> {
    let Kind::Object(members) = &object.kind else { return None };
    let index = members.iter().rposition(|member| member.key == key)?;
    cut(text, object, index, path, made)
}

/// Cuts one child out, with what parts it from the one before.
fn cut(text: &str, container: &Node, index: usize, path: &str, made: &mut Made) -> Option<String> {
    let children = container.children();
    let &(start, end) = children.get(index)?;
    Some(if children.len() == 1 {
        let blanks = made.blanks.remove(path).unwrap_or_default();
        splice(text, container.start + 1, container.end - 1, &blanks)
    } else if index == 0 {
        splice(text, start, children[1].0, "")
    } else {
        splice(text, children[index - 1].1, end, "")
    })
}

/// Adds a last child, laid out as its neighbours are.
fn append(
    text: &str,
    root: &Node,
    container: &Node,
    path: &str,
    key: Option<&str>,
    value: &Shape,
    made: &mut Made,
) -> String {
    let layout = Layout::of(text, root);
    let children = container.children();
    let Some(&(start, end)) = children.last() else {
        let interior = &text[container.start + 1..container.end - 1];
        made.blanks.insert(path.to_owned(), interior.to_owned());
        let outer = Layout::line_indent(text, container.start);
        let new = layout.alone(outer, key, value);
        return splice(text, container.start + 1, container.end - 1, &new);
    };
    // What stands before the last child stands before the new one too.
    let before = children.len().checked_sub(2).map_or(container.start + 1, |index| {
        let gap_start = children[index].1;
        text[gap_start..start].find(',').map_or(gap_start, |comma| gap_start + comma + 1)
    });
    splice(text, end, end, &layout.beside(&text[before..start], key, value))
}

fn must_be_object(text: &str, node: &Node, what: &str) -> Result<(), Fault> {
    match node.kind {
        Kind::Object(_) => Ok(()),
        _ => Err(Fault::at(text, node.start, format!("{what} must be a JSON object"))),
    }
}

/// Of a key that stands twice the agent reads the last one alone: what is in the other is dead, and not ours to choose.
fn must_be_once(text: &str, object: &Node, key: &str) -> Result<(), Fault> {
    let Kind::Object(members) = &object.kind else { return Ok(()) };
    match members.iter().filter(|member| member.key == key).nth(1) {
        Some(second) => Err(Fault::at(text, second.key_start, format!("`{key}` stands here a second time"))),
        None => Ok(()),
    }
}

fn splice(text: &str, start: usize, end: usize, new: &str) -> String {
    [&text[..start], new, &text[end..]].concat()
}

#[cfg(test)]
mod tests;
