//! The part of the JSON contract about a login.

use crate::named::named_enum;
use crate::observation::{LoginAsked, LoginOutcome, LoginTalk, Withheld};
use crate::report::mirror::mirror;

mirror! {
    /// A login. Neither password nor token is in it.
    struct LoginReport from (asked, talk): (&LoginAsked, &LoginTalk) {
        /// The user's name.
        user: String = asked.user.clone(),
        /// The SASL mechanism; `null` where it was the protocol's own command, or none was tried.
        mechanism: Option<String> = talk.mechanism.clone(),
        /// How it ended.
        outcome: LoginResult = talk.into(),
        /// Why it was not tried; else `null`.
        withheld: Option<WithheldReason> = WithheldReason::of(talk),
        /// The server's answer, line by line; `null` where there was none. Hostile text.
        reply: Option<Vec<String>> = match &talk.outcome {
            LoginOutcome::Accepted(reply) | LoginOutcome::Refused(reply) => Some(reply.lines.clone()),
            _ => None,
        },
        /// How the exchange broke the rules of its mechanism, or what the server said of a token (JSON). Hostile text.
        detail: Option<String> = match &talk.outcome {
            LoginOutcome::Broken(how) => Some(how.clone()),
            _ => talk.detail.clone(),
        },
    }
}

named_enum! {
    /// How a login ended.
    pub enum LoginResult {
        /// The server took it.
        Accepted = "accepted",
        /// The server refused it, for now or for good.
        Refused = "refused",
        /// The exchange broke the rules of its mechanism, or the server did not prove that it knows the password.
        Broken = "broken",
        /// No answer came.
        Unanswered = "unanswered",
        /// It was not tried: nothing secret was sent.
        Withheld = "withheld",
    }
}

named_enum! {
    /// Why a login was not tried.
    pub enum WithheldReason {
        /// The connection was not encrypted.
        NoTls = "no-tls",
        /// The certificate was not verified.
        Untrusted = "untrusted",
        /// Nobody but the DNS, or a file of settings, named the server, and it is outside the user's domain.
        NotNamed = "not-named",
        /// The server offers no login method that can be used.
        NoMechanism = "no-mechanism",
        /// The attempt for this service was made at another address.
        MadeElsewhere = "made-elsewhere",
        /// Two were refused before in this run.
        RefusedBefore = "refused-before",
        /// Logins at other ports took all the time there was.
        NoTimeLeft = "no-time-left",
    }
}

impl From<&LoginTalk> for LoginResult {
    fn from(talk: &LoginTalk) -> Self {
        match talk.outcome {
            LoginOutcome::Accepted(_) => Self::Accepted,
            LoginOutcome::Refused(_) => Self::Refused,
            LoginOutcome::Broken(_) => Self::Broken,
            LoginOutcome::Unanswered => Self::Unanswered,
            LoginOutcome::Withheld(_) => Self::Withheld,
        }
    }
}

impl WithheldReason {
    fn of(talk: &LoginTalk) -> Option<Self> {
        let LoginOutcome::Withheld(why) = talk.outcome else { return None };
        Some(match why {
            Withheld::NoTls => Self::NoTls,
            Withheld::Untrusted => Self::Untrusted,
            Withheld::NotNamed => Self::NotNamed,
            Withheld::NoMechanism => Self::NoMechanism,
            Withheld::MadeElsewhere => Self::MadeElsewhere,
            Withheld::RefusedBefore => Self::RefusedBefore,
            Withheld::NoTimeLeft => Self::NoTimeLeft,
        })
    }
}
