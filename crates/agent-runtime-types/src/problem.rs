//! What is said when a request cannot be taken.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The body of every error: one sentence, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Names the field and what was wrong with it.
    #[schema(example = "exit_code: must be a 64-bit integer")]
    pub detail: String,
}

/// A body or a parameter that breaks a rule: the field and the rule, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(String);

impl Invalid {
    /// `field: rule`.
    pub fn field(field: &str, rule: impl std::fmt::Display) -> Self {
        Self(format!("{field}: {rule}"))
    }

    /// The same, with its place in a larger body before it: `line 7: field: rule`.
    #[must_use]
    pub fn at_line(self, line: usize) -> Self {
        Self(format!("line {line}: {}", self.0))
    }
}
