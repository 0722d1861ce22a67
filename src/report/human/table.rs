//! One row for every endpoint.

use unicode_width::UnicodeWidthStr as _;

use super::group::Group;
use super::words;
use crate::diagnosis::State;
use crate::observation::{CertificateFault, TlsFacts};
use crate::policy::{JudgedEndpoint, Verdict};
use crate::report::known::{connect_failure, first, icmp_from};
use crate::report::sanitize::fit;
use crate::report::style::{Ink, Page, Style, pad, pad_left, wrap};
use crate::report::time;

/// The widths of the columns, in columns of the terminal.
struct Columns {
    port: usize,
    service: usize,
    security: usize,
    time: usize,
    /// The room for the result; `None` when the page is so narrow that it gets lines of its own.
    result: Option<usize>,
}

const MARK: usize = 4;
const GAP: &str = "  ";
/// A result in fewer columns than this is not readable.
const MIN_RESULT: usize = 30;

impl Columns {
    /// Wide enough for every group, so that the groups of a target stand in line.
    fn of(groups: &[Group<'_>], style: Style) -> Self {
        let endpoints = || groups.iter().flat_map(|group| &group.endpoints);
        let widest = |title: &str, cell: &dyn Fn(&JudgedEndpoint) -> String| {
            endpoints().map(|judged| cell(judged).width()).max().unwrap_or(0).max(title.len())
        };
        let port = widest("PORT", &|judged| judged.observation.endpoint.port.to_string());
        let service = widest("SERVICE", &|judged| judged.observation.endpoint.service.to_string());
        let security = widest("SECURITY", &|judged| words::security(judged.observation.endpoint.security).to_owned());
        let time = widest("TIME", &|judged| time::short(judged.observation.duration));
        let others = MARK + port + service + security + time + 4 * GAP.len();
        let result = style.columns().checked_sub(others).filter(|room| *room >= MIN_RESULT);
        Self { port, service, security, time, result }
    }
}

/// Writes the rows of all groups, each below its name where there are several.
pub(super) fn write(page: &mut Page, groups: &[Group<'_>], style: Style) {
    let columns = Columns::of(groups, style);
    if groups.iter().any(|group| group.endpoints.iter().any(|judged| is_probed(judged))) {
        titles(page, &columns);
    }
    for group in groups {
        if groups.len() > 1 {
            page.paragraph(&[], 2, Ink::Strong, &group.label);
            if let Some(named_by) = &group.named_by {
                page.paragraph(&[], 4, Ink::Faint, named_by);
            }
        }
        let (probed, unprobed): (Vec<_>, Vec<_>) =
            group.endpoints.iter().copied().partition(|judged| is_probed(judged));
        for judged in probed {
            row(page, judged, &columns, style);
        }
        without_address(page, unprobed, style);
    }
}

fn is_probed(judged: &JudgedEndpoint) -> bool {
    judged.observation.endpoint.address.is_some()
}

fn titles(page: &mut Page, columns: &Columns) {
    let Columns { port, service, security, time, result } = *columns;
    let mut titles = vec![pad_left("PORT", MARK + port), pad("SERVICE", service), pad("SECURITY", security)];
    titles.extend(result.map(|room| pad("RESULT", room)));
    titles.push(pad_left("TIME", time));
    page.line(&[(Ink::Faint, &titles.join(GAP))]);
}

fn row(page: &mut Page, judged: &JudgedEndpoint, columns: &Columns, style: Style) {
    let endpoint = &judged.observation.endpoint;
    let (mark, ink) = mark(judged, style);
    let mark = format!("  {mark} ");
    let port = format!("{}{GAP}", pad_left(&endpoint.port.to_string(), columns.port));
    let service = pad(endpoint.service.name(), columns.service);
    let named = format!("{service}{GAP}{}{GAP}", pad(words::security(endpoint.security), columns.security));
    let time = pad_left(&time::short(judged.observation.duration), columns.time);
    let result = remarks(judged);

    let Some(room) = columns.result else {
        page.line(&[(ink, &mark), (Ink::Strong, &port), (Ink::Plain, &named), (Ink::Faint, &time)]);
        lines(page, &fill(&result, style.columns() - STACKED, style.columns() - STACKED, style), STACKED);
        return;
    };
    let indent = mark.width() + port.width() + named.width();
    let filled = fill(&result, room, style.columns() - indent, style);
    let Some((first, more)) = filled.split_first() else { return };
    // The first remark has the verdict's colour, apart from what follows it on its line.
    let (word, others) = first.split_at_checked(result.first().map_or(0, String::len)).unwrap_or((first, ""));
    let others = format!("{}{GAP}", pad(others, room.saturating_sub(word.width())));
    page.line(&[
        (ink, &mark),
        (Ink::Strong, &port),
        (Ink::Plain, &named),
        (ink, word),
        (Ink::Plain, &others),
        (Ink::Faint, &time),
    ]);
    lines(page, more, indent);
}

/// Where a result begins that has lines of its own.
const STACKED: usize = MARK + 2;

fn lines(page: &mut Page, lines: &[String], indent: usize) {
    for line in lines {
        page.line(&[(Ink::Plain, &" ".repeat(indent)), (Ink::Plain, line)]);
    }
}

/// Ports that could not be probed for want of an address: all that failed alike together.
fn without_address(page: &mut Page, unprobed: Vec<&JudgedEndpoint>, style: Style) {
    let mut rest = unprobed;
    while let Some(&leader) = rest.first() {
        let result = remarks(leader);
        let (alike, others): (Vec<_>, Vec<_>) =
            rest.into_iter().partition(|judged| judged.verdict == leader.verdict && remarks(judged) == result);
        rest = others;
        let (mark, ink) = mark(leader, style);
        page.paragraph(&[(ink, &format!("  {mark} "))], MARK, ink, &result.join(style.separator()));
        let ports: Vec<_> = alike.iter().map(|judged| judged.observation.endpoint.port).collect();
        page.paragraph(&[], MARK, Ink::Plain, &words::ports(&ports));
    }
}

/// A closed port that fails nothing is neither good nor bad.
fn mark(judged: &JudgedEndpoint, style: Style) -> (&'static str, Ink) {
    if judged.verdict == Verdict::Pass && judged.diagnosis.state != State::Ok {
        return ("-", Ink::Faint);
    }
    (words::mark(judged.verdict, style), words::ink(judged.verdict))
}

/// What matters about an endpoint, the plain word first.
fn remarks(judged: &JudgedEndpoint) -> Vec<String> {
    let JudgedEndpoint { observation, diagnosis, verdict, .. } = judged;
    let state = diagnosis.state;
    let word = if observation.blocked_way().is_some() && state.is_closed() {
        "blocked"
    } else if *verdict == Verdict::Pass && (state.is_closed() || state == State::DnsNoMail) {
        "not offered"
    } else {
        state.words()
    };
    let mut remarks = vec![word.to_owned()];
    if state != State::Ok {
        remarks.push(state.name().to_owned());
    }
    if let Some(failure) = connect_failure(observation) {
        match failure.icmp {
            Some(icmp) => remarks.push(icmp_from(icmp)),
            None if failure.on_this_machine => remarks.push("on this machine".to_owned()),
            None => {}
        }
    }
    if let Some(stage) = diagnosis.failed_stage
        && state.leaves_stage_open()
    {
        remarks.push(format!("at {stage}"));
    }
    match first(observation, |attempt| attempt.tls.as_ref()) {
        Some(tls) => tls_remarks(&mut remarks, tls),
        None if state == State::Ok => remarks.push("without TLS".to_owned()),
        None => {}
    }
    remarks
}

fn tls_remarks(remarks: &mut Vec<String>, tls: &TlsFacts) {
    remarks.extend(tls.version.clone());
    if tls.faults.is_empty() {
        if let Some(certificate) = &tls.certificate {
            remarks.push(match u64::try_from(certificate.days_left()) {
                Ok(left) => format!("certificate {}", words::counted(left, "day")),
                Err(_) => words::days(certificate.days_left()),
            });
        }
    } else {
        let names_nobody = tls.certificate.as_ref().is_some_and(|certificate| certificate.names.is_empty());
        let faults: Vec<_> = tls.faults.iter().map(|fault| fault_words(fault, names_nobody)).collect();
        remarks.push(faults.join(", "));
    }
}

fn fault_words(fault: &CertificateFault, names_nobody: bool) -> &'static str {
    match fault {
        CertificateFault::Expired => "expired",
        CertificateFault::NotYetValid => "not yet valid",
        CertificateFault::WrongName if names_nobody => "no name",
        CertificateFault::WrongName => "wrong name",
        CertificateFault::SelfSigned => "self-signed",
        CertificateFault::UnknownIssuer => "unknown issuer",
        CertificateFault::IssuerExpired => "issuer expired",
        CertificateFault::IssuerNotYetValid => "issuer not valid yet",
        CertificateFault::WrongPurpose => "wrong purpose",
        CertificateFault::Unusable(_) => "unusable",
    }
}

/// Remarks side by side as far as a line goes, then on the next. Below the first line there is more room.
fn fill(remarks: &[String], first_room: usize, room: usize, style: Style) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for remark in remarks {
        // A server chooses some of the words; what it made up must not fill the screen.
        let remark = fit(remark, MAX_REMARK, style.charset());
        let here = if lines.len() == 1 { first_room } else { room };
        match lines.last_mut() {
            Some(line) if line.width() + style.separator().width() + remark.width() <= here => {
                line.push_str(style.separator());
                line.push_str(&remark);
            }
            Some(_) => lines.extend(wrap(&remark, room, room)),
            None => lines.extend(wrap(&remark, first_room, room)),
        }
    }
    lines
}

/// The longest honest remark names an ICMP message and the IPv6 address that sent it.
const MAX_REMARK: usize = 80;
