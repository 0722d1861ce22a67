//! `mailprobe ports`: the port table, explained.

use super::json;
use super::mirror::{all, mirror};
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

const INDENT: usize = 20;

fn purpose(service: Service) -> &'static str {
    match service {
        Service::Smtp => "Mail servers pass mail to each other. Not for mail programs.",
        Service::Submissions => "Mail programs send mail. The best choice.",
        Service::Submission => "Mail programs send mail. The choice if 465 is closed.",
        Service::Pop3 => "Mail programs download mail to one computer. Prefer 995.",
        Service::Pop3s => "Mail programs download mail to one computer.",
        Service::Imap => "Mail programs read mail on the server. Prefer 993.",
        Service::Imaps => "Mail programs read mail on the server. The best choice.",
    }
}

fn words(service: Service) -> &'static str {
    match (service.security(), service.protocol()) {
        (Security::Implicit, _) => "encrypted by TLS from the start",
        (Security::StartTls, Protocol::Pop3) => "plaintext first, then TLS by STLS",
        (Security::StartTls, _) => "plaintext first, then TLS by STARTTLS",
        (Security::Plaintext, _) => "no TLS",
    }
}

const QUESTIONS: [(&str, &str); 6] = [
    (
        "Which one should a mail program use?",
        "To send mail: 465, or 587 if 465 does not work. To read mail: 993 (IMAP: the mail stays on the server), or \
         995 (POP3: it is downloaded to one computer). All of them with a login. Never 25.",
    ),
    (
        "Why does port 25 often not work?",
        "Many networks block it on purpose: most home internet providers, and most clouds for new machines, because \
         infected computers send spam through it. In that case nothing is broken. Only mail servers need port 25; mail \
         programs use 465 or 587, which are seldom blocked.",
    ),
    (
        "\"SSL\", TLS, STARTTLS?",
        "TLS encrypts the connection. SSL is its predecessor, insecure and long out of use; only the name lives on. \
         \"SSL/TLS\" in a mail program means encrypted from the start: 465, 993, 995. \"STARTTLS\" (some programs just \
         say \"TLS\") means that the connection starts unencrypted and then changes to TLS: 587, 143, 110. A program \
         set to the wrong one hangs or shows a confusing error.",
    ),
    ("TCP or UDP?", "Always TCP. In a firewall, only the TCP ports have to be open; mail does not use UDP."),
    (
        "What does 443 have to do with mail?",
        "Nothing: it is the port of web pages, including webmail in a browser. It only serves for comparison: if web \
         pages open and port 25 does not, the network works, and something blocks mail.",
    ),
    (
        "Is an open port enough?",
        "No. The right protocol must greet, TLS must work, and the certificate must be valid for the name. \
         `mailprobe mail.example.org` checks all of that.",
    ),
];

/// The table as a JSON document, indented, with a line feed at its end. Names are only ever added.
pub fn json() -> serde_json::Result<String> {
    json::table("mailprobe/ports/v1", "ports", &all::<_, PortRow>(Service::ALL))
}

mirror! {
    struct PortRow from service: &Service {
        port: u16 = service.port(),
        transport: &'static str = "tcp",
        service: Service = *service,
        protocol: Protocol = service.protocol(),
        security: Security = service.security(),
        role: Role = service.role(),
        purpose: &'static str = purpose(*service),
        references: Vec<&'static str> = service.references().split(", ").collect(),
        /// Ports that some providers use instead.
        alternatives: Vec<u16> =
            ALTERNATIVE_PORTS.iter().filter(|(_, meant)| meant == service).map(|&(port, _)| port).collect(),
    }
}
