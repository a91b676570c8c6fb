//! Colours: few, the terminal's own, and none for programs.

/// Whether to colour.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    /// Whether escape sequences may be written at all.
    pub(crate) coloured: bool,
}

/// What a word means, which is what its colour says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// As the terminal writes.
    Plain,
    /// What stands back: times, ids.
    Quiet,
    /// What stands out: headings, names.
    Strong,
    /// What waits for a person.
    Calling,
    /// What goes well.
    Good,
    /// What went wrong.
    Bad,
    /// What a person said.
    Person,
    /// What a tool does.
    Tool,
}

impl Style {
    /// The text in the colour of its tone.
    pub(crate) fn paint(self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Plain => return text.to_owned(),
            _ if !self.coloured || text.is_empty() => return text.to_owned(),
            Tone::Quiet => "2",
            Tone::Strong => "1",
            Tone::Calling => "1;33",
            Tone::Good => "32",
            Tone::Bad => "31",
            Tone::Person => "36",
            Tone::Tool => "34",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

/// The tone of a session's state.
pub(crate) fn of_state(state: &str) -> Tone {
    match state {
        "waiting_permission" | "waiting_input" => Tone::Calling,
        "stalled" | "gone" => Tone::Bad,
        "working" | "running" => Tone::Good,
        _ => Tone::Quiet,
    }
}
