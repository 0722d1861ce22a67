//! What a person would say about a target, in a sentence or two, and what to do first.

mod faults;
mod ports;
mod promises;
mod recipient;

use std::net::IpAddr;

use faults::what_is_wrong;
use ports::{is_relay, is_silent_25, lacks_the_family, ports_of, subject, works};
use promises::{mail_kept_back, not_as_expected, promises_of_no_use};

pub(super) use recipient::about_recipient;

use super::judged::{Family, JudgedEndpoint, Verdict};
use crate::correlation::Cause;
use crate::diagnosis::{Finding, FindingId, Severity, State, is_breach, keeps_mail_back};
use crate::service::{Role, Service};
use crate::words::{self, capitalised, common, distinct, joined, uncapitalised};

/// More causes than this are not told one by one.
const MAX_CAUSES: usize = 2;

/// More hints than this are not read.
const MAX_HINTS: usize = 3;

/// One or two sentences about a target.
pub(super) fn conclude(endpoints: &[JudgedEndpoint], of_target: &[Finding], causes: &[Cause]) -> String {
    if endpoints.is_empty() {
        let unfound = of_target.iter().find(|finding| finding.id == FindingId::NoServerNamed);
        return unfound.map_or_else(|| "Nothing was probed.".to_owned(), |finding| finding.message.clone());
    }
    let all = spoken(endpoints, causes);
    let sentence = about_all(&all).or_else(|| without_addresses(&judged(&all), of_target)).unwrap_or_else(|| {
        // That nobody can send through the host comes first, whatever else is the case.
        let opening = all.iter().find(|one| one.opens()).and_then(Spoken::summary).map(str::to_owned);
        let others = one_family_only(&all).unwrap_or_else(|| sentences(&all));
        opening.into_iter().chain([others]).collect::<Vec<_>>().join(" ")
    });
    let elsewhere = causes.iter().find(|cause| cause.id == FindingId::MailHostElsewhere);
    let elsewhere = elsewhere.and_then(|cause| cause.summary.clone());
    let first = mail_kept_back(causes).or_else(|| about_relaying(causes)).or_else(|| not_as_expected(of_target));
    let said = [first, Some(sentence), promises_of_no_use(of_target), elsewhere, lookups_that_failed(of_target)];
    said.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// The answer to --open-relay, where there is one: a refusal that is no fault comes of nothing else.
fn about_relaying(causes: &[Cause]) -> Option<String> {
    causes.iter().find_map(|cause| match (cause.id, cause.severity) {
        (FindingId::OpenRelay, _) => Some(format!("{}.", cause.id.entry().title)),
        (FindingId::RelayDenied | FindingId::LoginWanted, Severity::Info) => Some(cause.message.clone()),
        _ => None,
    })
}

/// An endpoint and what speaks for it.
#[derive(Clone, Copy)]
struct Spoken<'a> {
    judged: &'a JudgedEndpoint,
    /// The endpoint whose state says what is wrong with it: itself, unless its silence has the cause of what others were
    /// told.
    speaker: &'a JudgedEndpoint,
    /// The cause that has a sentence of its own for it.
    cause: Option<&'a Cause>,
}

impl<'a> Spoken<'a> {
    fn summary(&self) -> Option<&'a str> {
        self.cause?.summary.as_deref()
    }

    /// Whether some senders do not deliver there, be it in order for the others.
    fn keeps_mail_back(&self) -> bool {
        self.judged.verdict == Verdict::Fail && keeps_mail_back(&self.judged.diagnosis.findings)
    }

    fn opens(&self) -> bool {
        self.cause.is_some_and(|cause| cause.id == FindingId::NoSubmissionPort)
    }
}

