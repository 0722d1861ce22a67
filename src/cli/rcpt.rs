//! `mailprobe rcpt`: its arguments, and the check that they ask for. One question to one server: whoever asks for many
//! recipients, or again and again, harvests addresses, and is taken for somebody who does.

use clap::Args;

use super::checks::Check;
use super::credential::LoginChoices;
use super::list::{ListChoices, PaceChoices};
use super::output::Output;
use super::targets::ProbeRequest;
use super::wait::WaitChoices;
use super::watch::WatchChoices;
use crate::discovery::DiscoveryOptions;
use crate::policy::{Addresses, Policy};
use crate::probe::{MailSteps, Options, PlanOptions, PolicyLookups, Visits};
use crate::protocol::Envelope;
use crate::service::{Protocol, Security, Service};
use crate::target::{
    MailAddress, MailDomain, NamedEndpoint, Quoted, ServicePort, Source, Target, TargetError, TargetSpec,
};

#[derive(Debug, Args)]
pub(super) struct RcptArguments {
    /// The recipient: one address
    // How many there are is looked at later, so that options which are of no use are told first.
    #[arg(value_name = "USER@DOMAIN")]
    recipients: Vec<String>,

    /// The sender to name [default: the null sender <>, as bounces have it]
    // Not `from`, which is the id of another option of this name, with values of another kind.
    #[arg(id = "sender", long = "from", help_heading = "What to ask", value_name = "ADDRESS")]
    sender: Option<String>,

    /// Ask this server instead of the domain's mail hosts (MX): port 25, unless another is named
    #[arg(long, help_heading = "What to ask", value_name = "HOST[:PORT]", conflicts_with = "all_mx")]
    server: Option<String>,

    /// Ask every mail host of the domain, at one address each, instead of the first that answers
    #[arg(long, help_heading = "What to ask")]
    all_mx: bool,

    /// If the recipient is accepted, also ask for a made-up one: does the server accept every name?
    #[arg(long, help_heading = "What to ask")]
    accept_all_test: bool,
}

impl RcptArguments {
    /// The check that is asked for, with the options that all commands share.
    pub(super) fn into_request(
        self,
        options: Options,
        strict: bool,
        login: &LoginChoices,
        output: Output,
    ) -> Result<ProbeRequest, String> {
        let recipient = self.recipient()?;
        let sender = self.sender.as_deref().map_or_else(|| Ok(String::new()), sender)?;
        let server = self.server.as_deref().map(|text| server(text, login.is_given())).transpose()?;
        can_log_in(login, server.as_ref())?;
        let is_between_servers = server.as_ref().is_none_or(|server| server.port.service == Service::Smtp);
        let made_up = self.accept_all_test.then(|| made_up(&recipient.domain));
        let envelope = Envelope {
            sender,
            recipients: [recipient.to_string()].into_iter().chain(made_up).collect(),
            in_the_clear: is_between_servers,
            asks_leave: false,
            tests_relaying: false,
        };
        let target = match server {
            Some(server) => Target { typed: server.to_string(), spec: TargetSpec::Endpoint(server) },
            // Of the address as a whole, a mail program's user would ask.
            None => Target {
                typed: recipient.to_string(),
                spec: TargetSpec::Domain(MailDomain { name: recipient.domain.clone(), local_part: None }),
            },
        };
        let options = Options {
            plan: PlanOptions {
                discovery: DiscoveryOptions { from: vec![Source::Mx], guess: false },
                policies: PolicyLookups::Nobody,
                ..options.plan
            },
            steps: MailSteps {
                envelope: Some(envelope),
                visits: if self.all_mx { Visits::EveryHost } else { Visits::UntilAnswered },
                ..MailSteps::default()
            },
            ..options
        };
        let policy =
            Policy { addresses: Addresses::Any, strict, recipient: Some(recipient.to_string()), ..Policy::default() };
        Ok(ProbeRequest {
            check: Check { targets: vec![target], options, policy },
            login: login.request()?,
            config: None,
            many: ListChoices::default(),
            pace: PaceChoices::default(),
            waiting: WaitChoices::default(),
            watching: WatchChoices::default(),
            output,
            files: Vec::new(),
            dry_run: false,
        })
    }

    fn recipient(&self) -> Result<MailAddress, String> {
        match self.recipients.as_slice() {
            [only] => only.parse().map_err(|error| format!("the recipient {error}")),
            [] => Err("name the recipient, as in mailprobe rcpt anna@example.org".to_owned()),
            _ => {
                Err("`rcpt` asks for one recipient at a time: write one address, as in mailprobe rcpt anna@example.org"
                    .to_owned())
            }
        }
    }
}

/// An address, or nothing, with or without angle brackets: the null sender.
fn sender(text: &str) -> Result<String, String> {
    if matches!(text, "" | "<>") {
        return Ok(String::new());
    }
    text.parse().map(|address: MailAddress| address.to_string()).map_err(|error| format!("the sender {error}"))
}

/// A host with its port 25, or what is named. On a port of no other service, what mail servers speak is expected, or, for a
/// login, what mail programs do.
fn server(text: &str, for_login: bool) -> Result<NamedEndpoint, String> {
    let scheme = if for_login { "submission" } else { "smtp" };
    let parsed = match Target::parse(text) {
        Err(TargetError::UnknownPort { .. }) => Target::parse(&format!("{scheme}://{text}")),
        parsed => parsed,
    };
    let quoted = Quoted::new(text);
    match parsed.map_err(|error| error.to_string())?.spec {
        TargetSpec::Host(host) => {
            Ok(NamedEndpoint { host, port: ServicePort::from(Service::Smtp), security: Security::StartTls })
        }
        TargetSpec::Endpoint(named) if named.port.service.protocol() == Protocol::Smtp => Ok(named),
        TargetSpec::Endpoint(_) => {
            Err(format!("{quoted} is no server that takes mail: write a host, or its port 25, 465 or 587"))
        }
        TargetSpec::Domain(_) => {
            Err(format!("{quoted} is no host: write --server HOST; without it, the domain's mail hosts (MX) are asked"))
        }
    }
}

fn can_log_in(login: &LoginChoices, server: Option<&NamedEndpoint>) -> Result<(), String> {
    let takes_logins = server.is_some_and(|server| server.port.service != Service::Smtp);
    if login.is_given() && !takes_logins {
        return Err(
            "a login is made where mail is submitted, on port 465 or 587: name the server as well, as in --server \
                    mail.example.org:587"
                .to_owned(),
        );
    }
    Ok(())
}

/// How long the name is that nobody has.
const MADE_UP_LENGTH: usize = 20;

/// An address that nobody has: 20 random letters and digits, one of more names than there are grains of sand.
fn made_up(domain: &str) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut random = [0; MADE_UP_LENGTH];
    // Without it the name would be all the same letter, which nobody has either.
    let _ = aws_lc_rs::rand::fill(&mut random);
    let name = random.iter().filter_map(|byte| LETTERS.get(usize::from(byte % 32))).map(|&letter| char::from(letter));
    format!("{}@{domain}", name.collect::<String>())
}
