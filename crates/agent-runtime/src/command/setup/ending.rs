//! What its user should know once something is set up.

use std::fmt::Write;

use crate::cli::{Flags, SetupFlags};
use crate::failure::Failure;
use crate::settings::sources::{Environment, Origin};
use crate::settings::{Settings, names, values};
use crate::setup::claude_code::Plan;
use crate::setup::{Agent, Home, codex, on_path};

/// What the words need to know, read before anything is changed.
pub(super) struct Ending<'a> {
    flags: &'a SetupFlags,
    home: &'a Home,
    environment: Environment<'a>,
    /// Where agents that see what this shell sees report to.
    server: String,
    /// The address in a variable of this shell, which other agents do not see.
    here: Option<String>,
    /// The address that all others report to.
    elsewhere: Option<String>,
    /// Whether this shell has the token in a variable.
    token_is_here: bool,
}

impl<'a> Ending<'a> {
    /// Reads the settings.
    ///
    /// # Errors
    /// When one of them cannot be used. The address that stands in the file may be one of them, if another is put in
    /// its place.
    pub(super) fn of(flags: &'a SetupFlags, home: &'a Home, environment: Environment<'a>) -> Result<Self, Failure> {
        let url = names::SERVER_URL.variable;
        if let Some(server) = &flags.server {
            values::server_url(server).map_err(|complaint| Failure::usage(format!("--server: {complaint}")))?;
        }
        let instead = |variable: &str| match &flags.server {
            Some(server) if variable == url => Some(server.into()),
            _ => environment(variable),
        };
        let settings = Settings::load(&Flags::default(), &instead)?;
        let here = environment(url).filter(|text| !text.is_empty()).map(|text| {
            let read = text.into_string().map_err(|_| "this is no UTF-8".to_owned());
            read.and_then(|text| values::server_url(&text))
                .map_err(|complaint| Failure::usage(format!("{url}: {complaint}")))
        });
        let in_file = |variable: &str| environment(variable).filter(|_| variable != url);
        let kept = || Settings::load(&Flags::default(), &in_file).ok().map(|settings| settings.server_url.value);
        Ok(Self {
            flags,
            home,
            environment,
            here: here.transpose()?,
            elsewhere: flags.server.clone().or_else(kept),
            token_is_here: matches!(settings.token.origin, Origin::Environment(_)),
            server: settings.server_url.value,
        })
    }

    /// The words, for what was planned.
    pub(super) fn text(&self, plan: Option<&Plan>) -> String {
        let path = (self.environment)("PATH");
        let word = on_path::word(self.home, path.clone());
        let mut text = match (self.flags.agent, plan) {
            (Some(agent), Some(plan)) => self.of_agent(agent, plan, &word),
            _ => format!(
                "\nThe program is {program}. Next: `{word} setup claude-code` or `{word} setup codex`, and `{word} \
                 service install` for a server that is always there. The server is {server}.\n",
                program = self.home.program.display(),
                server = self.server,
            ),
        };
        if on_path::found(path).is_none() {
            let folder = self.home.program.parent().unwrap_or(&self.home.program).display();
            let line = on_path::export(self.home);
            let _ = writeln!(
                text,
                "\n{folder} is not on your PATH. To say `agent-runtime` alone, put this into the settings of your \
                 shell: {line}"
            );
        }
        text + &self.of_this_shell(&word)
    }

    fn of_agent(&self, agent: Agent, plan: &Plan, word: &str) -> String {
        let mut text = format!(
            "\nRecorded, and sent to {server}: {recorded}. Secrets of known shapes are cut out first.\n\
             To keep folders out: ignore = [\"~/clients/*\"] in {config}\n\
             To record nothing for a while: AGENT_RUNTIME_HOOK=off in the environment of the agent\n\
             To take this back: {word} setup {agent}{scope} --remove\n",
            server = self.server,
            recorded = plan.hooks.recorded(),
            config = self.home.config.display(),
            agent = agent.as_str(),
            scope = plan.scope_words,
        );
        if agent == Agent::Codex {
            let _ = write!(text, "\n{}", codex::TRUST);
        }
        text
    }

    /// What agents that are started elsewhere than in this shell will not see, or will see otherwise.
    fn of_this_shell(&self, word: &str) -> String {
        let [url, token] = [&names::SERVER_URL, &names::TOKEN].map(|name| name.variable);
        let mut text = String::new();
        if let (Some(here), Some(elsewhere)) = (&self.here, &self.elsewhere)
            && here != elsewhere
        {
            let _ = writeln!(
                text,
                "\n{url} is set in this shell alone: agents that are started from here report to {here}, all others \
                 to {elsewhere}. To have all of them report to one: {word} setup --server URL, and take the variable \
                 away."
            );
        }
        if self.elsewhere.is_some() && self.token_is_here && self.flags.token_file.is_none() {
            let _ = writeln!(
                text,
                "\n{token} is set in this shell alone: agents that are started elsewhere show no token. To have all \
                 of them show it: {word} setup --token-file FILE."
            );
        }
        text
    }
}