/// The endpoints in an order of their own, so that it does not matter in which they finished or were found.
fn spoken<'a>(endpoints: &'a [JudgedEndpoint], causes: &'a [Cause]) -> Vec<Spoken<'a>> {
    let spoken = |(index, judged): (usize, &'a JudgedEndpoint)| {
        let mut covering = causes.iter().filter(|cause| cause.endpoints.contains(&index));
        let speaker = covering.clone().find_map(|cause| endpoints.get(cause.speaker?)).unwrap_or(judged);
        // A broken promise is told before everything else.
        let is_told_apart = |id| id == FindingId::MailHostElsewhere || is_breach(id);
        let cause = covering.find(|cause| cause.summary.is_some() && !is_told_apart(cause.id));
        Spoken { judged, speaker, cause }
    };
    let mut all: Vec<Spoken<'a>> = endpoints.iter().enumerate().map(spoken).collect();
    all.sort_by_key(|one| one.judged.observation.endpoint.order());
    all
}

fn judged<'a>(all: &[Spoken<'a>]) -> Vec<&'a JudgedEndpoint> {
    all.iter().map(|one| one.judged).collect()
}

/// One cause covers everything, and says so itself.
fn about_all(all: &[Spoken<'_>]) -> Option<String> {
    let cause = all.first()?.cause?;
    let is_same = |one: &Spoken<'_>| one.cause.is_some_and(|other| std::ptr::eq(other, cause));
    all.iter().all(is_same).then(|| cause.summary.clone())?
}

/// That half of a host is not known. Of several hosts, a mail domain's, the first stands for the others.
fn lookups_that_failed(of_target: &[Finding]) -> Option<String> {
    let mut failed = of_target.iter().filter(|finding| finding.id == FindingId::AddressFamilyLookupFailed);
    let first = failed.next()?.message.clone();
    Some(match failed.count() {
        0 => first,
        others => format!("{first} So did {others} more."),
    })
}

/// What to do, most important first, every hint once.
pub(super) fn hints(causes: &[Cause]) -> Vec<String> {
    let mut ranked: Vec<(u8, usize, &str)> = Vec::new();
    for cause in causes {
        let (Some(rank), Some(hint)) = (rank(cause), cause.hint.as_deref()) else { continue };
        match ranked.iter_mut().find(|(_, _, known)| *known == hint) {
            Some((gravest, covered, _)) => {
                *gravest = rank.min(*gravest);
                *covered += cause.endpoints.len();
            }
            None => ranked.push((rank, cause.endpoints.len(), hint)),
        }
    }
    ranked.sort_by_key(|(rank, covered, _)| (*rank, usize::MAX - covered));
    ranked.into_iter().take(MAX_HINTS).map(|(_, _, hint)| hint.to_owned()).collect()
}

/// How urgent a cause's hint is, the smallest first; `None` where nothing needs to be done.
fn rank(cause: &Cause) -> Option<u8> {
    use FindingId::{BlockedAtDestination, BlockedNearby, BlockedOnPath, Port25Silent};
    match cause.severity {
        // Whoever has it has asked for the wrong name; and a broken promise is told first.
        Severity::Error if cause.id == FindingId::MailHostElsewhere || is_breach(cause.id) => Some(0),
        Severity::Error => Some(1),
        Severity::Warning => Some(2),
        // A blocked port 25 is worth a word even where nobody asked for it.
        Severity::Info => {
            let is_block = matches!(cause.id, Port25Silent | BlockedNearby | BlockedOnPath | BlockedAtDestination);
            (is_block && cause.ports == [25]).then_some(3)
        }
    }
}

/// No name gave an address.
fn without_addresses(all: &[&JudgedEndpoint], of_target: &[Finding]) -> Option<String> {
    if all.iter().any(|endpoint| endpoint.observation.endpoint.address.is_some()) {
        return None;
    }
    let host = all.first()?.observation.endpoint.host.to_string();
    let state = common(all.iter().map(|endpoint| endpoint.diagnosis.state));
    let one_host = all.iter().all(|endpoint| endpoint.observation.endpoint.host.to_string() == host);
    match state {
        Some(State::Interrupted) => return Some("The run was interrupted before anything was probed.".to_owned()),
        Some(State::Inconclusive) => return Some("The time limit was reached before anything was probed.".to_owned()),
        _ => {}
    }
    if !one_host {
        return Some("None of the names has an address to connect to.".to_owned());
    }
    if all.iter().all(|endpoint| lacks_the_family(endpoint) || is_blocked(endpoint)) {
        return all.first()?.diagnosis.findings.first().map(|finding| finding.message.clone());
    }
    let told = |id| of_target.iter().find(|finding| finding.id == id);
    if state == Some(State::DnsNoAddress)
        && let Some(finding) = told(FindingId::MxIsNoName)
    {
        return Some(finding.message.clone());
    }
    Some(match state {
        Some(State::DnsNoAddress) if told(FindingId::MxMissing).is_some() => {
            format!("{host} has neither an MX record nor an address, so it cannot receive mail.")
        }
        Some(State::DnsNoSuchName) => format!("The name {host} does not exist."),
        Some(State::DnsNoAddress) => format!("The name {host} has no address to connect to."),
        Some(State::DnsNoMail) if all.iter().any(|endpoint| is_relay(endpoint)) => {
            format!("{host} says that it accepts no mail.")
        }
        Some(State::DnsNoMail) => format!("{host} says that it does not offer {}.", services(all)),
        None if all.iter().all(|endpoint| is_absent(endpoint.diagnosis.state)) => {
            format!("{host} accepts no mail, and says that it does not offer {}.", services(all))
        }
        Some(State::DnsTimeout) => format!("No name server answered for {host}, so nothing could be probed."),
        Some(State::DnsFailed) if all.iter().all(|endpoint| is_unasked(endpoint)) => {
            format!("No name server could be reached for {host}, so nothing could be probed.")
        }
        Some(State::DnsFailed) => format!("The name servers could not answer for {host}, so nothing could be probed."),
        _ => "Nothing could be probed.".to_owned(),
    })
}

/// Whether its name is answered as DNS blockers do.
fn is_blocked(endpoint: &JudgedEndpoint) -> bool {
    endpoint.diagnosis.findings.iter().any(|finding| finding.id == FindingId::NameBlocked)
}

/// Whether no name server could be asked for it.
fn is_unasked(endpoint: &JudgedEndpoint) -> bool {
    endpoint.diagnosis.findings.iter().any(|finding| finding.id == FindingId::NameServerUnreachable)
}

/// Whether the DNS gave a clear answer: there is nothing.
const fn is_absent(state: State) -> bool {
    matches!(state, State::DnsNoMail | State::DnsNoAddress)
}

/// What mail programs would use: `imaps and pop3s`.
fn services(all: &[&JudgedEndpoint]) -> String {
    let named = all.iter().filter(|endpoint| !is_relay(endpoint));
    joined(distinct(named.map(|endpoint| endpoint.observation.endpoint.service.name())))
}

/// One family works and the other does not.
fn one_family_only(all: &[Spoken<'_>]) -> Option<String> {
    let of = |wanted: fn(&IpAddr) -> bool| -> Vec<Spoken<'_>> {
        let is_of = |one: &&Spoken<'_>| one.judged.observation.endpoint.address.as_ref().is_some_and(wanted);
        all.iter().filter(is_of).copied().collect()
    };
    let any_works = |family: &[Spoken<'_>]| family.iter().any(|one| works(one.judged));
    let (ipv4, ipv6) = (of(IpAddr::is_ipv4), of(IpAddr::is_ipv6));
    let (good, good_family, bad, bad_family) = match (any_works(&ipv4), any_works(&ipv6)) {
        (true, false) if !ipv6.is_empty() => (ipv4, Family::Ipv4, ipv6, Family::Ipv6),
        (false, true) if !ipv4.is_empty() => (ipv6, Family::Ipv6, ipv4, Family::Ipv4),
        _ => return None,
    };
    // What nobody misses over one family is no fault of it; and a login is made at one address of a service, whichever.
    if bad.iter().all(|one| one.judged.verdict == Verdict::Pass) || bad.iter().any(|one| is_kept_out(one.judged)) {
        return None;
    }
    let (good_name, bad_name) = (good_family.label(), bad_family.label());
    let fault = match common(bad.iter().map(|one| one.speaker.diagnosis.state)) {
        Some(State::ConnectionTimeout) => "nothing answers".to_owned(),
        Some(State::ConnectionRefused) => "every connection is refused".to_owned(),
        Some(State::NetworkUnreachable | State::HostUnreachable) => "nothing can be reached".to_owned(),
        Some(State::AdministrativelyProhibited) => "a rule forbids every connection".to_owned(),
        Some(State::Interrupted | State::Inconclusive | State::LocalError | State::InternalError) => {
            "nothing could be determined".to_owned()
        }
        _ => uncapitalised(sentences(&bad).trim_end_matches('.')),
    };
    if good.iter().all(|one| works(one.judged)) {
        return Some(format!("Everything works over {good_name}; over {bad_name} {fault}."));
    }
    Some(format!("Over {bad_name} {fault}. Over {good_name}: {}", uncapitalised(&sentences(&good))))
}

/// What works, then what does not, grouped by cause.
fn sentences(all: &[Spoken<'_>]) -> String {
    let groups = groups(all);
    let endpoints = judged(all);
    let mut said = Vec::new();
    let everything = groups.is_empty() && !all.iter().any(|one| one.opens() || one.keeps_mail_back());
    let (kept_out, others): (Vec<&PortGroup>, Vec<&PortGroup>) =
        groups.iter().take(MAX_CAUSES).partition(|group| group.is_kept_out);
    // Who asks for a login wants to know of that first.
    said.extend(kept_out.iter().map(|group| group.sentence(&endpoints)));
    said.extend(what_works(all, everything));
    said.extend(others.iter().map(|group| group.sentence(&endpoints)));
    let rest = groups.iter().skip(MAX_CAUSES).filter(|group| group.gravity < FORGIVEN);
    let (elsewhere, everywhere): (Vec<&PortGroup>, Vec<&PortGroup>) = rest.partition(|group| group.place.is_some());
    let ports = distinct(everywhere.iter().flat_map(|group| group.ports.iter().copied()));
    let places = distinct(elsewhere.iter().filter_map(|group| group.place.clone()));
    if !places.is_empty() {
        said.push(format!("There are other failures at {}.", joined(&places)));
    }
    if !ports.is_empty() {
        let verb = if ports.len() == 1 { "fails" } else { "fail" };
        said.push(format!("{} {verb} for other reasons.", capitalised(&words::ports(&ports))));
    }
    said.join(" ")
}

fn what_works(all: &[Spoken<'_>], everything: bool) -> Option<String> {
    let working: Vec<&JudgedEndpoint> = all.iter().map(|one| one.judged).filter(|judged| works(judged)).collect();
    if working.is_empty() {
        return None;
    }
    if !everything {
        return Some(what_works_in_part(all, working));
    }
    let ports = ports_of(&working);
    let verb = if ports.len() == 1 { "works" } else { "work" };
    let addresses = distinct(working.iter().filter_map(|endpoint| endpoint.observation.endpoint.address)).len();
    let at = match addresses {
        0 | 1 => String::new(),
        2 => " on both addresses".to_owned(),
        count => format!(" on all {count} addresses"),
    };
    let login = where_login_works(&working).map(|place| format!(", and so does the login{place}")).unwrap_or_default();
    Some(format!("{} {verb}{at}{login}{}.", subject(&ports, &judged(all)), warnings(&working)))
}

fn what_works_in_part(all: &[Spoken<'_>], working: Vec<&JudgedEndpoint>) -> String {
    let login = where_login_works(&working).map(|place| format!("; the login works{place}")).unwrap_or_default();
    // Where some refuse the login, nobody knows what those would say that were not asked.
    let is_refused = all.iter().any(|one| is_kept_out(one.judged));
    let is_open = |one: &&JudgedEndpoint| !is_refused || one.observation.login.is_none() || has_logged_in(one);
    let (open, unasked): (Vec<&JudgedEndpoint>, Vec<&JudgedEndpoint>) = working.into_iter().partition(is_open);
    let works = (!open.is_empty()).then(|| format!("{}{login}.", capitalised(&by_role(&open))));
    let untried = ports_of(&unasked.into_iter().filter(|one| has(one, FindingId::LoginNotTried)).collect::<Vec<_>>());
    let untried = (!untried.is_empty()).then(|| {
        let verb = if untried.len() == 1 { "works" } else { "work" };
        format!("{} {verb} up to the login, which was not tried there.", capitalised(&words::ports(&untried)))
    });
    works.into_iter().chain(untried).collect::<Vec<_>>().join(" ")
}

/// Whether the login was refused there, or got no answer.
fn is_kept_out(endpoint: &JudgedEndpoint) -> bool {
    matches!(endpoint.diagnosis.state, State::LoginRefused | State::LoginUnavailable)
}

fn has_logged_in(endpoint: &JudgedEndpoint) -> bool {
    has(endpoint, FindingId::LoginAccepted)
}

fn has(endpoint: &JudgedEndpoint, id: FindingId) -> bool {
    endpoint.diagnosis.findings.iter().any(|finding| finding.id == id)
}

/// ` on port 993`; nothing where all that work took it, and `None` where none did.
fn where_login_works(working: &[&JudgedEndpoint]) -> Option<String> {
    let took = ports_of(&working.iter().copied().filter(|one| has_logged_in(one)).collect::<Vec<_>>());
    let place = if took == ports_of(working) { String::new() } else { format!(" on {}", words::ports(&took)) };
    (!took.is_empty()).then_some(place)
}

/// `, with warnings: the certificate expires soon`
fn warnings(working: &[&JudgedEndpoint]) -> String {
    if !working.iter().any(|endpoint| endpoint.verdict == Verdict::Warn) {
        return String::new();
    }
    let findings = working.iter().flat_map(|endpoint| &endpoint.diagnosis.findings);
    let warned = distinct(findings.filter(|finding| finding.severity == Severity::Warning).map(|finding| finding.id));
    let titles: Vec<String> = warned.iter().map(|id| uncapitalised(id.entry().title)).collect();
    match titles.len() {
        0 => ", with warnings".to_owned(),
        1..=MAX_CAUSES => format!(", with warnings: {}", joined(titles)),
        more => {
            let first: Vec<String> = titles.into_iter().take(MAX_CAUSES).collect();
            format!(", with warnings: {}, and {} more", first.join(", "), more - MAX_CAUSES)
        }
    }
}

/// `mail programs can send through 465 and 587 and fetch mail through 993; other servers can deliver through 25`
fn by_role(working: &[&JudgedEndpoint]) -> String {
    let through = |wanted: &[Role]| -> Option<String> {
        let matching = working.iter().copied().filter(|e| wanted.contains(&e.observation.endpoint.service.role()));
        let mut ports = ports_of(&matching.collect::<Vec<_>>());
        // Port 25 is not for mail programs, whoever names it for them.
        ports.retain(|&port| port != Service::Smtp.port() || wanted.contains(&Role::Relay));
        (!ports.is_empty()).then(|| joined(ports))
    };
    let send = through(&[Role::Submission]).map(|ports| format!("send through {ports}"));
    let fetch = through(&[Role::Retrieval, Role::Access]).map(|ports| format!("fetch mail through {ports}"));
    let programs: Vec<String> = send.into_iter().chain(fetch).collect();
    let programs = (!programs.is_empty()).then(|| format!("mail programs can {}", joined(programs)));
    let relay = through(&[Role::Relay]).map(|ports| format!("other mail servers can deliver through {ports}"));
    let said: Vec<String> = programs.into_iter().chain(relay).collect();
    if said.is_empty() { "port 25 answers, but it is not for mail programs".to_owned() } else { said.join("; ") }
}

/// `Ports 110 and 143 refuse connections.`; of all ports, what cannot be done is said of none.
fn predicate(subject: &str, what: &str) -> String {
    match (subject.strip_prefix("All "), what.strip_prefix("cannot ")) {
        (Some(ports), Some(verb)) => {
            let ports = if ports.starts_with("seven") { format!("the {ports}") } else { format!("these {ports}") };
            format!("None of {ports} can {verb}.")
        }
        _ => format!("{subject} {what}."),
    }
}

/// Ports that fail in the same way, or are not offered.
struct PortGroup {
    what: String,
    what_of_many: String,
    /// Whether `what` is a cause's own sentence.
    is_sentence: bool,
    /// The host or address, where the same port works elsewhere.
    place: Option<String>,
    gravity: u8,
    /// Whether it is the login that failed there.
    is_kept_out: bool,
    ports: Vec<u16>,
}

impl PortGroup {
    fn sentence(&self, all: &[&JudgedEndpoint]) -> String {
        if self.is_sentence {
            return self.what.clone();
        }
        let what = if self.ports.len() == 1 { &self.what } else { &self.what_of_many };
        match &self.place {
            None => predicate(&subject(&self.ports, all), what),
            Some(place) => format!("At {place}, {} {what}.", words::ports(&self.ports)),
        }
    }
}

fn groups(all: &[Spoken<'_>]) -> Vec<PortGroup> {
    let mut groups: Vec<PortGroup> = Vec::new();
    for one in all.iter().filter(|one| !works(one.judged) && !one.opens()) {
        let port = one.judged.observation.endpoint.port;
        let (place, (what, what_of_many)) = match one.summary() {
            Some(summary) => (None, (summary.to_owned(), String::new())),
            None => (place(one, all), what_is_wrong(one.speaker)),
        };
        match groups.iter_mut().find(|group| group.what == what && group.place == place) {
            Some(group) if group.ports.contains(&port) => {}
            Some(group) => group.ports.push(port),
            None => groups.push(PortGroup {
                what,
                what_of_many,
                is_sentence: one.summary().is_some(),
                place,
                gravity: gravity(one.judged),
                is_kept_out: is_kept_out(one.judged),
                ports: vec![port],
            }),
        }
    }
    groups.sort_by_key(|group| group.gravity);
    groups
}

/// Failures first, what is merely not offered last.
fn gravity(endpoint: &JudgedEndpoint) -> u8 {
    match endpoint.verdict {
        Verdict::Fail => 0,
        Verdict::Inconclusive => 1,
        Verdict::Warn => 2,
        Verdict::Pass if is_silent_25(endpoint) => FORGIVEN,
        Verdict::Pass => FORGIVEN + 1,
    }
}

/// From this gravity on, nothing fails: a port is merely not offered.
const FORGIVEN: u8 = 3;

/// Where an endpoint is, when the same port fares otherwise elsewhere.
fn place(one: &Spoken<'_>, all: &[Spoken<'_>]) -> Option<String> {
    let own = &one.judged.observation.endpoint;
    let others = all.iter().filter(|other| other.judged.observation.endpoint.port == own.port);
    let state = one.speaker.diagnosis.state;
    let mut differing = others.filter(|other| other.speaker.diagnosis.state != state).peekable();
    differing.peek()?;
    if differing.any(|other| other.judged.observation.endpoint.host != own.host) || own.address.is_none() {
        return Some(own.host.to_string());
    }
    own.address.map(|address| address.to_string())
}
