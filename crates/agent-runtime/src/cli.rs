//! The command line: every command on one screen, and every flag of the server. The flags of commands that talk to a
//! server stand in `arguments.rs`.

pub(crate) mod arguments;
mod complaint;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::failure::Failure;
use crate::output;
use crate::settings::names;
use crate::setup::{Agent, Scope};

const AFTER_HELP: &str = "\
Variables without a flag:
  CORS_ORIGINS   Origins of web pages that may call it, separated by commas, or * for every page
                 [default: http://localhost:5173,http://localhost:3000]
  DEBUG_LOGGING  true logs the server's own debug lines [default: false]
  RUST_LOG       What is logged, as in info,agent_runtime_server=trace; wins over DEBUG_LOGGING

Examples:
  agent-runtime                                  serve on http://127.0.0.1:8765
  agent-runtime --port 0 --database sqlite:a.db  a free port, a database of its own
  AGENT_RUNTIME_TOKEN=… agent-runtime --host 0.0.0.0
                                                 serve other machines, with a token
  agent-runtime config                           what holds, and where it came from
  agent-runtime openapi > openapi.json           the contract, for programs
  agent-runtime setup claude-code                connect Claude Code; it shows what it would do, and asks
  agent-runtime sessions                         what the agents do, and which of them needs you
  agent-runtime tail                             all that they do, live

Flags win over environment variables, those over the configuration file, that over defaults.";

/// What the commands that talk to a server have in common.
const CLIENT_HELP: &str = "\
The token is read from AGENT_RUNTIME_TOKEN, or from `token` in the configuration file.
Tables and colours are for terminals: what is piped is plain. NO_COLOR switches colours off.

Exit codes:
  0    done
  1    the server, the network or this machine did not do what was asked
  2    what was asked cannot be understood, or means several sessions
  4    no such session
  130  ended by Ctrl-C";

const DOCTOR_HELP: &str = "\
It writes nothing, and starts nothing but `claude --version`, `codex` and the system's own programs, which it asks.
The token is read from AGENT_RUNTIME_TOKEN, or from the configuration file.

Exit codes:
  0    nothing is wrong; there may be notes
  1    a problem was found, or the findings could not be written
  2    what was asked cannot be understood, or there is no home folder
  130  ended by Ctrl-C";

const WAIT_HELP: &str = "\
The token is read from AGENT_RUNTIME_TOKEN, or from `token` in the configuration file.

Exit codes:
  N    the agent's own exit code, where its end tells one (0 to 255; others by their lowest byte, and never 0)
  0    finished without one; with --turn: the turn has ended
  1    the server, the network or this machine did not do what was asked
  2    what was asked cannot be understood, or means several sessions
  3    the agent's process is gone, and did not say how it ended
  4    no such session, or it was deleted
  124  not within --timeout
  130  ended by Ctrl-C

--json tells an agent's own code from those of this command.";

/// The flight recorder for coding agents: stores what they do, and shows it live.
#[derive(Debug, Parser)]
#[command(name = "agent-runtime", version, args_conflicts_with_subcommands = true, after_help = AFTER_HELP)]
#[command(disable_help_subcommand = true, max_term_width = 110)]
pub(crate) struct Cli {
    /// What to do; without one: serve.
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    flags: Flags,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the API (what the program does without a command)
    #[command(after_help = AFTER_HELP)]
    Serve(Flags),
    /// Print every setting, and where it came from; the token only as set or not set
    Config {
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        flags: Flags,
    },
    /// Print the contract: an OpenAPI 3.1 document
    Openapi,
    /// Hand what an agent reports on stdin to the server; agents run it, as setup tells them to
    ///
    /// It says nothing and succeeds whatever happens, for an agent would take its words for orders: it has no --help of
    /// its own, and what went wrong stands in its log.
    Hook {
        /// The agent that reports
        #[arg(value_name = "AGENT")]
        agent: Agent,
    },
    /// Look at what waits for a server that could not be reached, or deliver it
    Spool {
        #[command(subcommand)]
        command: SpoolCommand,
    },
    /// Put the program in its place, and connect an agent or a server elsewhere
    Setup(SetupFlags),
    /// Have the server run by itself, after a reboot too
    Service {
        #[command(subcommand)]
        command: ServiceCommand,
    },
    /// Take back everything that setup and service did; what was recorded stays
    ///
    /// A file that cannot be read holds nothing up but itself: it is named, with what to take out of it by hand.
    Uninstall {
        /// Delete what was recorded, the configuration and everything else of ours, too
        #[arg(long)]
        purge: bool,
        /// Show each line that would change, and write nothing
        #[arg(long)]
        dry_run: bool,
        /// Show each line that changes, not only which files
        #[arg(long)]
        verbose: bool,
        /// Do it without asking
        #[arg(long)]
        yes: bool,
    },
    /// Say what is wrong with server, hooks and whatever else a recording needs, and how to mend it
    #[command(after_help = DOCTOR_HELP)]
    Doctor(arguments::Doctor),
    /// List sessions: what needs you first, children under their parents
    #[command(after_help = CLIENT_HELP)]
    Sessions(arguments::Sessions),
    /// Show all that is known of a session
    #[command(after_help = CLIENT_HELP)]
    Show(arguments::One),
    /// Print the events of a session
    #[command(after_help = CLIENT_HELP)]
    Events(arguments::Events),
    /// Follow what happens, live, across restarts of the server
    #[command(after_help = CLIENT_HELP)]
    Tail(arguments::Tail),
    /// Print the last answer of a finished session
    #[command(after_help = CLIENT_HELP)]
    Result(arguments::One),
    /// Wait until a session, or the agent's turn, has ended
    #[command(after_help = WAIT_HELP)]
    Wait(arguments::Wait),
    /// Give a session another name
    #[command(after_help = CLIENT_HELP)]
    Rename(arguments::Rename),
    /// Delete a session and all its events
    #[command(after_help = CLIENT_HELP)]
    Delete(arguments::Delete),
    /// Record a message of yours in a session
    ///
    /// It is stored as a `message` of the role `user`, and shown to all who follow the session. It is not handed to
    /// the agent: one that does not read its session's messages here never learns of it.
    #[command(after_help = CLIENT_HELP)]
    Send(arguments::Send),
    /// Write a session and its events as NDJSON
    ///
    /// The first line is the session, each other one an event, in their order and as they are stored.
    #[command(after_help = CLIENT_HELP)]
    Export(arguments::Export),
    /// Print a script by which a shell completes this command line
    Completions {
        /// The shell: bash, elvish, fish, powershell or zsh
        shell: clap_complete::Shell,
    },
    /// Print the manual page, as roff
    Man,
}

/// What can be done with documents that wait.
#[derive(Debug, Subcommand)]
pub(crate) enum SpoolCommand {
    /// Print what waits for each server, what was refused, and what had to be dropped
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Deliver what waits for the server, in order
    Flush,
}

/// What to set up.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct SetupFlags {
    /// The agent to connect
    #[arg(value_name = "AGENT")]
    pub(crate) agent: Option<Agent>,
    /// Whose sessions: those of the user, or of the project in this folder [default: user]
    #[arg(long, value_name = "SCOPE", requires = "agent")]
    pub(crate) scope: Option<Scope>,
    /// Show what would be done, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do it without asking
    #[arg(long)]
    pub(crate) yes: bool,
    /// Take back what was set up
    #[arg(long)]
    pub(crate) remove: bool,
    /// A server elsewhere, to be kept in our configuration file
    #[arg(long, value_name = "URL")]
    pub(crate) server: Option<String>,
    /// A file that holds the token for that server
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
}

