//! How the servers of a mail domain were found: who was asked, and what each said.

use std::time::Duration;

use super::failure::LookupFailure;
use crate::named::named_enum;
use crate::service::{LoginNeed, Security, Service};
use crate::target::{Host, Source};

/// What the sources say about a mail domain.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Discovery {
    /// The domain in its ASCII form.
    pub domain: String,
    /// Every question that was asked, in the order of the sources.
    pub consultations: Vec<Consultation>,
    /// What is odd about the answers.
    pub oddities: Vec<Oddity>,
    /// The provider that the domain belongs to by the built-in table.
    pub provider: Option<ProviderFacts>,
    /// What the built-in table says about logging in at servers that were named, on the day of the check.
    pub logins: Vec<ServerLogin>,
}

impl Discovery {
    /// Whether any source named a server.
    pub fn named_any(&self) -> bool {
        self.consultations.iter().any(|consultation| !consultation.servers.is_empty())
    }
}

/// One question to one source, and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Consultation {
    /// Which source.
    pub source: Source,
    /// What was asked for: a name and type of record, an address on the web, a row of the table.
    pub asked: String,
    /// What came of it.
    pub outcome: SourceOutcome,
    /// Why it gave nothing, or what to know about it; hostile text.
    pub detail: Option<String>,
    /// How the lookup of the records failed, where that is why.
    pub failure: Option<LookupFailure>,
    /// The servers that it named, in its own order of preference.
    pub servers: Vec<NamedServer>,
    /// How long it took.
    pub duration: Duration,
}

named_enum! {
    /// What came of asking a source.
    pub enum SourceOutcome {
        /// It names servers.
        Named = "named",
        /// It says nothing about the domain.
        Nothing = "nothing",
        /// It says that there is no such service.
        NotOffered = "not-offered",
        /// It could not be asked: no answer, a failure, a certificate that is not valid.
        Unreachable = "unreachable",
        /// It answers with something that cannot be used.
        Unusable = "unusable",
        /// It answers over a connection without TLS only, where anyone on the path could have answered.
        Insecure = "insecure",
    }
}

/// A server that a source named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedServer {
    /// The host.
    pub host: Host,
    /// The TCP port.
    pub port: u16,
    /// The service.
    pub service: Service,
    /// How the connection is to be secured.
    pub security: Security,
}

/// What a server may ask of its users in place of a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginMethod {
    /// A token, for which one signs in with a browser.
    OAuth,
    /// A Kerberos ticket.
    Kerberos,
    /// A TLS certificate of the user's.
    ClientCertificate,
    /// Nothing but the right address to come from.
    ClientAddress,
}

/// Something about the answers that the domain's owner should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Oddity {
    /// There is no MX record, so the domain's own address takes its mail, if anything does (RFC 5321, section 5.1).
    NoMailExchanger,
    /// An MX record names an alias, which is not allowed (RFC 2181, section 10.3).
    MailExchangerIsAlias {
        /// The name in the record.
        host: String,
        /// What it is an alias for.
        target: String,
    },
    /// An MX record names an address or something else that is no host name.
    MailExchangerIsNoName {
        /// What stands there.
        text: String,
    },
    /// A source named a server by something that is no host name.
    UnusableServer {
        /// The source.
        source: Source,
        /// What stands there.
        text: String,
    },
    /// An autoconfiguration file tells mail programs to go without TLS.
    PlaintextPublished {
        /// Whose file.
        source: Source,
        /// The server.
        server: NamedServer,
    },
    /// An autoconfiguration file says that a server takes no password.
    NoPassword {
        /// Whose file.
        source: Source,
        /// The server.
        server: NamedServer,
        /// What it takes, any of these.
        logins: Vec<LoginMethod>,
    },
    /// A null MX record (RFC 7505) stands beside others, which contradict it.
    NullExchangerBesideOthers,
    /// A name server took its time.
    SlowNameServer {
        /// What was asked for.
        asked: String,
        /// How long it took.
        took: Duration,
    },
}

/// What the built-in table says about the provider of a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderFacts {
    /// The name that people use.
    pub title: String,
    /// Whether any of its servers takes a password; `false` where all want `OAuth` instead.
    pub takes_password: bool,
    /// What else one should know, as sentences.
    pub remarks: Vec<String>,
}

/// One thing that a provider asks for before a mail program can log in at a server of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerLogin {
    /// The server's host.
    pub host: Host,
    /// The TCP port.
    pub port: u16,
    /// What it asks for.
    pub needs: LoginNeed,
    /// That as a sentence or two.
    pub text: String,
    /// The page that says how.
    pub page: Option<String>,
}
