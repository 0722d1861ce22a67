//! What the protocols see of a connection, and what they make of a line.

use std::net::SocketAddr;

use crate::behaviour::{Behaviour, Mention};
use crate::script::Moment;

/// What a reply depends on.
pub(crate) struct Scene<'a> {
    pub(crate) behaviour: &'a Behaviour,
    pub(crate) peer: SocketAddr,
    pub(crate) secured: bool,
    /// Whether a recipient was named on the connection.
    pub(crate) has_recipient: bool,
}

impl Scene<'_> {
    pub(crate) fn takes_starttls(&self) -> bool {
        !self.secured && self.behaviour.starttls != Mention::Absent
    }

    pub(crate) fn login_allowed(&self) -> bool {
        self.secured || self.behaviour.login_in_the_clear
    }

    pub(crate) fn capabilities_moment(&self) -> Moment {
        if self.secured { Moment::SecuredCapabilities } else { Moment::Capabilities }
    }
}

/// A command that was heard, or another moment at which the server acts.
#[derive(Debug, Clone)]
pub(crate) struct Command {
    pub(crate) moment: Moment,
    pub(crate) tag: String,
    pub(crate) line: String,
}

impl Command {
    /// A moment that no command brought about.
    pub(crate) fn unprompted(moment: Moment) -> Self {
        Self { moment, tag: "*".to_owned(), line: String::new() }
    }
}