/// What to do with the service.
#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum ServiceCommand {
    /// Start the server now and whenever you log in (systemd or launchd)
    Install,
    /// Stop it, and no longer start it
    Remove,
    /// Say whether it is installed, and whether it runs
    Status,
}

/// The settings that have a flag. Their texts are read where those of environment and file are.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Flags {
    /// Address or name to listen on; loopback is this machine alone, by IPv4 and IPv6; any other needs a token
    #[arg(long, value_name = "HOST", help_heading = "Where it listens")]
    pub(crate) host: Option<String>,
    /// Port to listen on; 0 takes a free one, which the first line on stdout tells
    #[arg(long, value_name = "PORT", help_heading = "Where it listens")]
    pub(crate) port: Option<String>,
    /// Where everything is stored: sqlite:PATH (postgres://… comes with a later version)
    #[arg(long, value_name = "URL", help_heading = "What it stores")]
    pub(crate) database: Option<String>,
    /// When a write is answered: `full` after it is on disk, `normal` survives a crash, but not a power cut
    #[arg(long, value_name = "LEVEL", help_heading = "What it stores")]
    pub(crate) durability: Option<String>,
    /// Bytes of one JSON request body
    #[arg(long, value_name = "BYTES", help_heading = "What it stores")]
    pub(crate) max_body: Option<String>,
    /// Bytes of one request body of /ingest
    #[arg(long, value_name = "BYTES", help_heading = "What it stores")]
    pub(crate) max_ingest_body: Option<String>,
    /// Whether keys and tokens are taken out before anything is stored; hooks read the variable and the file alone
    #[arg(long, value_name = "BOOL", help_heading = "What it stores")]
    pub(crate) redact: Option<String>,
    /// Store the whole files that agents report beside each edit
    #[arg(long, help_heading = "What it stores")]
    pub(crate) keep_original_files: bool,
    /// Secret that every request must show; others may read it here, so rather use the variable or the file
    #[arg(long, value_name = "TOKEN", help_heading = "Who may call it")]
    pub(crate) token: Option<String>,
    /// Another name by which it may be called: NAME (any port), NAME:PORT, or * for all; repeatable
    #[arg(long = "allowed-host", value_name = "HOST", help_heading = "Who may call it")]
    pub(crate) allowed_hosts: Option<Vec<String>>,
    /// Serve a foreign address without a token: whoever reaches it reads and writes everything
    #[arg(long, help_heading = "Who may call it")]
    pub(crate) insecure_no_token: bool,
    /// How the log on stderr is written: human or json
    #[arg(long, value_name = "FORMAT", help_heading = "What it reads and logs")]
    pub(crate) log_format: Option<String>,
    /// Configuration file
    #[arg(long, value_name = "FILE", help_heading = "What it reads and logs")]
    pub(crate) config: Option<String>,
}

