//! The endpoint's part of the JSON contract.

use std::net::IpAddr;

use super::finding::{FindingReport, IcmpReport};
use super::login::LoginReport;
use super::path::PathReport;
use super::promised::PromisedReport;
use crate::diagnosis::envelope_reply::{Asked, meaning};
use crate::diagnosis::{FindingId, State};
use crate::observation::{
    Attempt, CertificateFacts, Observation, Purpose, Speaker, Stage, StageOutcome, StageRecord, TlsFacts,
    TranscriptLine,
};
use crate::policy::{Compared, JudgedEndpoint, Verdict};
use crate::protocol::{Capabilities, EnvelopeTalk, RecipientTalk, Refrained, Reply};
use crate::report::known::{connect_failure, first};
use crate::report::mirror::{all, mirror};
use crate::report::time::{milliseconds, moment_of};
use crate::service::{Protocol, Security, Service};
use crate::target::Source;

/// What a document shall hold beside the facts that it always holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Contents {
    /// Whether what was said is included (`--transcript`).
    pub transcript: bool,
}

// Greeting, capabilities and TLS facts are those of the first connection that learnt them: the ordinary check where it
// came so far, else a second look.
mirror! {
    /// One endpoint: what was seen there and what it means.
    struct EndpointReport from (judged, contents): (&JudgedEndpoint, Contents) {
        /// The host name, or the address as typed.
        host: String = judged.observation.endpoint.host.to_string(),
        /// The IP address; `null` when the name gave none.
        #[cfg_attr(feature = "cli", schemars(with = "Option<String>"))]
        address: Option<IpAddr> = judged.observation.endpoint.address,
        /// The TCP port.
        port: u16 = judged.observation.endpoint.port,
        /// The service expected there.
        service: Service = judged.observation.endpoint.service,
        /// Its protocol.
        protocol: Protocol = judged.observation.endpoint.service.protocol(),
        /// How the connection is to be secured.
        security: Security = judged.observation.endpoint.security,
        /// Who named the endpoint.
        sources: Vec<Source> = judged.observation.endpoint.sources.clone(),
        /// What happened.
        state: State = judged.diagnosis.state,
        /// The stage that was not completed; `null` when the state is `ok`.
        failed_stage: Option<Stage> = judged.diagnosis.failed_stage,
        /// What one thinks of it.
        verdict: Verdict = judged.verdict,
        /// How often the whole check was made.
        tries: u32 = judged.observation.tries,
        /// How many connection requests were sent for the first connection, as far as that is known; 0: none.
        connection_requests: u32 = judged.observation.probe().map_or(0, |attempt| attempt.connection_requests),
        /// From the start of the first connection to the end of the last.
        duration_ms: f64 = milliseconds(judged.observation.duration),
        /// The stages of every connection, in the order they were entered.
        stages: Vec<StageReport> = of_every_attempt(&judged.observation, |attempt| &attempt.stages),
        /// The server's first reply, its lines joined by a line feed. Hostile text.
        greeting: Option<String> = first(&judged.observation, |attempt| {
            attempt.conversation.greeting.as_ref().map(|reply| reply.lines.join("\n"))
        }),
        /// What the server offers.
        capabilities: CapabilitiesReport = CapabilitiesReport::from(&judged.observation),
        /// What the server said to a sender, and to recipients where they were asked for; `null` where nothing was asked.
        envelope: Option<EnvelopeReport> =
            first(&judged.observation, |attempt| attempt.conversation.envelope.as_ref().map(EnvelopeReport::from)),
        /// The answer to a sender before STARTTLS; `null` without `--starttls-enforced`, and where none came. Hostile text.
        sender_in_the_clear: Option<Vec<String>> = first(&judged.observation, |attempt| {
            attempt.conversation.sender_in_the_clear.as_ref().map(|reply| reply.lines.clone())
        }),
        /// The ICMP message that ended the connection, where the system tells.
        icmp: Option<IcmpReport> =
            connect_failure(&judged.observation).and_then(|failure| failure.icmp).map(IcmpReport::from),
        /// What is known of TLS.
        tls: Option<TlsReport> = first(&judged.observation, |attempt| attempt.tls.as_ref().map(TlsReport::from)),
        /// What is worth telling, gravest first.
        findings: Vec<FindingReport> = all(&judged.diagnosis.findings),
        /// What became of the login that was asked for; `null` where none was, or it did not come to that.
        login: Option<LoginReport> = judged.observation.probe().and_then(|probe| {
            Some((judged.observation.login.as_deref()?, probe.conversation.login.as_ref()?).into())
        }),
        /// What was expected of this endpoint, and whether it holds.
        expectations: Vec<Expectation> = all(&judged.expectations),
        /// Where on the way the port is blocked; `null` where that was not traced.
        path: Option<PathReport> =
            judged.observation.path.as_ref().and_then(|traced| traced.as_ref().ok()).map(PathReport::from),
        /// What the domain's promises say of this endpoint; `null` where they say nothing of it.
        promised: Option<PromisedReport> = judged.observation.promised.as_deref().map(PromisedReport::from),
        /// What was said; `null` without `--transcript`.
        transcript: Option<Vec<TranscriptEntry>> = contents
            .transcript
            .then(|| of_every_attempt(&judged.observation, |attempt| &attempt.transcript)),
    }

    /// How one stage went.
    struct StageReport from (number, attempt, record): (usize, &Attempt, &StageRecord) {
        /// Which connection, counted from 1.
        attempt: usize = number,
        /// Why that connection was made.
        purpose: Purpose = attempt.purpose,
        /// Which stage.
        stage: Stage = record.stage,
        /// How it went.
        outcome: StageOutcome = record.outcome,
        /// How long it took.
        duration_ms: f64 = milliseconds(record.duration),
        /// A remark: the reply that ended it, the error. Hostile text.
        detail: Option<String> = record.detail.clone(),
    }

    /// What a server offers, keyword by keyword, as it wrote it. Hostile text.
    struct CapabilitiesReport from observation: &Observation {
        /// Outside TLS; `null` when it was not asked, or did not answer.
        plaintext: Option<Vec<String>> =
            first(observation, |attempt| keywords(attempt.conversation.plaintext.as_ref())),
        /// Inside TLS; `null` when it was not asked, or did not answer.
        secured: Option<Vec<String>> = first(observation, |attempt| keywords(attempt.conversation.secured.as_ref())),
    }

    /// The envelope of a message that is never sent, and what the server said to it.
    struct EnvelopeReport from talk: &EnvelopeTalk {
        /// The sender that was named, or was to be; empty for the null sender.
        sender: String = talk.sender.clone(),
        /// The lines of the answer to MAIL FROM; `null` where none came. Hostile text.
        sender_reply: Option<Vec<String>> = lines(talk.sender_reply.as_ref()),
        /// The recipients, in the order in which they were to be named.
        recipients: Vec<RecipientReport> = talk.recipients.iter().map(RecipientReport::from).collect(),
        /// Why nothing was asked: `asked-elsewhere` in the run, or `no-unicode`, where an address needs SMTPUTF8 and the
        /// server does not offer it; `null` where that is not so.
        refrained: Option<Refrained> = talk.refrained,
    }

    /// One recipient, and what the server said to it.
    struct RecipientReport from recipient: &RecipientTalk {
        /// The address.
        address: String = recipient.address.clone(),
        /// The lines of the answer to RCPT TO; `null` where it was not named, or no answer came. Hostile text.
        reply: Option<Vec<String>> = lines(recipient.reply.as_ref()),
        /// What the answer means, by the id of a finding; `null` without an answer.
        meaning: Option<FindingId> = recipient.reply.as_ref().and_then(meaning_of),
    }

    /// What is known of a TLS session. Names are IANA's.
    struct TlsReport from facts: &TlsFacts {
        /// `TLSv1.3`
        version: Option<String> = facts.version.clone(),
        /// `TLS_AES_256_GCM_SHA384`
        cipher_suite: Option<String> = facts.cipher_suite.clone(),
        /// `X25519MLKEM768`
        key_exchange: Option<String> = facts.key_exchange.clone(),
        /// The server's certificate, where it could be read.
        certificate: Option<CertificateReport> =
            facts.certificate.as_ref().map(|certificate| (certificate, facts.faults.is_empty()).into()),
    }

    /// What a server's certificate says. Hostile text.
    struct CertificateReport from (facts, verified): (&CertificateFacts, bool) {
        /// The subject's distinguished name.
        subject: String = facts.subject.clone(),
        /// The issuer's distinguished name.
        issuer: String = facts.issuer.clone(),
        /// The subject alternative names.
        names: Vec<String> = facts.names.clone(),
        /// From when it is valid.
        #[cfg_attr(feature = "cli", schemars(extend("format" = "date-time")))]
        not_before: String = moment_of(facts.not_before),
        /// Until when it is valid.
        #[cfg_attr(feature = "cli", schemars(extend("format" = "date-time")))]
        not_after: String = moment_of(facts.not_after),
        /// Whole days until it expires; negative when it has.
        days_left: i64 = facts.days_left(),
        /// Whole days until the first certificate of its chain expires: as long as it is accepted. The same as `days_left`
        /// unless one above it ends first.
        chain_days_left: i64 = facts.chain_days_left(),
        /// `RSA 2048`, `EC P-256`, `Ed25519`
        key: String = facts.key.clone(),
        /// The SHA-256 of the certificate, in lower-case hexadecimal.
        sha256: String = facts.sha256.clone(),
        /// How many certificates the server sent.
        chain_length: usize = facts.chain_length,
        /// Whether it has no fault: its name, dates, issuer and purpose are as they should be.
        verified: bool = verified,
    }

    /// What was expected of an endpoint.
    struct Expectation from compared: &Compared {
        /// What was expected: `open`, `closed`, `tls`, `starttls`, `implicit`, `plaintext` or a state; or what must be so of
        /// the certificate, of TLS or of logins.
        expected: String = compared.expected.clone(),
        /// What was found, in the same words. Hostile text.
        found: String = compared.found.clone(),
        /// Whether they agree.
        holds: bool = compared.holds(),
    }

    /// One line of what was said.
    struct TranscriptEntry from (number, _attempt, line): (usize, &Attempt, &TranscriptLine) {
        /// Since the start of the connection.
        at_ms: f64 = milliseconds(line.at),
        /// Which connection, counted from 1.
        attempt: usize = number,
        /// Who said it.
        from: Speaker = line.from,
        /// The line without its end, invalid UTF-8 replaced. Hostile text.
        text: String = line.text.clone(),
    }
}

/// What all attempts have of one kind, in order, each with the attempt and its number.
fn of_every_attempt<'a, T: 'a, Part: From<(usize, &'a Attempt, &'a T)>>(
    observation: &'a Observation,
    items: fn(&'a Attempt) -> &'a Vec<T>,
) -> Vec<Part> {
    let numbered = (1..).zip(&observation.attempts);
    numbered
        .flat_map(|(number, attempt)| items(attempt).iter().map(move |item| (number, attempt, item).into()))
        .collect()
}

fn lines(reply: Option<&Reply>) -> Option<Vec<String>> {
    reply.map(|reply| reply.lines.clone())
}

fn meaning_of(reply: &Reply) -> Option<FindingId> {
    meaning(reply, Asked::Recipient).map(|meaning| meaning.finding)
}

fn keywords(capabilities: Option<&Capabilities>) -> Option<Vec<String>> {
    capabilities.map(|capabilities| capabilities.keywords.clone())
}
