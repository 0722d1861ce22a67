//! How far SMTP servers are asked what they would take: one step by default, others where they are asked for.

use clap::Args;

use crate::probe::{MailSteps, PlanOptions, Visits};
use crate::protocol::Envelope;
use crate::service::{Protocol, Service};
use crate::target::{MailDomain, ServicePort, Target, TargetSpec};

/// Whom the relay test asks for: nobody, at a domain that accepts no mail (its MX is null, RFC 7505) and is reserved for
/// examples (RFC 2606).
const STRANGER: &str = "nobody@example.com";

#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "What to check")]
#[allow(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(super) struct StepChoices {
    /// Do not ask ports 465 and 587 whether they take a sender without a login (MAIL FROM:<>)
    #[arg(long)]
    no_mail_from: bool,

    /// Also ask ports with STARTTLS whether they insist on it: on a second connection, MAIL FROM:<> comes before STARTTLS
    #[arg(long)]
    starttls_enforced: bool,

    /// Also ask port 25 of one host, or the port named after it, whether it takes a stranger's recipient, once; only with
    /// --i-run-this-server
    #[arg(long)]
    open_relay: bool,

    /// The server of --open-relay is yours: servers count such attempts, and block those who make them
    #[arg(long)]
    i_run_this_server: bool,

    /// The sender that --open-relay names, of a domain that is not the server's [default: none, as bounces have]
    // Its own id: `rcpt` has a sender of its own.
    #[arg(id = "relay_sender", long = "sender", value_name = "ADDRESS", requires = "open_relay", value_parser = sender)]
    sender: Option<String>,
}

impl StepChoices {
    /// How far the servers are asked. What is asked by default is left out where the same servers are asked again and again,
    /// and where they are many.
    pub(super) fn steps(&self, asked: AskedBeside) -> MailSteps {
        MailSteps {
            sender_without_login: !asked.repeats && !self.no_mail_from && !self.open_relay,
            sender_before_tls: self.starttls_enforced,
            envelope: self.open_relay.then(|| Envelope {
                sender: self.sender.clone().unwrap_or_default(),
                recipients: vec![STRANGER.to_owned()],
                in_the_clear: true,
                asks_leave: true,
                tests_relaying: true,
            }),
            visits: Visits::All,
        }
    }

    /// Port 25 of the host, where the relay test is wanted and no other port is named.
    pub(super) fn narrow(&self, plan: &mut PlanOptions) {
        if self.open_relay {
            plan.ports = Some(vec![ServicePort::from(Service::Smtp)]);
        }
    }

    /// Refuses steps where they would be made by accident, or again and again.
    pub(super) fn can_be_made(&self, targets: &[Target], asked: AskedBeside) -> Result<(), String> {
        if self.starttls_enforced && asked.repeats {
            return Err("--starttls-enforced asks once, at targets on the command line: leave out --targets, --config, --wait and \
                        --retries (MAILPROBE_WAIT and MAILPROBE_RETRIES)"
                .to_owned());
        }
        if self.i_run_this_server && !self.open_relay {
            return Err("--i-run-this-server is for --open-relay: write both, or none".to_owned());
        }
        if !self.open_relay {
            return Ok(());
        }
        let mistake = if !self.i_run_this_server {
            "--open-relay asks a server to take a stranger's mail, which servers count as abuse: add --i-run-this-server if it \
             is yours, and leave --open-relay out if it is not"
        } else if asked.repeats {
            "--open-relay asks once, at one host on the command line: leave out --targets, --config, --watch, --wait and \
             --retries (MAILPROBE_WAIT and MAILPROBE_RETRIES)"
        } else if asked.login {
            "--open-relay asks as a stranger, who has no login: leave out --login"
        } else if asked.ports {
            "--open-relay asks port 25, or the port named after the host, as in mail.example.org:587: leave out --ports"
        } else if targets.len() != 1 || !targets.iter().all(is_smtp_server) {
            "--open-relay is for one SMTP server at a time, such as mail.example.org or mail.example.org:587, and not for mail \
             domains"
        } else {
            return Ok(());
        };
        Err(mistake.to_owned())
    }
}

/// What else is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct AskedBeside {
    /// Whether the targets come from a list or a file, or may be checked again.
    pub(super) repeats: bool,
    pub(super) login: bool,
    pub(super) ports: bool,
}

/// Whether it names a server, and no domain whose servers others name.
fn is_smtp_server(target: &Target) -> bool {
    match &target.spec {
        TargetSpec::Host(_) => true,
        TargetSpec::Endpoint(named) => named.port.service.protocol() == Protocol::Smtp,
        TargetSpec::Domain(_) => false,
    }
}

/// A mail address that can be sent as it stands.
fn sender(typed: &str) -> Result<String, String> {
    let is_foreign = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>' | '"');
    match Target::parse(typed).map(|target| target.spec) {
        Ok(TargetSpec::Domain(MailDomain { name, local_part: Some(local_part) }))
            if !local_part.contains(is_foreign) =>
        {
            Ok(format!("{local_part}@{name}"))
        }
        _ => Err("a sender is a mail address, such as postmaster@example.net".to_owned()),
    }
}
