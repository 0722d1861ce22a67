//! A login that was asked for at an endpoint. What became of it is in the dialogue.

use super::discovery::ServerLogin;

/// Who was to log in, and what is known beforehand about logging in there. The secret is not here.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct LoginAsked {
    /// The user's name, as typed.
    pub user: String,
    /// Whether with an OAuth token; else with a password.
    pub token: bool,
    /// What the built-in table of providers says about logging in at this server.
    #[doc(hidden)]
    pub needs: Vec<ServerLogin>,
}

impl LoginAsked {
    /// What must not leave this machine where it is not safe.
    pub(crate) fn secret_name(&self) -> &'static str {
        if self.token { "token" } else { "password" }
    }
}
