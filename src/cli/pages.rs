//! What mailprobe knows without a network: `mailprobe ports`, `providers` and `explain`.

use std::time::SystemTime;

use super::config;
use super::console::{print, style};
use super::output::PageChoices;
use super::similar::{advice, similar};
use crate::diagnosis::icmp_meaning;
use crate::diagnosis::reference::{self, Subject};
use crate::diagnosis::reply::{self, ReplyMeaning};
use crate::observation::Icmp;
use crate::providers::{self, Day, Provider};
use crate::report::explain::glossary::{self, GLOSSARY, Word};
use crate::report::{article, explain as explanations, ports as port_table, providers as provider_table};
use crate::service::Service;
use crate::target::{Quoted, ServicePort};
use crate::words::distinct;

/// What `mailprobe explain` is asked about.
#[derive(Debug)]
pub(super) enum Topic {
    /// Everything: a list of the names.
    All,
    Subject(Subject),
    /// A word of the glossary, with what the numbers behind it mean.
    Word(&'static Word, Option<String>),
    Reply(ReplyMeaning),
    Ports,
    Config,
}

/// The table, or these ports of it alone.
pub(super) fn ports(ports: &[ServicePort], wanted: PageChoices) -> Result<(), u8> {
    let style = style(wanted.color);
    let services = distinct(ports.iter().map(|port| port.service));
    print(match (wanted.format.is_json(), ports) {
        (true, []) => port_table::json(Service::ALL),
        (true, _) => port_table::json(&services),
        (false, []) => Ok(port_table::text(style)),
        (false, ports) => Ok(port_table::some(ports, style)),
    })
}

pub(super) fn explain(topic: &Topic, wanted: PageChoices) -> Result<(), u8> {
    print(if wanted.format.is_json() { topic.json() } else { Ok(topic.text(wanted)) })
}

impl Topic {
    fn text(&self, wanted: PageChoices) -> String {
        let style = style(wanted.color);
        match self {
            Self::All => explanations::list(style),
            Self::Subject(subject) => explanations::text(subject, style),
            Self::Word(word, note) => explanations::word(word, note.as_deref(), style),
            Self::Reply(reply) => explanations::reply(reply, style),
            Self::Ports => article::text(&port_table::questions(), style),
            Self::Config => article::text(&config::description(), style),
        }
    }

