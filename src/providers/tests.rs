use std::collections::HashSet;
use std::io::Write as _;
use std::time::{Duration, SystemTime};

use super::*;
use crate::target::Host;

/// So many days after 2026-11-27.
fn day(later: u64) -> Day {
    Day::of(SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_737_600 + later * 86_400))
}

const DAYS_TO_2026_12_30: u64 = 33;
const DAYS_TO_2027_01_02: u64 = 36;

/// Whether it is a year, month or day: `2026`, `2026-11` or `2026-11-27`.
fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    let numbers: Vec<u16> = parts.iter().filter_map(|part| part.parse().ok()).collect();
    [4, 2, 2].starts_with(&lengths)
        && (2017..=2100).contains(&numbers[0])
        && numbers.get(1).is_none_or(|month| (1..=12).contains(month))
        && numbers.get(2).is_none_or(|day| (1..=31).contains(day))
}

fn table() -> Vec<Provider> {
    read(include_str!("../../data/providers.toml")).expect("the table can be read")
}

#[test]
fn every_row_is_whole() {
    assert_eq!(table().len(), 100);
    for provider in table() {
        let name = &provider.name;
        assert!(!provider.title.is_empty() && !provider.servers.is_empty(), "{name}");
        for domain in &provider.domains {
            assert!(matches!(domain.parse(), Ok(Host::Name(own)) if own == *domain), "{name}: {domain}");
        }
        for server in &provider.servers {
            assert!(server.host.parse::<Host>().is_ok(), "{name}: {}", server.host);
            let usual = Service::by_port(server.port);
            let known = usual.is_some_and(|usual| usual.protocol() == server.service.protocol());
            assert!(known || name == "proton-bridge", "{name}: {}", server.port);
            // The usual port says the security, too, except where a relay port serves mail programs.
            let as_usual = usual.is_none_or(|usual| usual.security() == server.security);
            assert!(as_usual || name == "charter", "{name}: {}", server.port);
        }
        for HostPort { host, port } in &provider.not_offered {
            assert!(provider.servers.iter().any(|server| server.host == *host && server.port != *port), "{name}");
        }
        assert!(provider.remarks.iter().all(|remark| remark.ends_with('.')), "{name}");
    }
}

#[test]
fn every_row_says_where_it_is_from_and_when() {
    for provider in table() {
        assert!(!provider.citations.is_empty(), "{}", provider.name);
        for Citation { name, date } in &provider.citations {
            assert!(is_date(date), "{}: {date}", provider.name);
            assert!(!name.is_empty(), "{}", provider.name);
        }
        for LoginRule { source, checked, page, note, needs, .. } in &provider.login {
            let name = &provider.name;
            assert!(!source.is_empty() && is_date(checked), "{name}: {checked}");
            assert!(page.as_ref().is_none_or(|page| page.starts_with("https://")), "{name}");
            assert!(note.as_ref().is_none_or(|note| note.ends_with('.')), "{name}");
            // Whom it sends to a settings page it tells which.
            assert!(*needs == LoginNeed::OAuth || page.is_some(), "{name}");
        }
    }
}

/// Rows and rules whose newest source is older than a year.
fn of_long_ago(table: &[Provider], today: &Day) -> Vec<String> {
    let today = today.to_string();
    let (year, rest) = today.split_at(4);
    let limit = format!("{}{rest}", year.parse::<u16>().expect("a year") - 1);
    let is_old = |date: &str| date < limit.get(..date.len()).expect("a date");
    let mut old = Vec::new();
    for Provider { name, citations, login, .. } in table {
        let newest = citations.iter().map(|citation| citation.date.as_str()).max().unwrap_or_default();
        old.extend(is_old(newest).then(|| format!("{name} ({newest})")));
        let rules = login.iter().filter(|rule| is_old(&rule.checked));
        old.extend(rules.map(|rule| format!("{name}, login: {} ({})", rule.needs, rule.checked)));
    }
    old
}

#[test]
fn what_nobody_looked_at_for_a_year_is_listed_and_no_failure() {
    let then = of_long_ago(&table(), &day(0));
    for old in ["mailbox-org (2019)", "gmail, login: app-password (2024-08)"] {
        assert!(then.iter().any(|one| one == old), "{old}: {then:#?}");
    }
    for young in ["gmail (", "microsoft365", "mail-ru"] {
        assert!(!then.iter().any(|one| one.starts_with(young)), "{young}: {then:#?}");
    }
    assert!(of_long_ago(&table(), &day(366)).len() > then.len());
    let now = of_long_ago(&table(), &Day::of(SystemTime::now()));
    // Past the capture of test output, so that it is seen.
    let warning = "warning: data/providers.toml: nobody has looked at these for a year:";
    let _ = writeln!(std::io::stderr(), "{warning} {}", now.join("; "));
}

