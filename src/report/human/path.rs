//! The picture of a traced way: two lanes side by side, one for the port, one for what it is compared with. The lane of
//! a blocked port ends where the other goes on.

use unicode_width::UnicodeWidthStr as _;

use super::detail::Detail;
use super::words;
use crate::observation::path::{Hop, HopAnswer, HopReply, How, Path, Place};
use crate::policy::{JudgedTarget, Verdict};
use crate::report::style::{Ink, Page, Style, pad};
use crate::report::time;

/// Draws the ways of a target, each once for all ports of an address that fare alike.
pub(super) fn write(page: &mut Page, target: &JudgedTarget, style: Style, detail: Detail) {
    let mut drawn: Vec<Picture<'_>> = Vec::new();
    for judged in &target.endpoints {
        let Some(Ok(path)) = &judged.observation.path else { continue };
        // There is no route to show where a single hop answers for everything.
        if path.is_all_taken() {
            continue;
        }
        let Some(address) = judged.observation.endpoint.address else { continue };
        if detail == Detail::Quiet && judged.verdict == Verdict::Pass {
            continue;
        }
        let address = address.to_string();
        match drawn.iter_mut().find(|picture| picture.address == address && is_alike(picture.path, path)) {
            Some(picture) => picture.ports.push(path.port),
            None => drawn.push(Picture { address, path, ports: vec![path.port] }),
        }
    }
    for picture in drawn {
        page.blank();
        picture.draw(page, style, detail);
    }
}

struct Picture<'a> {
    address: String,
    path: &'a Path,
    ports: Vec<u16>,
}

/// Whether two ports of an address fare alike: the same answers from the same hops, whatever their times.
fn is_alike(one: &Path, other: &Path) -> bool {
    let what = |hop: &Hop| (hop.ttl, hop.port.reply, hop.control.reply);
    let outcome = |path: &Path| (path.place, path.how, path.after, path.before, path.icmp, path.control_port);
    outcome(one) == outcome(other) && one.hops.iter().map(what).eq(other.hops.iter().map(what))
}

const MARGIN: &str = "  ";
/// A TTL has two digits; two blanks follow.
const TTL: usize = 4;
/// The widest cell: its mark, a blank, `not reached`.
const LANE: usize = 15;
/// Where so many hops are alike, the middle ones are left out; all are shown with `-v`.
const WORTH_ELIDING: usize = 4;

