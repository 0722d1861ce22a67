//! `mailprobe providers`: the built-in table, and one row of it.

use unicode_width::UnicodeWidthStr as _;

use super::json;
use super::mirror::{all, mirror};
use super::style::{Ink, Page, Style, pad, pad_left};
use crate::providers::{Citation, Day, HostPort, LoginRule, Provider, ProviderServer};
use crate::service::{LoginNeed, Protocol, Security, Service};
use crate::words::{distinct, joined};

/// The whole table, as text for a terminal: a line or two for each provider.
pub fn table(providers: &[Provider], today: &Day, style: Style) -> String {
    let mut page = Page::new(style);
    let name = providers.iter().map(|provider| provider.name.width()).max().unwrap_or(0);
    let indent = name + GAP;
    page.paragraph(&[], 0, Ink::Strong, "Mail providers with built-in settings");
    let legend = "Numbers are ports: plain with TLS from the start, in round brackets with STARTTLS. `mailprobe ports` \
        says which to use and why. Numbers in square brackets are sources, listed at the end.";
    let sources = distinct(providers.iter().flat_map(|provider| &provider.citations));
    page.paragraph(&[], 0, Ink::Plain, legend);
    page.blank();
    for provider in providers {
        let mut lead = pad(&provider.name, indent);
        let mut parts = servers_in_short(provider);
        parts.extend(login_in_short(provider, today));
        parts.extend(marks(provider, &sources));
        for line in filled(&parts, style.columns().saturating_sub(indent)) {
            page.paragraph(&[(Ink::Strong, &lead)], indent, Ink::Plain, &line);
            lead = " ".repeat(indent);
        }
    }
    page.blank();
    for (source, number) in sources.iter().zip(1..) {
        let lead = pad(&format!("[{number}]"), SOURCE_INDENT);
        page.paragraph(&[(Ink::Faint, &lead)], SOURCE_INDENT, Ink::Plain, &cited(source));
    }
    page.blank();
    let next = "One of them with its notes: mailprobe providers gmail. To check its servers: mailprobe @gmail.com.";
    page.paragraph(&[], 0, Ink::Plain, next);
    page.into_text()
}

const GAP: usize = 2;
const SOURCE_INDENT: usize = 5;

/// `[1] [3]`, the numbers of a row's sources.
fn marks(provider: &Provider, sources: &[&Citation]) -> Option<String> {
    let number = |citation: &Citation| sources.iter().zip(1..).find(|(source, _)| **source == citation);
    let numbers = provider.citations.iter().filter_map(|citation| number(citation).map(|(_, n)| format!("[{n}]")));
    Some(numbers.collect::<Vec<_>>().join(" ")).filter(|marks| !marks.is_empty())
}

/// `Thunderbird ISPDB (2026-03)`
fn cited(citation: &Citation) -> String {
    format!("{} ({})", citation.name, citation.date)
}

/// As many parts side by side as a line has room for; a server and its ports stay together.
fn filled(parts: &[String], room: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        match lines.last_mut() {
            Some(line) if line.width() + ", ".len() + part.width() < room => {
                line.extend([", ", part]);
            }
            Some(line) => {
                line.push(',');
                lines.push(part.clone());
            }
            None => lines.push(part.clone()),
        }
    }
    lines
}

/// `smtp.gmail.com 465 (587)`, `imap.gmail.com 993`, `pop.gmail.com 995`
fn servers_in_short(provider: &Provider) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for of_host in provider.servers.chunk_by(|one, next| one.host == next.host) {
        let port = |server: &ProviderServer| match server.security {
            Security::Implicit => server.port.to_string(),
            Security::StartTls | Security::Plaintext => format!("({})", server.port),
        };
        let numbers: Vec<String> = of_host.iter().map(port).collect();
        parts.extend(of_host.first().map(|first| format!("{} {}", first.host, numbers.join(" "))));
    }
    parts
}

/// What to know before one logs in, in a few words.
fn login_in_short(provider: &Provider, today: &Day) -> Vec<String> {
    let in_force = provider.login.iter().filter(|rule| rule.holds_on(today));
    let short = |rule: &LoginRule| {
        let words = match rule.needs {
            LoginNeed::Password => "password",
            LoginNeed::OAuth => "no password login",
            LoginNeed::AppPassword => "app password",
            LoginNeed::SwitchOnFirst => return format!("switch on {} first", names(&concerned(provider, rule))),
        };
        if rule.protocols.is_some() {
            format!("{}: {words}", names(&concerned(provider, rule)))
        } else {
            words.to_owned()
        }
    };
    in_force.map(short).collect()
}

/// The protocols of the provider that the rule is for.
fn concerned(provider: &Provider, rule: &LoginRule) -> Vec<Protocol> {
    provider.protocols().into_iter().filter(|protocol| rule.is_for(*protocol)).collect()
}

/// `IMAP and POP3`
fn names(protocols: &[Protocol]) -> String {
    joined(protocols.iter().map(|protocol| protocol.name().to_uppercase()))
}

