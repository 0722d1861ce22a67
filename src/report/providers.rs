//! `mailprobe providers`: the built-in table, and one row of it.

use unicode_width::UnicodeWidthStr as _;

use super::json;
use super::mirror::{all, mirror};
use super::style::{Ink, Page, Style, pad, pad_left};
use crate::providers::{Citation, HostPort, Provider, ProviderServer};
use crate::service::{Protocol, Security, Service};

/// The whole table, as text for a terminal: a line or two for each provider.
pub fn table(providers: &[Provider], style: Style) -> String {
    let mut page = Page::new(style);
    let name = providers.iter().map(|provider| provider.name.width()).max().unwrap_or(0);
    let indent = name + GAP;
    page.paragraph(&[], 0, Ink::Strong, "Mail providers with built-in settings");
    let legend = "Numbers are ports: plain with TLS from the start, in brackets with STARTTLS. `mailprobe ports` says \
        which to use and why.";
    page.paragraph(&[], 0, Ink::Plain, legend);
    page.blank();
    for provider in providers {
        let mut lead = pad(&provider.name, indent);
        for line in filled(&servers_in_short(provider), style.columns().saturating_sub(indent)) {
            page.paragraph(&[(Ink::Strong, &lead)], indent, Ink::Plain, &line);
            lead = " ".repeat(indent);
        }
    }
    page.blank();
    let next = "One of them with its notes: mailprobe providers gmail. To check its servers: mailprobe @gmail.com.";
    page.paragraph(&[], 0, Ink::Plain, next);
    page.into_text()
}

const GAP: usize = 2;

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
    if !provider.takes_password {
        parts.push("no password login".to_owned());
    }
    parts
}

pub fn one(provider: &Provider, style: Style) -> String {
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
    let login = if provider.takes_password {
        "with a password, or whatever the provider issues instead"
    } else {
        "no password login: mail programs must support OAuth (sign-in with a browser)"
    };
    fact(&mut page, "login", login);
    for remark in &provider.remarks {
        fact(&mut page, "note", remark);
    }
    let citations: Vec<String> = provider.citations.iter().map(|one| format!("{} ({})", one.name, one.date)).collect();
    fact(&mut page, "source", &citations.join(", "));
    fact(&mut page, "check", &check(provider));
    page.into_text()
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
pub fn json(providers: &[Provider]) -> serde_json::Result<String> {
    json::table("mailprobe/providers/v1", "providers", &all::<_, ProviderRow>(providers))
}

mirror! {
    struct ProviderRow from provider: &Provider {
        name: String = provider.name.clone(),
        title: String = provider.title.clone(),
        domains: Vec<String> = provider.domains.clone(),
        servers: Vec<ServerRow> = all(&provider.servers),
        password_login: bool = provider.takes_password,
        not_offered: Vec<ClosedPortRow> = all(&provider.not_offered),
        remarks: Vec<String> = provider.remarks.clone(),
        sources: Vec<CitationRow> = all(&provider.citations),
    }

    struct ServerRow from server: &ProviderServer {
        service: Service = server.service,
        protocol: Protocol = server.service.protocol(),
        host: String = server.host.clone(),
        port: u16 = server.port,
        security: Security = server.security,
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
