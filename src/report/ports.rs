//! `mailprobe ports`: the port table, explained.

use super::article::Block;
use super::json;
use super::mirror::{all, mirror};
use super::style::{Ink, Page, Style, pad, pad_left};
use crate::service::{ALTERNATIVE_PORTS, Protocol, Role, Security, Service};
use crate::target::ServicePort;

/// The table, as text for a terminal. It fits on one screen with what to read next.
pub fn text(style: Style) -> String {
    let mut page = Page::new(style);
    page.paragraph(&[], 0, Ink::Strong, "The seven mail ports, all TCP");
    page.blank();
    for &service in Service::ALL {
        row(&mut page, service.port(), service);
    }
    page.blank();
    page.paragraph(&[], 0, Ink::Plain, WHICH_ONE);
    let next = "Why does 25 often not work? mailprobe ports 25. More questions and answers: mailprobe explain ports";
    page.paragraph(&[], 0, Ink::Plain, next);
    page.into_text()
}

/// These ports alone, with what there is to say about each.
pub fn some(ports: &[ServicePort], style: Style) -> String {
    let mut page = Page::new(style);
    for &ServicePort { port, service } in ports {
        if !page.is_empty() {
            page.blank();
        }
        row(&mut page, port, service);
        if port != service.port() {
            let note = format!(
                "Port {port} is not registered for mail: some providers offer on it what {} is for. Use it only where the \
                 provider says so.",
                service.port()
            );
            page.paragraph(&[(Ink::Plain, "  ")], 2, Ink::Plain, &note);
        }
        for remark in remarks(service) {
            page.blank();
            page.paragraph(&[(Ink::Plain, "  ")], 2, Ink::Plain, remark);
        }
        page.blank();
        page.line(&[(Ink::Plain, &format!("  To check it: mailprobe mail.example.org:{port}"))]);
        if service == Service::Smtp {
            page.line(&[(Ink::Plain, "  Is it blocked from here? mailprobe blocked")]);
        }
    }
    page.into_text()
}

fn row(page: &mut Page, port: u16, service: Service) {
    let lead = format!("{}  {} ", pad_left(&port.to_string(), 5), pad(service.name(), "submissions".len()));
    page.paragraph(&[(Ink::Strong, &lead)], INDENT, Ink::Plain, purpose(service));
    let facts = [words(service).to_owned(), service.references().to_owned()];
    page.paragraph(&[], INDENT, Ink::Faint, &facts.join(page.separator()));
}

/// What people ask about the ports: `mailprobe explain ports`.
pub fn questions() -> Vec<Block> {
    let alternatives: Vec<_> =
        ALTERNATIVE_PORTS.iter().map(|(port, service)| format!("{port} (as {})", service.port())).collect();
    let alternatives = format!(
        "Some providers also listen on {}. These are not registered; use them only where the provider says so.",
        alternatives.join(", ")
    );
    let questions = [
        ("Which one should a mail program use?", WHICH_ONE),
        ("Why does port 25 often not work?", WHY_25),
        ("\"SSL\", TLS, STARTTLS?", SSL_OR_STARTTLS),
        ("Are there others?", alternatives.as_str()),
        ("TCP or UDP?", "Always TCP. In a firewall, only the TCP ports have to be open; mail does not use UDP."),
        ("What does 443 have to do with mail?", WHAT_OF_443),
        ("Is an open port enough?", OPEN_IS_NOT_ENOUGH),
    ];
    let blocks = questions.into_iter().flat_map(|(question, answer)| [Block::heading(question), Block::text(answer)]);
    blocks.collect()
}

const INDENT: usize = 20;

/// What a service is for, in a sentence or two.
pub fn purpose(service: Service) -> &'static str {
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

const WHICH_ONE: &str = "To send mail: 465, or 587 if 465 does not work. To read mail: 993 (IMAP: the mail stays on the server), \
     or 995 (POP3: it is downloaded to one computer). All of them with a login. Never 25.";

const WHY_25: &str = "Many networks block it on purpose: most home internet providers, and most clouds for new machines, because \
     infected computers send spam through it. In that case nothing is broken. Only mail servers need port 25; mail programs \
     use 465 or 587, which are seldom blocked.";

const SSL_OR_STARTTLS: &str = "TLS encrypts the connection. SSL is its predecessor, insecure and long out of use; only the name lives on. \
     \"SSL/TLS\" in a mail program means encrypted from the start: 465, 993, 995. \"STARTTLS\" (some programs just say \
     \"TLS\") means that the connection starts unencrypted and then changes to TLS: 587, 143, 110. A program set to the \
     wrong one hangs or shows a confusing error.";

const WHAT_OF_443: &str = "Nothing: it is the port of web pages, including webmail in a browser. It only serves for comparison: if web \
     pages open and port 25 does not, the network works, and something blocks mail.";

const OPEN_IS_NOT_ENOUGH: &str = "No. The right protocol must greet, TLS must work, and the certificate must be valid for the name. \
     `mailprobe mail.example.org` checks all of that.";

/// What there is to say about a port when it is asked about alone.
fn remarks(service: Service) -> Vec<&'static str> {
    match service {
        Service::Smtp => vec![
            "The servers of other domains bring mail here; which host takes it, the domain's MX record says. The \
             encryption is optional: a server that offers none still gets its mail.",
            WHY_25,
        ],
        Service::Submissions => vec![
            "In a mail program: outgoing server, port 465, SSL/TLS, with name and password. It is newer than 587 in the \
             standards (RFC 8314) and preferred by them, because nothing is ever said unencrypted.",
        ],
        Service::Submission => vec![
            "In a mail program: outgoing server, port 587, STARTTLS, with name and password. Most servers offer a login \
             only after the change to TLS.",
        ],
        Service::Imaps => vec!["In a mail program: incoming server (IMAP), port 993, SSL/TLS."],
        Service::Imap => vec![
            "In a mail program: incoming server (IMAP), port 143, STARTTLS. Many providers have closed it: with 993 there is \
             nothing that somebody on the way could take out.",
        ],
        Service::Pop3s => vec!["In a mail program: incoming server (POP3), port 995, SSL/TLS."],
        Service::Pop3 => vec![
            "In a mail program: incoming server (POP3), port 110, STARTTLS. Many providers have closed it: with 995 there is \
             nothing that somebody on the way could take out.",
        ],
    }
}

/// Rows of the table as a JSON document, indented, with a line feed at its end. Names are only ever added.
pub fn json(services: &[Service]) -> serde_json::Result<String> {
    json::table("mailprobe/ports/v1", "ports", &all::<_, PortRow>(services))
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