pub fn one(provider: &Provider, today: &Day, style: Style) -> String {
    let mut page = Page::new(style);
    page.line(&[(Ink::Strong, &provider.title), (Ink::Plain, &format!("  ({})", provider.name))]);
    if !provider.domains.is_empty() {
        fact(&mut page, "for", &provider.domains.join(", "));
    }
    page.blank();
    let host = provider.servers.iter().map(|server| server.host.width()).max().unwrap_or(0);
    for server in &provider.servers {
        let line = format!(
            "{}  {}  {}  {}",
            pad(&purpose(server), "reads, IMAP".len()),
            pad(&server.host, host),
            pad_left(&server.port.to_string(), 5),
            security(server.security)
        );
        page.paragraph(&[(Ink::Plain, "  ")], 4, Ink::Plain, &line);
    }
    page.blank();
    login(&mut page, provider, today);
    for remark in &provider.remarks {
        fact(&mut page, "note", remark);
    }
    let citations: Vec<String> = provider.citations.iter().map(cited).collect();
    fact(&mut page, "source", &citations.join(", "));
    fact(&mut page, "check", &check(provider));
    page.into_text()
}

/// What it takes to log in on this day.
fn login(page: &mut Page, provider: &Provider, today: &Day) {
    // That a protocol has to be switched on says nothing of the password, unless it is told in full.
    let tells_how = |rule: &LoginRule| rule.needs != LoginNeed::SwitchOnFirst || rule.note.is_some();
    let mut usual = provider.protocols();
    usual.retain(|protocol| !provider.login_on(today, *protocol).any(tells_how));
    if !usual.is_empty() {
        let text = "with a password, or whatever the provider issues instead";
        let some = usual.len() < provider.protocols().len();
        fact(page, "login", &if some { format!("{}: {text}", names(&usual)) } else { text.to_owned() });
    }
    for rule in provider.login.iter().filter(|rule| rule.holds_on(today)) {
        fact(page, "login", &rule.sentence(&provider.title, &concerned(provider, rule)));
        if let Some(address) = &rule.page {
            // Whole, so that it can be clicked on.
            page.line(&[(Ink::Plain, &" ".repeat(INDENT)), (Ink::Plain, address)]);
        }
        fact(page, "", &format!("({}, checked {})", rule.source, rule.checked));
    }
}

fn fact(page: &mut Page, name: &str, text: &str) {
    let lead = format!("  {}", pad(name, INDENT - 2));
    page.paragraph(&[(Ink::Faint, &lead)], INDENT, Ink::Plain, text);
}

const INDENT: usize = 10;

fn purpose(server: &ProviderServer) -> String {
    let protocol = server.service.protocol();
    let verb = if protocol == Protocol::Smtp { "sends" } else { "reads" };
    format!("{verb}, {}", protocol.name().to_uppercase())
}

fn security(security: Security) -> &'static str {
    match security {
        Security::Implicit => "TLS from the start",
        Security::StartTls => "STARTTLS",
        Security::Plaintext => "no TLS",
    }
}

fn check(provider: &Provider) -> String {
    if let Some(domain) = provider.domains.first() {
        return format!("mailprobe @{domain}");
    }
    let mut command = "mailprobe".to_owned();
    for ProviderServer { host, port, security, service } in &provider.servers {
        let target = match Service::by_port(*port) {
            Some(_) => format!("{host}:{port}"),
            None if *security == Security::Implicit => format!("{service}://{host}:{port}"),
            None => format!("{}://{host}:{port}", service.protocol()),
        };
        command.extend([" ", &target]);
    }
    command
}

/// These providers as a JSON document, indented, with a line feed at its end. Names are only ever added.
pub fn json(providers: &[Provider], today: &Day) -> serde_json::Result<String> {
    let rows: Vec<ProviderRow> = providers.iter().map(|provider| ProviderRow::from((provider, today))).collect();
    json::table("mailprobe/providers/v1", "providers", &rows)
}

mirror! {
    struct ProviderRow from (provider, today): (&Provider, &Day) {
        name: String = provider.name.clone(),
        title: String = provider.title.clone(),
        domains: Vec<String> = provider.domains.clone(),
        servers: Vec<ServerRow> = provider.servers.iter().map(|server| (provider, server, today).into()).collect(),
        // At one of its servers at least.
        password_login: bool = provider.takes_password_somewhere(today),
        login: Vec<LoginRow> = provider.login.iter().map(|rule| (provider, rule, today).into()).collect(),
        not_offered: Vec<ClosedPortRow> = all(&provider.not_offered),
        remarks: Vec<String> = provider.remarks.clone(),
        sources: Vec<CitationRow> = all(&provider.citations),
    }

    struct ServerRow from (provider, server, today): (&Provider, &ProviderServer, &Day) {
        service: Service = server.service,
        protocol: Protocol = server.service.protocol(),
        host: String = server.host.clone(),
        port: u16 = server.port,
        security: Security = server.security,
        password_login: bool = provider.takes_password(today, server.service.protocol()),
        login_needs: Vec<LoginNeed> = provider.login_on(today, server.service.protocol()).map(|rule| rule.needs).collect(),
    }

    struct LoginRow from (provider, rule, today): (&Provider, &LoginRule, &Day) {
        needs: LoginNeed = rule.needs,
        protocols: Vec<Protocol> = concerned(provider, rule),
        from: Option<String> = rule.from.as_ref().map(Day::to_string),
        until: Option<String> = rule.until.as_ref().map(Day::to_string),
        in_force: bool = rule.holds_on(today),
        text: String = rule.sentence(&provider.title, &concerned(provider, rule)),
        page: Option<String> = rule.page.clone(),
        source: String = rule.source.clone(),
        checked: String = rule.checked.clone(),
    }

    struct ClosedPortRow from port: &HostPort {
        host: String = port.host.clone(),
        port: u16 = port.port,
    }

    struct CitationRow from citation: &Citation {
        name: String = citation.name.clone(),
        date: String = citation.date.clone(),
    }
}