    fn json(&self) -> serde_json::Result<String> {
        match self {
            Self::All => explanations::json(&reference::subjects()),
            Self::Subject(subject) => explanations::json(&[*subject]),
            Self::Word(word, _) => explanations::words_json(&[word]),
            // What it may become.
            Self::Reply(reply) => {
                let subjects: Vec<Subject> =
                    reply.readings.iter().map(|reading| Subject::from(reading.finding)).collect();
                explanations::json(&subjects)
            }
            Self::Ports => port_table::json(Service::ALL),
            Self::Config => serde_json::to_string_pretty(&config::config_schema()).map(|schema| schema + "\n"),
        }
    }
}

pub(super) fn providers(one: Option<&Provider>, wanted: PageChoices) -> Result<(), u8> {
    let (style, today) = (style(wanted.color), Day::of(SystemTime::now()));
    let shown = one.map_or(providers::all(), std::slice::from_ref);
    print(match one {
        _ if wanted.format.is_json() => provider_table::json(shown, &today),
        Some(provider) => Ok(provider_table::one(provider, &today, style)),
        None => Ok(provider_table::table(shown, &today, style)),
    })
}

/// What a name, a word, or a server's reply stands for; else one line with names that look like it.
pub(super) fn topic(text: &str) -> Result<Topic, String> {
    match text.to_ascii_lowercase().as_str() {
        "" => return Ok(Topic::All),
        "config" | "configuration" | "mailprobe.toml" => return Ok(Topic::Config),
        "ports" => return Ok(Topic::Ports),
        _ => {}
    }
    if let Some(subject) = reference::look_up(text) {
        return Ok(Topic::Subject(subject));
    }
    if let Some(reply) = reply::read(text) {
        return Ok(Topic::Reply(reply));
    }
    word(text).ok_or_else(|| {
        let words = similar(text, GLOSSARY.iter().flat_map(Word::names)).into_iter().filter_map(glossary::look_up);
        let mut near = distinct(reference::nearest(text).into_iter().chain(words.map(|word| word.name)));
        near.truncate(3);
        let otherwise = "write a name from a report, a reply such as 554, or a word of the list that `mailprobe explain` \
            prints";
        format!("there is no explanation of {}; {}", Quoted::new(text), advice(&near, otherwise))
    })
}

/// A word of the glossary, numbers behind it put in: `ICMP 3/13`, `os error 111`.
fn word(text: &str) -> Option<Topic> {
    if let Some(word) = glossary::look_up(text) {
        return Some(Topic::Word(word, None));
    }
    let (name, number) = text.trim_matches(['(', ')']).rsplit_once(' ')?;
    let word = glossary::look_up(name)?;
    let note = match word.name {
        "icmp" => {
            let (icmp_type, code) = number.split_once('/')?;
            let v6 = name.eq_ignore_ascii_case("icmpv6");
            let icmp = Icmp { v6, icmp_type: icmp_type.parse().ok()?, code: code.parse().ok()?, from: None };
            format!("{number} means: {}.", icmp_meaning(&icmp))
        }
        "os-error" => {
            let error = std::io::Error::from_raw_os_error(number.parse().ok()?).to_string();
            let words = error.split(" (os error").next().unwrap_or_default();
            format!("On this system {number} means: {words}.")
        }
        _ => return None,
    };
    Some(Topic::Word(word, Some(note)))
}

/// A mail port, by its number or by the name of its service.
pub(super) fn port(name: &str) -> Result<ServicePort, String> {
    let of_name = || match name.to_ascii_lowercase().as_str() {
        "smtps" => Some(Service::Submissions),
        name => Service::from_name(name),
    };
    let by_name = || of_name().map(|service| ServicePort { port: service.port(), service });
    let by_number = |port: u16| Service::by_port(port).map(|service| ServicePort { port, service });
    name.parse().map_or_else(|_| by_name(), by_number).ok_or_else(|| {
        let known: Vec<String> = Service::ALL.iter().map(|service| format!("{} ({service})", service.port())).collect();
        format!("{} is not a mail port; these are: {}", Quoted::new(name), known.join(", "))
    })
}

/// The ports that `mailprobe ports` takes, by number and by name, for completion.
pub(super) fn port_names() -> Vec<(String, &'static str)> {
    let both = |service: &Service| [service.port().to_string(), service.name().to_owned()];
    let named = |service| both(service).map(|name| (name, port_table::purpose(*service)));
    Service::ALL.iter().flat_map(named).collect()
}

/// The names that `mailprobe providers` takes, for completion.
pub(super) fn provider_names() -> Vec<(&'static str, &'static str)> {
    providers::all().iter().map(|provider| (provider.name.as_str(), provider.title.as_str())).collect()
}

/// The names that `mailprobe explain` takes, for completion.
pub(super) fn explained_names() -> Vec<(&'static str, &'static str)> {
    let subjects = reference::subjects().into_iter().map(|subject| (subject.name(), subject.entry.title));
    let words = GLOSSARY.iter().map(|word| (word.name, "a word of a report"));
    let pages = [("config", "the configuration file"), ("ports", "questions about the ports")];
    subjects.chain(words).chain(pages).collect()
}

/// The provider of this short name or mail domain; else one line with names that look like it.
pub(super) fn provider(name: &str) -> Result<&'static Provider, String> {
    providers::find(name).ok_or_else(|| {
        let texts =
            providers::all().iter().flat_map(|provider| std::iter::once(&provider.name).chain(&provider.domains));
        // A hosting company's own domain is that of its servers, not one that its customers have.
        let by_servers = providers::all().iter().filter(|provider| provider.has_server_below(name));
        let near = similar(name, texts.map(String::as_str)).into_iter().filter_map(providers::find);
        let mut near = distinct(by_servers.chain(near).map(|provider| provider.name.as_str()));
        near.truncate(3);
        let advice = advice(&near, "`mailprobe providers` lists all");
        format!("there is no provider {} in the table; {advice}", Quoted::new(name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_met_with_the_names_that_may_be_meant() {
        for (typed, meant) in [("gmial", "gmail"), ("outlok", "outlook"), ("Fastmial.com", "fastmail")] {
            let words = provider(typed).expect_err("a misspelt name");
            assert!(words.contains("did you mean") && words.contains(meant), "{words}");
        }
        let words = provider(&"x".repeat(10_000)).expect_err("no name");
        assert!(words.contains("`mailprobe providers` lists all") && words.len() < 400, "{words}");
    }
}
