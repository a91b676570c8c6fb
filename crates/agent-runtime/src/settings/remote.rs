//! Where a command that talks to a server finds it. Only what is needed for that is read: a setting of the server
//! that cannot be used is no reason to refuse a question to one that runs.

use std::fmt;
use std::path::{Path, PathBuf};

use agent_runtime_server::config::Token;

use super::file::File;
use super::sources::{Environment, Origin, Sources};
use super::{names, places, values};
use crate::cli::arguments::Remote as Flags;
use crate::failure::Failure;

/// A server, as its client needs to know it.
#[derive(Debug)]
pub(crate) struct Remote {
    /// Its address.
    pub(crate) url: String,
    /// What to show at its door.
    pub(crate) token: Option<Secret>,
}

/// A token, which no log and no complaint may show.
#[derive(Clone)]
pub(crate) struct Secret(String);

impl Secret {
    /// The token itself, for the header that carries it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Remote {
    /// Reads the two settings.
    ///
    /// # Errors
    /// When one of them cannot be used, or the configuration file cannot be read.
    pub(crate) fn load(flags: &Flags, environment: Environment<'_>) -> Result<Self, Failure> {
        let sources = Sources::without_file(environment);
        let path = |text: &str| Ok(Some(PathBuf::from(text)));
        let config = sources.pick(&names::CONFIG, flags.config.as_deref(), path, places::default_config)?;
        let asked_for = config.origin != Origin::Default;
        let file = config.value.as_deref().map_or(Ok(None), |path| File::read(path, asked_for))?;
        let sources = Sources { file, ..sources };
        let secret = |text: &str| {
            Token::parse(text).map_err(|bad| bad.0)?;
            Ok(Some(Secret(text.to_owned())))
        };
        let url = sources.pick(&names::SERVER_URL, flags.url.as_deref(), values::server_url, values::default_server)?;
        let token = match sources.pick(&names::TOKEN, None, secret, || None)?.value {
            Some(token) => Some(token),
            None => {
                sources.pick(&names::TOKEN_FILE, None, path, || None)?.value.as_deref().map(token_in).transpose()?
            }
        };
        Ok(Self { url: url.value, token })
    }
}

/// The token that a file holds, as set-up puts it there.
fn token_in(path: &Path) -> Result<Secret, Failure> {
    let at_home = path.strip_prefix("~").ok().zip(places::home()).map(|(rest, home)| home.join(rest));
    let path = at_home.as_deref().unwrap_or(path);
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::usage(format!("cannot read the token in {}: {error}", path.display())))?;
    let text = text.trim();
    Token::parse(text).map_err(|bad| Failure::usage(format!("{}: {}", path.display(), bad.0)))?;
    Ok(Secret(text.to_owned()))
}