impl Picture<'_> {
    fn draw(&self, page: &mut Page, style: Style, detail: Detail) {
        let rows = self.rows(style, detail);
        let widest = rows.iter().map(|row| row.name.width()).max().unwrap_or(0);
        let stacked = MARGIN.len() + TTL + widest + 2 + 2 * LANE > style.columns();
        let name_width = if stacked { 0 } else { widest + 2 };

        let (which, lane) = match self.ports.as_slice() {
            [port] => (String::new(), format!("port {port}")),
            several => (format!(", {}", words::ports(several)), "these ports".to_owned()),
        };
        page.paragraph(&[], MARGIN.len(), Ink::Strong, &format!("The route to {}{which}", self.address));
        let lanes = format!("{}port {}", pad(&lane, LANE), self.path.control_port);
        page.line(&[(Ink::Faint, &format!("{MARGIN}{}{lanes}", " ".repeat(TTL + name_width)))]);
        for row in rows {
            let ttl = format!("{MARGIN}{}", pad(&row.ttl, TTL));
            let lead = if stacked {
                if !row.name.is_empty() {
                    page.paragraph(&[(Ink::Plain, &ttl)], ttl.width(), Ink::Plain, &row.name);
                }
                " ".repeat(ttl.width())
            } else {
                format!("{ttl}{}", pad(&row.name, name_width))
            };
            page.line(&[(Ink::Plain, &lead), (row.port.0, &pad(&row.port.1, LANE)), (row.control.0, &row.control.1)]);
        }
    }

    fn rows(&self, style: Style, detail: Detail) -> Vec<HopRow> {
        let marks = Marks::of(style);
        let stop = self.stop(marks);
        // 0 is this machine.
        let stops_after = stop.as_ref().map(|_| self.path.after.map_or(0, |after| after.ttl));
        let here = self.path.place == Place::ThisMachine;

        let goes_on = (Ink::Plain, marks.lane.to_owned());
        let begin = if here { stop.clone().unwrap_or((Ink::Plain, String::new())) } else { goes_on.clone() };
        let mut rows = vec![HopRow::new("", "this machine", begin, goes_on.clone())];
        if let Some(stop) = stop.as_ref().filter(|_| stops_after == Some(0) && !here) {
            rows.push(HopRow::new("", "", stop.clone(), goes_on.clone()));
        }
        for (index, hop) in self.path.hops.iter().enumerate() {
            if detail != Detail::Verbose && self.is_dull(index) {
                if !self.is_dull(index + 1) {
                    let gap = (Ink::Faint, marks.gap.to_owned());
                    rows.push(HopRow::new(marks.gap, "", gap.clone(), gap));
                }
                continue;
            }
            let ended = stops_after.is_some_and(|after| hop.ttl > after) || self.is_past_the_silence(hop);
            let port = if ended { (Ink::Plain, String::new()) } else { self.port_cell(hop, marks) };
            rows.push(HopRow::new(&hop.ttl.to_string(), &self.name(hop), port, lane(hop.control, marks)));
            if let Some(stop) = stop.as_ref().filter(|_| stops_after == Some(hop.ttl)) {
                rows.push(HopRow::new("", "", stop.clone(), goes_on.clone()));
            }
        }
        rows
    }

    /// How the port's lane ends where it does so between two hops, or on this machine.
    fn stop(&self, marks: Marks) -> Option<Cell> {
        // Where the place is not known, a mark between two hops would claim one.
        if matches!(self.path.place, Place::Nowhere | Place::Destination | Place::Unknown) {
            return None;
        }
        Some(match self.path.how? {
            How::Drop => bad(marks.stop, "no answer"),
            How::Reset => bad(marks.stop, "reset"),
            How::Icmp => bad(marks.stop, &self.icmp()),
            How::Intercept => bad(marks.somebody, "not the host"),
        })
    }

    fn icmp(&self) -> String {
        self.path.icmp.map_or_else(|| "ICMP".to_owned(), |icmp| format!("ICMP {}/{}", icmp.icmp_type, icmp.code))
    }

    /// Whether a hop is beyond the one up to which the port's packets vanish somewhere.
    fn is_past_the_silence(&self, hop: &Hop) -> bool {
        let unknown = self.path.place == Place::Unknown && self.path.how == Some(How::Drop);
        unknown && self.path.before.is_some_and(|before| hop.ttl > before.ttl)
    }

    fn port_cell(&self, hop: &Hop, marks: Marks) -> Cell {
        let swallowed = self.path.how == Some(How::Drop) && self.path.before.is_some_and(|host| host.ttl == hop.ttl);
        match hop.port.reply {
            HopReply::Silence if swallowed => bad(marks.stop, "no answer"),
            HopReply::Refused => bad(marks.stop, "refused"),
            HopReply::Icmp => bad(marks.stop, &self.icmp()),
            _ => lane(hop.port, marks),
        }
    }

    /// Whether a hop is like its neighbours, with enough of them around to leave it out.
    fn is_dull(&self, index: usize) -> bool {
        let hops = &self.path.hops;
        let routers = (HopReply::TimeExceeded, HopReply::TimeExceeded);
        let plain = |index: usize| hops.get(index).is_some_and(|hop| (hop.control.reply, hop.port.reply) == routers);
        let start = (0..index).rev().take_while(|&at| plain(at)).count();
        let end = (index + 1..hops.len()).take_while(|&at| plain(at)).count();
        // The first hop is the way out of here; the two before the end show where it leads.
        let first = index.saturating_sub(start);
        plain(index) && start + 1 + end > WORTH_ELIDING + 2 && index > first && end >= 2
    }

    /// Who is there: the router that answered, or the host where the port that is compared with arrives.
    fn name(&self, hop: &Hop) -> String {
        let router = |answer: HopAnswer| answer.from.filter(|_| answer.reply == HopReply::TimeExceeded);
        match (router(hop.port), router(hop.control)) {
            (Some(one), Some(other)) if one != other => format!("{one}, {other}"),
            (Some(router), _) | (_, Some(router)) => router.to_string(),
            (None, None) if arrived(hop.control) || (self.path.how.is_none() && arrived(hop.port)) => {
                self.address.clone()
            }
            (None, None) => "*".to_owned(),
        }
    }
}

fn arrived(answer: HopAnswer) -> bool {
    matches!(answer.reply, HopReply::Connected | HopReply::Refused)
}

type Cell = (Ink, String);

struct HopRow {
    ttl: String,
    name: String,
    port: Cell,
    control: Cell,
}

impl HopRow {
    fn new(ttl: &str, name: &str, port: Cell, control: Cell) -> Self {
        Self { ttl: ttl.to_owned(), name: name.to_owned(), port, control }
    }
}

/// The signs of the picture, each one column wide.
#[derive(Clone, Copy)]
struct Marks {
    lane: &'static str,
    gap: &'static str,
    stop: &'static str,
    arrival: &'static str,
    somebody: &'static str,
}

impl Marks {
    fn of(style: Style) -> Self {
        if style.unicode {
            Self { lane: "│", gap: "⋮", stop: "✗", arrival: "●", somebody: "◆" }
        } else {
            Self { lane: "|", gap: ":", stop: "x", arrival: "o", somebody: "!" }
        }
    }
}

fn bad(mark: &str, what: &str) -> Cell {
    (Ink::Bad, format!("{mark} {what}"))
}

fn lane(answer: HopAnswer, marks: Marks) -> Cell {
    let timed = |mark: &str| answer.rtt.map_or_else(|| mark.to_owned(), |rtt| format!("{mark} {}", time::short(rtt)));
    match answer.reply {
        HopReply::TimeExceeded => (Ink::Plain, timed(marks.lane)),
        // The port that is compared with shows where the host is, open or not.
        HopReply::Connected | HopReply::Refused => (Ink::Good, timed(marks.arrival)),
        HopReply::Icmp => bad(marks.stop, "ICMP"),
        HopReply::Silence => (Ink::Plain, format!("{} *", marks.lane)),
        HopReply::NotTried => (Ink::Plain, String::new()),
    }
}
