//! Who logs in, and with what.

use std::fmt;

use zeroize::Zeroizing;

use super::blotter::Blotter;

/// A user's name and secret, as they can be sent: the name holds no control character, the secret none that ends a command.
///
/// The secret is wiped from memory when it is dropped, and `Debug` does not show it.
#[derive(Clone)]
pub struct Credential {
    user: String,
    secret: CredentialSecret,
    blotter: Blotter,
}

/// What proves who the user is. It is wiped when it is dropped, and never shown.
#[derive(Clone)]
pub enum CredentialSecret {
    Password(Zeroizing<String>),
    /// An OAuth 2.0 access token (RFC 6750).
    Token(Zeroizing<String>),
}

/// Why something cannot be a credential, without what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// There is no name.
    #[error("the user name is empty")]
    NoUser,
    /// The name holds a control character.
    #[error("the user name holds a control character")]
    ControlInUser,
    /// There is no password.
    #[error("the password is empty")]
    NoPassword,
    /// The password holds a line end or a NUL.
    #[error("the password holds a line end or a NUL, which no mail server takes")]
    ControlInPassword,
    /// There is no token.
    #[error("the token is empty")]
    NoToken,
    /// The token holds what no token may (RFC 6750, section 2.1).
    #[error("this is no OAuth access token, which holds letters, digits and -._~+/= only")]
    NotAToken,
}

impl Credential {
    /// A name with a password.
    ///
    /// # Errors
    ///
    /// A name or password that no mail server takes.
    pub fn with_password(
        user: impl Into<String>,
        password: impl Into<Zeroizing<String>>,
    ) -> Result<Self, CredentialError> {
        let password = password.into();
        if password.is_empty() {
            return Err(CredentialError::NoPassword);
        }
        if password.contains(['\0', '\r', '\n']) {
            return Err(CredentialError::ControlInPassword);
        }
        Self::new(user.into(), CredentialSecret::Password(password))
    }

    /// A name with an OAuth 2.0 access token.
    ///
    /// # Errors
    ///
    /// A name that no mail server takes, or what is no token.
    pub fn with_token(user: impl Into<String>, token: impl Into<Zeroizing<String>>) -> Result<Self, CredentialError> {
        let token = token.into();
        if token.is_empty() {
            return Err(CredentialError::NoToken);
        }
        // RFC 6750, section 2.1.
        if !token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte)) {
            return Err(CredentialError::NotAToken);
        }
        Self::new(user.into(), CredentialSecret::Token(token))
    }

    fn new(user: String, secret: CredentialSecret) -> Result<Self, CredentialError> {
        if user.is_empty() {
            return Err(CredentialError::NoUser);
        }
        if user.chars().any(char::is_control) {
            return Err(CredentialError::ControlInUser);
        }
        let blotter = Blotter::new(&user, secret.text());
        Ok(Self { user, secret, blotter })
    }

    /// The user's name.
    pub fn user(&self) -> &str {
        &self.user
    }

    #[doc(hidden)]
    pub fn secret(&self) -> &CredentialSecret {
        &self.secret
    }

    /// What takes the secret out of all that is kept. It knows of every login that is made with this credential.
    #[doc(hidden)]
    pub fn blotter(&self) -> &Blotter {
        &self.blotter
    }
}

impl CredentialSecret {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Password(text) | Self::Token(text) => text,
        }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").field("user", &self.user).field("secret", &self.secret).finish_non_exhaustive()
    }
}

impl fmt::Debug for CredentialSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Password(_) => "Password(..)",
            Self::Token(_) => "Token(..)",
        })
    }
}
