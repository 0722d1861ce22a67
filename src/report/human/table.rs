//! One row for every port, or for several that came to the same end.

use unicode_width::UnicodeWidthStr as _;

use super::group::{Group, ResultRow};
use super::words;
use crate::diagnosis::State;
use crate::policy::Verdict;
use crate::report::sanitize::fit;
use crate::report::style::{Ink, Page, Style, pad, pad_left, wrap};
use crate::report::time;
use crate::target::Endpoint;

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
/// In front of the mark of what changed.
const CHANGED: &str = "*";
const GAP: &str = "  ";
/// A result in fewer columns than this is not readable.
const MIN_RESULT: usize = 30;

impl Columns {
    /// Wide enough for every group, so that the groups of a target stand in line.
    fn of(groups: &[Group<'_>], style: Style) -> Self {
        let rows = || groups.iter().flat_map(|group| &group.rows);
        let widest = |title: &str, cell: &dyn Fn(&Endpoint) -> String| {
            let endpoints = rows().flat_map(ResultRow::endpoints);
            endpoints.map(|endpoint| cell(endpoint).width()).max().unwrap_or(0).max(title.len())
        };
        let port = widest("PORT", &|endpoint| endpoint.port.to_string());
        let service = widest("SERVICE", &|endpoint| endpoint.service.to_string());
        let security = widest("SECURITY", &|endpoint| words::security(endpoint.security).to_owned());
        let time = rows().map(|row| time::short(row.duration).width()).max().unwrap_or(0).max("TIME".len());
        let others = MARK + port + service + security + time + 4 * GAP.len();
        let result = style.columns().checked_sub(others).filter(|room| *room >= MIN_RESULT);
        Self { port, service, security, time, result }
    }

    /// How wide port, service and security are together.
    fn named(&self) -> usize {
        self.port + self.service + self.security + 2 * GAP.len()
    }
}

/// Writes the rows of all groups, each below its name where there are several.
pub(super) fn write(page: &mut Page, groups: &[Group<'_>], style: Style) {
    let columns = Columns::of(groups, style);
    if groups.iter().any(|group| group.rows.iter().any(ResultRow::is_probed)) {
        titles(page, &columns);
    }
    for group in groups {
        if groups.len() > 1 {
            page.paragraph(&[], 2, Ink::Strong, &group.label);
            if let Some(named_by) = &group.named_by {
                page.paragraph(&[], 4, Ink::Faint, named_by);
            }
        }
        for row in &group.rows {
            if row.is_probed() {
                probed(page, row, &columns, style);
            } else {
                without_address(page, row, style);
            }
        }
    }
}

fn titles(page: &mut Page, columns: &Columns) {
    let Columns { port, service, security, time, result } = *columns;
    let mut titles = vec![pad_left("PORT", MARK + port), pad("SERVICE", service), pad("SECURITY", security)];
    titles.extend(result.map(|room| pad("RESULT", room)));
    titles.push(pad_left("TIME", time));
    page.line(&[(Ink::Faint, &titles.join(GAP))]);
}

/// What stands before the result: a port with its name, or several ports, on as many lines as they take.
fn named(row: &ResultRow<'_>, columns: &Columns) -> Vec<(String, String)> {
    let ports: Vec<_> = row.endpoints().map(|endpoint| endpoint.port.to_string()).collect();
    if let ([port], Some(endpoint)) = (ports.as_slice(), row.endpoints().next()) {
        let service = pad(endpoint.service.name(), columns.service);
        let security = pad(words::security(endpoint.security), columns.security);
        return vec![(format!("{}{GAP}", pad_left(port, columns.port)), format!("{service}{GAP}{security}{GAP}"))];
    }
    let width = columns.named();
    let lines = wrap(&ports.join(" "), width, width);
    lines.into_iter().map(|ports| (format!("{}{GAP}", pad(&ports, width)), String::new())).collect()
}

fn probed(page: &mut Page, row: &ResultRow<'_>, columns: &Columns, style: Style) {
    let (mark, ink) = mark(row, style);
    let changed = if row.change.is_some() { CHANGED } else { " " };
    let mark = format!("{changed} {mark} ");
    let time = pad_left(&time::short(row.duration), columns.time);
    let named = named(row, columns);
    let Some(((ports, name), more_ports)) = named.split_first() else { return };

    let Some(room) = columns.result else {
        page.line(&[(ink, &mark), (Ink::Strong, ports), (Ink::Plain, name), (Ink::Faint, &time)]);
        for (ports, _) in more_ports {
            page.line(&[(Ink::Plain, &" ".repeat(MARK)), (Ink::Strong, ports)]);
        }
        let room = style.columns() - STACKED;
        for line in fill(&row.remarks, room, room, style) {
            page.line(&[(Ink::Plain, &" ".repeat(STACKED)), (Ink::Plain, &line)]);
        }
        return;
    };
    let indent = MARK + columns.named() + GAP.len();
    let filled = fill(&row.remarks, room, style.columns() - indent, style);
    let Some((first, more)) = filled.split_first() else { return };
    // The first remark has the verdict's colour, apart from what follows it on its line.
    let (word, others) = first.split_at_checked(row.remarks.first().map_or(0, String::len)).unwrap_or((first, ""));
    let others = format!("{}{GAP}", pad(others, room.saturating_sub(word.width())));
    page.line(&[
        (ink, &mark),
        (Ink::Strong, ports),
        (Ink::Plain, name),
        (ink, word),
        (Ink::Plain, &others),
        (Ink::Faint, &time),
    ]);
    for below in 0..more.len().max(more_ports.len()) {
        let ports = more_ports.get(below).map_or("", |(ports, _)| ports);
        let remark = more.get(below).map_or("", String::as_str);
        let ports = pad(&format!("{}{ports}", " ".repeat(MARK)), indent);
        page.line(&[(Ink::Strong, &ports), (Ink::Plain, remark)]);
    }
}

/// Where a result begins that has lines of its own.
const STACKED: usize = MARK + 2;

/// Ports that could not be probed for want of an address.
fn without_address(page: &mut Page, row: &ResultRow<'_>, style: Style) {
    let (mark, ink) = mark(row, style);
    let changed = if row.change.is_some() { CHANGED } else { " " };
    page.paragraph(&[(ink, &format!("{changed} {mark} "))], MARK, ink, &row.remarks.join(style.separator()));
    let ports: Vec<_> = row.endpoints().map(|endpoint| endpoint.port).collect();
    page.paragraph(&[], MARK, Ink::Plain, &words::ports(&ports));
}

/// A closed port that fails nothing is neither good nor bad.
fn mark(row: &ResultRow<'_>, style: Style) -> (&'static str, Ink) {
    if row.verdict == Verdict::Pass && !matches!(row.state, State::Ok | State::CertificateInvalid) {
        return ("-", Ink::Faint);
    }
    (words::mark(row.verdict, style), words::ink(row.verdict))
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
