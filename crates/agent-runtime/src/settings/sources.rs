//! Where a setting comes from, and which source wins.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use super::file::File;
use super::names::Name;
use crate::failure::Failure;

/// Looks a variable up.
pub(crate) type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// The process's environment: the one place where the program reads it.
pub(crate) fn process_environment(variable: &str) -> Option<OsString> {
    std::env::var_os(variable)
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A flag on the command line.
    Flag(&'static str),
    /// An environment variable.
    Environment(&'static str),
    /// The configuration file.
    File(PathBuf),
    /// Nobody said anything.
    Default,
}

/// A value, and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting<T> {
    pub(crate) value: T,
    pub(crate) origin: Origin,
}

impl<T> Setting<Option<T>> {
    /// The same setting with a value, or a complaint that there is none.
    ///
    /// # Errors
    /// When there is no value.
    pub(crate) fn required(self, complaint: impl FnOnce() -> String) -> Result<Setting<T>, Failure> {
        let value = self.value.ok_or_else(|| Failure::Usage(complaint()))?;
        Ok(Setting { value, origin: self.origin })
    }
}

/// What there is besides flags.
pub(crate) struct Sources<'a> {
    pub(crate) environment: Environment<'a>,
    pub(crate) file: Option<File>,
}

impl<'a> Sources<'a> {
    /// The environment alone: enough to find the file.
    pub(crate) fn without_file(environment: Environment<'a>) -> Self {
        Self { environment, file: None }
    }

    /// The value of one setting: from its flag, else its variable, else the file, else the default.
    ///
    /// # Errors
    /// When the text of the source that wins cannot be read as a value.
    pub(crate) fn pick<T>(
        &self,
        name: &'static Name,
        flag: Option<&str>,
        parse: impl Fn(&str) -> Result<T, String>,
        default: impl FnOnce() -> T,
    ) -> Result<Setting<T>, Failure> {
        let Some((text, origin)) = self.find(name, flag)? else {
            return Ok(Setting { value: default(), origin: Origin::Default });
        };
        match parse(&text) {
            Ok(value) => Ok(Setting { value, origin }),
            Err(complaint) => {
                let key = self.file.as_ref().map_or(name.key, |file| file.key(name));
                Err(Failure::Usage(format!("{}: {complaint}", origin.place(key))))
            }
        }
    }

    fn find(&self, name: &'static Name, flag: Option<&str>) -> Result<Option<(String, Origin)>, Failure> {
        if let (Some(text), Some(flag)) = (flag, name.flag) {
            return Ok(Some((text.to_owned(), Origin::Flag(flag))));
        }
        if let Some(text) = self.variable(name)? {
            return Ok(Some((text, Origin::Environment(name.variable))));
        }
        let Some(file) = self.file.as_ref().filter(|_| name.in_file) else { return Ok(None) };
        Ok(file.text(name)?.map(|text| (text, Origin::File(file.path.clone()))))
    }

    /// A variable's text. An empty one counts as not set, as container set-ups leave them, unless to be empty
    /// means something.
    fn variable(&self, name: &Name) -> Result<Option<String>, Failure> {
        let Some(text) = (self.environment)(name.variable) else { return Ok(None) };
        let text = text.into_string().map_err(|_| Failure::Usage(format!("{}: this is no UTF-8", name.variable)))?;
        Ok((name.may_be_empty || !text.is_empty()).then_some(text))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "flag {flag}"),
            Self::Environment(variable) => write!(f, "environment {variable}"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

impl Origin {
    /// Where to look for the text, in the words by which its author knows it.
    fn place(&self, key: &str) -> String {
        match self {
            Self::Flag(flag) => (*flag).to_owned(),
            Self::Environment(variable) => (*variable).to_owned(),
            Self::File(path) => format!("{key} in {}", path.display()),
            Self::Default => key.to_owned(),
        }
    }
}