/// Reads the command line. Help and version are printed here, and leave nothing to do: `None`.
///
/// # Errors
/// When it cannot be understood.
pub(crate) fn read(words: impl IntoIterator<Item = OsString>) -> Result<Option<Command>, Failure> {
    let words: Vec<OsString> = words.into_iter().collect();
    match definition().try_get_matches_from(&words).and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(Cli { command: Some(command), .. }) => Ok(Some(command)),
        Ok(Cli { command: None, flags }) => Ok(Some(Command::Serve(flags))),
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            output::print(&error.render().to_string()).map(|()| None)
        }
        // A command of commands that stands alone is a question what there is, not a mistake to be told in a line.
        Err(error) if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            Err(Failure::Help(error.render().to_string()))
        }
        Err(error) => Err(Failure::usage(complaint::told(error, &words))),
    }
}

/// The whole command line, as parser, completions and manual know it.
pub(crate) fn definition() -> clap::Command {
    with_names(Cli::command())
}

/// Adds each setting's default and its other names to the help of its flag, so that they stand in one table only.
fn with_names(command: clap::Command) -> clap::Command {
    let described = |argument: clap::Arg| {
        let name = names::ALL.iter().find(|name| name.flag.is_some_and(|flag| Some(&flag[2..]) == argument.get_long()));
        let (Some(name), Some(help)) = (name, argument.get_help()) else { return argument };
        let default = name.default.map_or(String::new(), |default| format!(" [default: {default}]"));
        let text = format!("{help}{default} [env: {}]", name.variable);
        argument.help(text)
    };
    command.mut_args(described).mut_subcommands(|subcommand| subcommand.mut_args(described))
}

#[cfg(test)]
mod tests {
    use super::{Command, definition, read};
    use crate::failure::Failure;

    fn words(line: &str) -> Result<Option<Command>, Failure> {
        read(line.split(' ').map(Into::into))
    }

    #[test]
    fn the_command_line_is_sound() {
        definition().debug_assert();
    }

    #[test]
    fn without_a_command_it_serves() {
        let Ok(Some(Command::Serve(flags))) = words("agent-runtime --port 1 --allowed-host a --allowed-host b") else {
            panic!("serve");
        };
        assert_eq!(flags.port.as_deref(), Some("1"));
        assert_eq!(flags.allowed_hosts, Some(vec!["a".to_owned(), "b".to_owned()]));
        assert!(matches!(words("agent-runtime serve --port 1"), Ok(Some(Command::Serve(_)))));
    }

    #[test]
    fn the_help_of_every_flag_names_its_variable_and_default() {
        let mut help = definition().render_help().to_string();
        for command in definition().get_subcommands_mut() {
            help.push_str(&command.render_help().to_string());
        }
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(help.contains("[default: 8765] [env: AGENT_RUNTIME_PORT]"), "{help}");
        assert!(help.contains("[env: AGENT_RUNTIME_ALLOWED_HOSTS]"), "{help}");
        for name in crate::settings::names::ALL.iter().filter(|name| name.flag.is_some()) {
            assert!(help.contains(&format!("[env: {}]", name.variable)), "{}: {help}", name.variable);
        }
    }
}
