//! The answer of `mailprobe blocked` for a person, from evidence to answer as in a check: what was seen, and last, next to
//! the prompt, the answer and what to do.

use unicode_width::UnicodeWidthStr as _;

use super::detail::Detail;
use super::{findings, path, words};
use crate::blocked::{Assessment, BlockedRun, Conclusion, Facts, Relay, RelayAnswer, Scope};
use crate::diagnosis::{Severity, State};
use crate::policy::{JudgedTarget, Verdict};
use crate::report::known::icmp_from;
use crate::report::sanitize::fit;
use crate::report::scope::grouped;
use crate::report::style::{Ink, Page, Style, pad};
use crate::service::Service;
use crate::words::distinct;

/// The answer, as text for a terminal. Every line is at most as wide as the style says, and ends with a line feed.
pub fn render_blocked(outcome: &BlockedRun, style: Style, detail: Detail) -> String {
    let BlockedRun { run, answer } = outcome;
    let mut page = Page::new(style);
    let verdict = answer.verdict();
    if detail == Detail::Quiet && verdict == Verdict::Pass {
        return page.into_text();
    }
    if detail != Detail::Quiet {
        table(&mut page, &answer.facts, &run.targets, style);
        ways_out(&mut page, &answer.facts);
        seen_as(&mut page, &answer.facts);
        // The traced ways: where something is blocked or taken over, else only on request.
        if verdict != Verdict::Pass || detail == Detail::Verbose {
            run.targets.iter().for_each(|target| path::write(&mut page, target, style, detail));
        }
    }
    let shown = answer.findings.iter().filter(|finding| detail != Detail::Quiet || finding.severity != Severity::Info);
    for finding in shown {
        separate(&mut page);
        findings::told(&mut page, finding, finding.id.name(), &answer.hints, style);
    }
    separate(&mut page);
    conclusion(&mut page, answer, style);
    page.into_text()
}

fn conclusion(page: &mut Page, answer: &Assessment, style: Style) {
    let verdict = answer.verdict();
    let word = answer.facts.conclusions.overall.name().replace('-', " ").to_uppercase();
    let mark = words::mark(verdict, style);
    let indent = mark.width() + 1;
    page.line(&[(words::ink(verdict), &format!("{mark} {word}"))]);
    page.paragraph(&[], indent, Ink::Strong, &answer.sentence);
    for hint in &answer.hints {
        page.paragraph(&[], indent, Ink::Plain, &format!("hint: {hint}"));
    }
}

/// A blank line, if anything stands above.
fn separate(page: &mut Page) {
    if !page.is_empty() {
        page.blank();
    }
}

const GAP: &str = "  ";
/// How much of a refusal is shown beside its host; its finding shows more.
const MAX_REPLY: usize = 80;
const MAX_HOST: usize = 40;

pub(in crate::report) struct TableRow {
    ink: Ink,
    pub(in crate::report) mark: &'static str,
    pub(in crate::report) host: String,
    /// `IPv4`, or both where they fared alike.
    pub(in crate::report) families: String,
    pub(in crate::report) what: String,
}

/// What came of port 25 of each host.
pub(in crate::report) fn rows(facts: &Facts, targets: &[JudgedTarget], style: Style) -> Vec<TableRow> {
    let mut rows: Vec<TableRow> = Vec::new();
    for (family, conclusion, seen) in facts.families() {
        rows.extend(seen.relays.iter().map(|relay| row(relay, family, conclusion, style)));
    }
    rows.extend(targets.iter().filter_map(|target| without_address(target, style)));
    // The families of a host stand together, in the order in which the hosts were tried; on one row where they agree.
    let alike = grouped(rows.into_iter().map(|row| ((row.host.clone(), row.mark, row.what.clone()), row)));
    let order = distinct(alike.iter().map(|((host, ..), _)| host.clone()));
    let one_row = |rows: Vec<TableRow>| {
        let families: Vec<String> = rows.iter().map(|row| row.families.clone()).collect();
        rows.into_iter().next().map(|row| TableRow { families: distinct(families).join(", "), ..row })
    };
    let mut rows: Vec<TableRow> = alike.into_iter().filter_map(|(_, rows)| one_row(rows)).collect();
    rows.sort_by_key(|row| order.iter().position(|host| *host == row.host));
    rows
}