#[test]
fn microsoft_365_takes_a_password_for_sending_until_the_end_of_2026() {
    let row = find("microsoft365").expect("a row");
    let needs =
        |later, protocol| -> Vec<LoginNeed> { row.login_on(&day(later), protocol).map(|one| one.needs).collect() };
    assert_eq!(day(DAYS_TO_2026_12_30).to_string(), "2026-12-30");
    assert_eq!(day(DAYS_TO_2027_01_02).to_string(), "2027-01-02");
    assert_eq!(needs(DAYS_TO_2026_12_30, Protocol::Smtp), [LoginNeed::Password]);
    assert_eq!(needs(DAYS_TO_2026_12_30 + 1, Protocol::Smtp), [LoginNeed::Password]);
    assert_eq!(needs(DAYS_TO_2026_12_30 + 2, Protocol::Smtp), [LoginNeed::SwitchOnFirst]);
    assert_eq!(needs(DAYS_TO_2027_01_02, Protocol::Smtp), [LoginNeed::SwitchOnFirst]);
    for later in [0, DAYS_TO_2026_12_30, DAYS_TO_2027_01_02] {
        for protocol in [Protocol::Imap, Protocol::Pop3] {
            assert_eq!(needs(later, protocol), [LoginNeed::OAuth]);
        }
    }
}

#[test]
fn rows_say_what_their_sources_say() {
    for (name, host, port) in [
        ("vodafone-de", "pop3.vodafonemail.de", 995),
        ("virginmedia", "pop3.virginmedia.com", 995),
        ("naver", "smtp.naver.com", 465),
        ("naver", "imap.naver.com", 993),
        ("naver", "pop.naver.com", 995),
        ("att", "outbound.att.net", 465),
        ("aol", "smtp.aol.com", 587),
        ("orange-fr", "imap.orange.fr", 993),
    ] {
        assert!(find(name).expect("a row").has_server(host, port), "{name}: {host}:{port}");
    }
    let fastmail = &find("fastmail").expect("a row").citations;
    assert!(fastmail[0].name.contains("messagingengine.com"), "{fastmail:?}");
}

#[test]
fn a_server_that_two_providers_share_is_the_domains_own() {
    let owner = |domain| by_server("outlook.office365.com", 993, domain).map(|provider| provider.name.as_str());
    assert_eq!((owner("hotmail.com"), owner("example.org")), (Some("outlook"), Some("microsoft365")));
    let owner = |port| by_server("imap.gmail.com", port, "example.org").map(|provider| provider.name.as_str());
    assert_eq!((owner(993), owner(143)), (Some("gmail"), None));
}

#[test]
fn nothing_is_there_twice() {
    let (mut names, mut domains) = (HashSet::new(), HashSet::new());
    for provider in table() {
        assert!(names.insert(provider.name.clone()), "{}", provider.name);
        for domain in provider.domains {
            assert!(domains.insert(domain.clone()), "{domain}");
        }
        let mut ports = HashSet::new();
        for server in provider.servers {
            assert!(ports.insert((server.host.clone(), server.port)), "{}: {}", provider.name, server.port);
        }
    }
}

#[test]
fn a_provider_is_found_by_name_and_by_domain() {
    for text in ["gmail", "GMAIL", "googlemail.com", "@gmail.com"] {
        assert_eq!(find(text).map(|provider| provider.name.as_str()), Some("gmail"), "{text}");
    }
    assert_eq!(find("example.org"), None);
    assert!(!find("outlook").expect("a row").takes_password_somewhere(&day(0)));
    assert_eq!(find("user@Gmail.com").expect("a row").name, "gmail");
}

#[test]
fn what_is_known_not_to_be_offered() {
    let known = known_not_to_offer("smtp.postmarkapp.com", 465).map(|provider| provider.title.as_str());
    assert_eq!(known, Some("Postmark"));
    assert_eq!(known_not_to_offer("smtp.postmarkapp.com", 587), None);
}
