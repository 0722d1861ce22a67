//! `mailprobe ports`: the port table, explained.

use serde::Serialize;

use super::style::{Ink, Page, Style, pad, pad_left};
use crate::service::{ALTERNATIVE_PORTS, Protocol, Role, Security, Service};

/// The table and what one should know about it, as text for a terminal.
pub fn text(style: Style) -> String {
    let mut page = Page::new(style);
    page.paragraph(&[], 0, Ink::Strong, "The seven mail ports, all TCP");
    page.blank();
    for &service in Service::ALL {
        let lead =
            format!("{}  {} ", pad_left(&service.port().to_string(), 5), pad(service.name(), "submissions".len()));
        page.paragraph(&[(Ink::Strong, &lead)], INDENT, Ink::Plain, purpose(service));
        let facts = [words(service).to_owned(), service.references().to_owned()];
        page.paragraph(&[], INDENT, Ink::Faint, &facts.join(style.separator()));
    }
    page.blank();
    let alternatives: Vec<_> =
        ALTERNATIVE_PORTS.iter().map(|(port, service)| format!("{port} (as {})", service.port())).collect();
    let alternatives = format!(
        "Some providers also listen on {}. These are not registered; use them only where the provider says so.",
        alternatives.join(", ")
    );
    page.paragraph(&[], 2, Ink::Plain, &alternatives);
    for (question, answer) in QUESTIONS {
        page.blank();
        page.paragraph(&[], 0, Ink::Strong, question);
        page.paragraph(&[], 2, Ink::Plain, answer);
    }
    page.into_text()
}

/// Where the description of a port begins.
const INDENT: usize = 20;

fn purpose(service: Service) -> &'static str {
    match service {
        Service::Smtp => "Servers hand mail to each other. Not for mail programs.",
        Service::Submissions => "Mail programs send mail. The best choice.",
        Service::Submission => "Mail programs send mail. The choice where 465 is closed.",
        Service::Pop3 => "Mail programs move mail to one computer. Prefer 995.",
        Service::Pop3s => "Mail programs move mail to one computer.",
        Service::Imap => "Mail programs read mail on the server. Prefer 993.",
        Service::Imaps => "Mail programs read mail on the server. The best choice.",
    }
}

fn words(service: Service) -> &'static str {
    match (service.security(), service.protocol()) {
        (Security::Implicit, _) => "TLS from the first byte",
        (Security::StartTls, Protocol::Pop3) => "plaintext, then TLS by STLS",
        (Security::StartTls, _) => "plaintext, then TLS by STARTTLS",
        (Security::Plaintext, _) => "no TLS",
    }
}

const QUESTIONS: [(&str, &str); 6] = [
    (
        "Which one should a mail program use?",
        "To read mail: 993 (IMAP), or 995 (POP3) to move it to one computer. To send mail: 465, or 587. All of them \
         with a login. Never 25.",
    ),
    (
        "Why does port 25 often not work?",
        "Many networks block it on purpose: internet providers for homes and most clouds for new machines, because \
         infected computers send spam there. Only mail servers need it. Mail programs use 465 or 587, which are \
         rarely blocked. `mailprobe blocked` tells whether, where and by whom it is blocked here.",
    ),
    (
        "\"SSL\", TLS, STARTTLS?",
        "TLS is the successor of SSL; nobody should use SSL any more. Where a mail program says \"SSL/TLS\", it means \
         TLS from the first byte: 465, 993, 995. Where it says \"STARTTLS\" (in some programs just \"TLS\"), it means \
         plaintext first, then the change to TLS: 587, 143, 110. A program set to the wrong one waits, or reports \
         a confusing error.",
    ),
    ("TCP or UDP?", "TCP, always. Mail has no use for UDP: in a firewall, only the TCP ports have to be open."),
    (
        "What has 443 to do with mail?",
        "Nothing: it is the web's port. mailprobe may connect to it for comparison, to tell a blocked mail port from \
         a host that cannot be reached at all.",
    ),
    (
        "Is an open port enough?",
        "No. Something must greet in the right protocol, TLS must work, and the certificate must be for the name. \
         That is what `mailprobe HOST` checks.",
    ),
];

/// The table as a JSON document, indented, with a line feed at its end. Names are only ever added.
///
/// # Errors
/// Those of the JSON writer; the types give it no cause for any.
pub fn json() -> serde_json::Result<String> {
    let document = Document {
        schema: "mailprobe/ports/v1",
        version: env!("CARGO_PKG_VERSION"),
        ports: Service::ALL.iter().map(|&service| Row::from(service)).collect(),
    };
    let mut document = serde_json::to_string_pretty(&document)?;
    document.push('\n');
    Ok(document)
}

#[derive(Serialize)]
struct Document {
    schema: &'static str,
    version: &'static str,
    ports: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    port: u16,
    transport: &'static str,
    service: Service,
    protocol: Protocol,
    security: Security,
    role: Role,
    purpose: &'static str,
    references: Vec<&'static str>,
    /// Ports that some providers use instead.
    alternatives: Vec<u16>,
}

impl From<Service> for Row {
    fn from(service: Service) -> Self {
        Self {
            port: service.port(),
            transport: "tcp",
            service,
            protocol: service.protocol(),
            security: service.security(),
            role: service.role(),
            purpose: purpose(service),
            references: service.references().split(", ").collect(),
            alternatives: ALTERNATIVE_PORTS
                .iter()
                .filter(|(_, meant)| *meant == service)
                .map(|&(port, _)| port)
                .collect(),
        }
    }
}
