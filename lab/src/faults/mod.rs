//! The catalogue of what can go wrong, by name.

mod breaks;
mod capabilities;
mod greetings;
mod hostile;
mod lookalikes;
mod starttls;
mod strangers;
mod tls;

use std::fmt;
use std::sync::LazyLock;

use crate::behaviour::{Behaviour, Protocol, Security};
use crate::script::{Act, Moment};

const SMTP: &[Protocol] = &[Protocol::Smtp];
const IMAP: &[Protocol] = &[Protocol::Imap];
const POP3: &[Protocol] = &[Protocol::Pop3];
const ANY_PROTOCOL: &[Protocol] = &[Protocol::Smtp, Protocol::Imap, Protocol::Pop3];
const ANY_SECURITY: &[Security] = &[Security::Implicit, Security::StartTls, Security::Plaintext];
const WITH_STARTTLS: &[Security] = &[Security::StartTls];
const WITH_TLS: &[Security] = &[Security::Implicit, Security::StartTls];
const CLEAR_AT_FIRST: &[Security] = &[Security::StartTls, Security::Plaintext];

/// One way to misbehave.
pub struct Fault {
    name: String,
    about: String,
    protocols: &'static [Protocol],
    securities: &'static [Security],
    change: Box<dyn Fn(Behaviour) -> Behaviour + Send + Sync>,
}

impl Fault {
    /// Every fault.
    pub fn all() -> &'static [Self] {
        static ALL: LazyLock<Vec<Fault>> = LazyLock::new(|| {
            let families = [
                breaks::faults(),
                greetings::faults(),
                capabilities::faults(),
                starttls::faults(),
                tls::faults(),
                strangers::faults(),
                hostile::faults(),
                lookalikes::faults(),
            ];
            families.into_iter().flatten().collect()
        });
        &ALL
    }

    /// The fault of this name.
    pub fn from_name(name: &str) -> Option<&'static Self> {
        Self::all().iter().find(|fault| fault.name == name)
    }

    /// Its name: lower case, words joined by hyphens.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the server does, in one sentence.
    pub fn about(&self) -> &str {
        &self.about
    }

    /// Whether a server of this protocol and security can have it.
    pub fn fits(&self, protocol: Protocol, security: Security) -> bool {
        self.protocols.contains(&protocol) && self.securities.contains(&security)
    }

    /// The behaviour with this fault.
    pub(crate) fn change(&self, behaviour: Behaviour) -> Behaviour {
        (self.change)(behaviour)
    }

    /// A fault of every protocol and security; the two methods below narrow it.
    fn new(
        name: impl Into<String>,
        about: impl Into<String>,
        change: impl Fn(Behaviour) -> Behaviour + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            about: about.into(),
            protocols: ANY_PROTOCOL,
            securities: ANY_SECURITY,
            change: Box::new(change),
        }
    }

    fn of(mut self, protocols: &'static [Protocol]) -> Self {
        self.protocols = protocols;
        self
    }

    fn secured(mut self, securities: &'static [Security]) -> Self {
        self.securities = securities;
        self
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Fault").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Does these acts at the first capabilities, inside TLS or outside.
fn at_any_capabilities(behaviour: Behaviour, acts: &[Act]) -> Behaviour {
    behaviour.at(Moment::Capabilities, acts).at(Moment::SecuredCapabilities, acts)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Fault;
    use crate::pki::Leaf;

    #[test]
    fn names_are_unique_and_well_formed() {
        let names: Vec<&str> = Fault::all().iter().map(Fault::name).chain(Leaf::ALL.map(Leaf::name)).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
        for name in names {
            assert!(name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-')), "{name}");
        }
    }

    #[test]
    fn every_fault_is_found_by_its_name() {
        for fault in Fault::all() {
            assert_eq!(Fault::from_name(fault.name()).map(Fault::about), Some(fault.about()));
        }
    }
}
