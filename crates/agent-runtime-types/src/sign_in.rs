//! What a browser says once to be let in.

use std::fmt;

use crate::json;
use crate::problem::Invalid;

/// The body of `POST /sign-in`, checked. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct SignIn {
    /// The token that is shown.
    pub token: String,
}

impl SignIn {
    /// Reads and checks a body; keys it does not know are ignored.
    ///
    /// # Errors
    /// When the body is no sound JSON object, or holds no token.
    pub fn parse(body: &[u8]) -> Result<Self, Invalid> {
        let members = json::object(body)?;
        let token = members.iter().find(|member| member.key == "token" && member.value != "null");
        let token = token.ok_or_else(|| Invalid::field("token", "is required"))?;
        let token = json::string(token.value).ok_or_else(|| Invalid::field("token", "must be a string"))?;
        Ok(Self { token: token.into_owned() })
    }
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignIn(…)")
    }
}