fn table(page: &mut Page, facts: &Facts, targets: &[JudgedTarget], style: Style) {
    let rows = rows(facts, targets, style);
    if rows.is_empty() {
        return;
    }
    let widest = |title: &str, cell: fn(&TableRow) -> &str| {
        rows.iter().map(|row| cell(row).width()).max().unwrap_or(0).max(title.len())
    };
    let (host, over) = (widest("PORT 25 OF", |row| &row.host), widest("OVER", |row| &row.families));
    page.line(&[(Ink::Faint, &format!("    {}{GAP}{}{GAP}RESULT", pad("PORT 25 OF", host), pad("OVER", over)))]);
    for row in rows {
        let mark = format!("  {} ", row.mark);
        let lead = format!("{}{GAP}{}{GAP}", pad(&row.host, host), pad(&row.families, over));
        let indent = mark.width() + lead.width();
        page.paragraph(&[(row.ink, &mark), (Ink::Plain, &lead)], indent, Ink::Plain, &row.what);
    }
}

/// What came of a host over a family of which this was concluded.
fn row(relay: &Relay, family: &'static str, conclusion: Conclusion, style: Style) -> TableRow {
    let taken = relay.state == State::Intercepted;
    let doubtful = conclusion == Conclusion::Intercepted;
    let serves = relay.answer == RelayAnswer::Served && !taken;
    let verdict = match relay.answer {
        _ if taken => Verdict::Fail,
        RelayAnswer::Served if doubtful || relay.refusal.is_some() => Verdict::Warn,
        RelayAnswer::Served => Verdict::Pass,
        RelayAnswer::Unknown => Verdict::Inconclusive,
        _ => Verdict::Fail,
    };
    let mut what = vec![match (relay.answer, &relay.greeted_as) {
        _ if taken => relay.state.words().to_owned(),
        (RelayAnswer::Served, _) if relay.refusal.is_some() => "answers, but refuses this machine".to_owned(),
        (RelayAnswer::Served, Some(name)) if doubtful => {
            format!("answers as {}", fit(name, MAX_HOST, style.charset()))
        }
        (RelayAnswer::Served, _) => "answers".to_owned(),
        (RelayAnswer::Refused, _) => "answers, but refuses this machine's address".to_owned(),
        _ => relay.state.words().to_owned(),
    }];
    if !serves || relay.refusal.is_some() {
        what.push(relay.state.name().to_owned());
    }
    let said = relay.refusal.as_ref().and_then(|refusal| refusal.evidence.as_deref()?.lines().next());
    what.extend(said.map(|reply| fit(reply, MAX_REPLY, style.charset())));
    what.extend(relay.icmp().map(icmp_from));
    TableRow {
        ink: words::ink(verdict),
        mark: words::mark(verdict, style),
        host: fit(&relay.host, MAX_HOST, style.charset()),
        families: family.to_owned(),
        what: what.join(style.separator()),
    }
}

fn without_address(target: &JudgedTarget, style: Style) -> Option<TableRow> {
    let relays = target.endpoints.iter().filter(|judged| judged.observation.endpoint.service == Service::Smtp);
    let unresolved = relays.clone().all(|judged| judged.observation.endpoint.address.is_none());
    let first = relays.clone().next().filter(|_| unresolved)?;
    let state = first.diagnosis.state;
    Some(TableRow {
        ink: Ink::Unclear,
        mark: words::mark(Verdict::Inconclusive, style),
        host: fit(&target.typed, MAX_HOST, style.charset()),
        families: "-".to_owned(),
        what: [state.words(), state.name()].join(style.separator()),
    })
}

fn ways_out(page: &mut Page, facts: &Facts) {
    let services = [(Service::Submissions, "465 (TLS)"), (Service::Submission, "587 (STARTTLS)")];
    let tried = services.map(|(service, name)| (service, name, facts.tried(service)));
    let tried: Vec<_> = tried.into_iter().filter(|(_, _, (tried, _))| *tried > 0).collect();
    if tried.is_empty() {
        return;
    }
    separate(page);
    page.line(&[(Ink::Strong, "Submission ports for mail programs")]);
    for (service, name, (tried, connected)) in tried {
        let open = facts.ways_out.contains(&service);
        let (ink, word) = match (open, connected) {
            (true, _) => (Ink::Good, "open    "),
            (false, 0) => (Ink::Bad, "not open"),
            // Connected, and no mail server behind it that mail programs could use.
            (false, _) => (Ink::Bad, "unusable"),
        };
        let line = format!("{GAP}{name}: connected at {connected} of {}", words::counted(tried, "host"));
        page.line(&[(Ink::Plain, "  "), (ink, word), (Ink::Plain, &line)]);
    }
}

fn seen_as(page: &mut Page, facts: &Facts) {
    if facts.machine.seen_as.is_empty() {
        return;
    }
    separate(page);
    let who = if facts.evidence.scope == Scope::Hosts { "It sees" } else { "Servers see" };
    page.paragraph(&[], 0, Ink::Plain, &format!("{who} this machine as {}.", words::joined(&facts.machine.seen_as)));
}
