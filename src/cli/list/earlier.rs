//! What earlier runs over a list have left in their results: which targets are done, and what is to be counted of them.

use std::collections::HashMap;
use std::io::{self, BufRead, Read as _, Write};

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::diagnosis::{FindingId, State};
use crate::policy::{RecordedTarget, Tally, Verdict};
use crate::report::model::SCHEMA;
use crate::target::Target;

/// The longest line that is read: a dialogue with a server, kept line by line, is far shorter.
const MAX_LINE: u64 = 64 << 20;

/// How every line begins that mailprobe writes.
const BEGINNING: &[u8] = b"{\"type\":\"";

/// The targets that are done, each as often as it was done: a list may name one twice.
#[derive(Debug, Clone, Default)]
pub(super) struct Done(HashMap<String, usize>);

/// What was read of earlier results.
#[derive(Debug)]
pub(super) struct Earlier {
    pub(super) done: Done,
    pub(super) tally: Tally,
    /// The lines that do not stay, by number and in order: those of targets that have to be checked again, and the last one
    /// of an earlier run.
    dropped: Vec<usize>,
    /// How many lines there are, the torn one left aside.
    lines: usize,
    /// How many targets an earlier run began, and did not end.
    unfinished: usize,
    /// Whether the last line was not written to its end.
    pub(super) is_torn: bool,
}

/// Why results cannot be gone on with: they cannot be read, or they are none.
pub(super) type Unusable = String;

/// A line, as far as it matters here.
#[derive(Debug, Deserialize)]
struct RecordedLine {
    #[serde(rename = "type")]
    kind: String,
    target: Option<String>,
    host: Option<String>,
    address: Option<String>,
    port: Option<u16>,
    service: Option<String>,
    security: Option<String>,
    state: Option<String>,
    verdict: Option<String>,
    exit_code: Option<u8>,
    causes: Option<Vec<RecordedCause>>,
    schema: Option<String>,
    /// In a last line: none where the targets had lines of their own.
    targets: Option<Vec<IgnoredAny>>,
}

#[derive(Debug, Deserialize)]
struct RecordedCause {
    id: String,
}

/// An endpoint whose target has no line yet.
#[derive(Debug)]
struct Open {
    line: usize,
    /// What tells it from the others of its target.
    place: [Option<String>; 4],
    port: Option<u16>,
    state: State,
    verdict: Verdict,
}

impl Done {
    /// Whether this target is done. Asked once for each time that the list names it.
    pub(super) fn takes(&mut self, target: &Target) -> bool {
        let left = self.0.get_mut(&target.typed).filter(|left| **left > 0);
        left.map(|left| *left -= 1).is_some()
    }
}

impl Earlier {
    /// `tally` is that of a run that has found nothing yet.
    pub(super) fn none(tally: Tally) -> Self {
        Self { done: Done::default(), tally, dropped: Vec::new(), lines: 0, unfinished: 0, is_torn: false }
    }

    /// Reads results to their end.
    pub(super) fn read(mut results: impl BufRead, tally: Tally) -> Result<Self, Unusable> {
        let mut earlier = Self::none(tally);
        let mut open: HashMap<String, Vec<Open>> = HashMap::new();
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = results.by_ref().take(MAX_LINE).read_until(b'\n', &mut line);
            if read.map_err(|error| format!("they cannot be read: {error}"))? == 0 {
                break;
            }
            let number = earlier.lines + 1;
            let unusable = |why: &str| format!("line {number} {why}");
            if line.last() != Some(&b'\n') {
                if line.len() as u64 == MAX_LINE {
                    return Err(unusable("is longer than any line of --format jsonl"));
                }
                // Anything else is somebody's file, and no result that was cut short.
                if !is_cut_short(&line) {
                    return Err(unusable(NOT_OURS));
                }
                earlier.is_torn = true;
                break;
            }
            earlier.lines = number;
            let line = serde_json::from_slice(&line).map_err(|_| unusable(NOT_OURS))?;
            earlier.take(number, line, &mut open).map_err(|why| unusable(&why))?;
        }
        earlier.unfinished += open.values().filter(|open| !open.is_empty()).count();
        earlier.dropped.extend(open.into_values().flatten().map(|open| open.line));
        earlier.dropped.sort_unstable();
        Ok(earlier)
    }

    fn take(&mut self, number: usize, line: RecordedLine, open: &mut HashMap<String, Vec<Open>>) -> Result<(), String> {
        match line.kind.as_str() {
            "endpoint" => {
                let target = line.target.ok_or(NOT_OURS)?;
                open.entry(target).or_default().push(Open {
                    line: number,
                    place: [line.host, line.address, line.service, line.security],
                    port: line.port,
                    state: known(line.state, State::from_name)?,
                    verdict: known(line.verdict, Verdict::from_name)?,
                });
            }
            "target" => {
                let target = line.target.ok_or(NOT_OURS)?;
                let verdict = known(line.verdict, Verdict::from_name)?;
                let causes = line.causes.ok_or(NOT_OURS)?;
                let endpoints = open.remove(&target).unwrap_or_default();
                let (own, others) = of_one(endpoints);
                if !others.is_empty() {
                    open.insert(target.clone(), others);
                }
                if causes.iter().any(|cause| is_cut_off(&cause.id)) {
                    self.dropped.push(number);
                    self.dropped.extend(own.iter().map(|endpoint| endpoint.line));
                    self.unfinished += 1;
                    return Ok(());
                }
                let endpoints = own.iter().map(|endpoint| (endpoint.verdict, endpoint.state)).collect();
                self.tally.add_recorded(&RecordedTarget { verdict, exit_code: line.exit_code, endpoints });
                *self.done.0.entry(target).or_default() += 1;
            }
            "summary" if line.schema.as_deref() != Some(SCHEMA) => {
                return Err("was written by a version of mailprobe with other results than this one's".to_owned());
            }
            "summary" if line.targets.is_none_or(|targets| !targets.is_empty()) => {
                return Err("ends a run without --targets, which had no list to go on with".to_owned());
            }
            "summary" => self.dropped.push(number),
            _ => return Err(NOT_OURS.to_owned()),
        }
        Ok(())
    }

    /// Whether all of it stays as it is.
    pub(super) fn is_whole(&self) -> bool {
        self.dropped.is_empty() && !self.is_torn
    }

    /// Copies the lines that stay.
    pub(super) fn copy(&self, results: &mut dyn BufRead, kept: &mut dyn Write) -> io::Result<()> {
        let mut dropped = self.dropped.iter().copied().peekable();
        let mut line = Vec::new();
        for number in 1..=self.lines {
            line.clear();
            results.read_until(b'\n', &mut line)?;
            if dropped.next_if_eq(&number).is_none() {
                kept.write_all(&line)?;
            }
        }
        Ok(())
    }

    /// What has become of the earlier results, in one line.
    pub(super) fn told(&self) -> String {
        let mut told = match self.tally.targets.all {
            0 => "nothing is done there yet".to_owned(),
            1 => "1 target is done already".to_owned(),
            done => format!("{done} targets are done already"),
        };
        match self.unfinished {
            0 => {}
            1 => told += "; 1 was begun but not finished, and does not count",
            begun => told = format!("{told}; {begun} were begun but not finished, and do not count"),
        }
        if self.is_torn {
            told += "; the last line was torn, and is dropped";
        }
        told
    }
}

const NOT_OURS: &str = "is no result of a list in --format jsonl";

/// A value of the contract. An unknown one is of a later version, which adds to it.
fn known<T>(name: Option<String>, from_name: fn(&str) -> Option<T>) -> Result<T, String> {
    let name = name.ok_or(NOT_OURS)?;
    from_name(&name).ok_or_else(|| format!("says `{name}`, which only a later version of mailprobe knows"))
}

/// The endpoints of one check of a target, and those of another one that was under way at the same time: a target that
/// the list names twice. No check has the same endpoint twice.
fn of_one(open: Vec<Open>) -> (Vec<Open>, Vec<Open>) {
    let mut own: Vec<Open> = Vec::new();
    let mut others = Vec::new();
    for endpoint in open {
        let is_there = own.iter().any(|other| (other.port, &other.place) == (endpoint.port, &endpoint.place));
        if is_there { others.push(endpoint) } else { own.push(endpoint) }
    }
    (own, others)
}

/// Whether a cause says that a check did not come to its end: somebody stopped the run, or its time was over.
fn is_cut_off(cause: &str) -> bool {
    [FindingId::Interrupted, FindingId::DeadlineReached].iter().any(|id| id.name() == cause)
}

/// Whether this may be the beginning of a line. A machine that lost its power may leave zeros behind it.
fn is_cut_short(line: &[u8]) -> bool {
    let written = line.iter().rposition(|byte| *byte != 0).map_or(&[][..], |last| &line[..=last]);
    if written.len() < BEGINNING.len() { BEGINNING.starts_with(written) } else { written.starts_with(BEGINNING) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::policy::Policy;

    fn endpoint(target: &str, port: u16) -> String {
        format!(
            r#"{{"type":"endpoint","target":"{target}","host":"h","address":null,"port":{port},"service":"smtp","security":"starttls","state":"ok","verdict":"pass"}}"#
        ) + "\n"
    }

    fn target(target: &str, cause: &str) -> String {
        let verdict = if cause == "interrupted" { "inconclusive" } else { "pass" };
        format!(
            r#"{{"type":"target","target":"{target}","verdict":"{verdict}","exit_code":0,"causes":[{{"id":"{cause}"}}]}}"#
        ) + "\n"
    }

    const END: &str = "{\"type\":\"summary\",\"schema\":\"mailprobe/report/v1\",\"verdict\":\"pass\",\"exit_code\":0,\"targets\":[]}\n";

    fn read(text: &[u8]) -> Result<Earlier, Unusable> {
        Earlier::read(text, Tally::new(&Policy::default()))
    }

    /// What stays of results.
    fn kept(text: &str) -> String {
        let earlier = read(text.as_bytes()).expect("results");
        let mut kept = Vec::new();
        earlier.copy(&mut text.as_bytes(), &mut kept).expect("memory");
        String::from_utf8(kept).expect("UTF-8")
    }

    #[test]
    fn only_what_is_done_stays() {
        let done = [endpoint("a", 25), endpoint("a", 587), target("a", "x")].concat();
        for more in [
            endpoint("b", 25),
            endpoint("b", 25) + &target("b", "interrupted"),
            endpoint("b", 25) + &target("b", "deadline-reached") + END,
            END.to_owned(),
            "{\"type\":\"endp".to_owned(),
            "{\"ty\0\0\0".to_owned(),
        ] {
            assert_eq!(kept(&format!("{done}{more}")), done, "{more}");
            let mixed = format!("{}{END}{}{done}", endpoint("c", 25), endpoint("a", 110) + &target("a", "interrupted"));
            assert_eq!(kept(&mixed), done);
        }
        assert_eq!(kept(&done), done);
        assert!(read(done.as_bytes()).expect("results").is_whole());
    }

    #[test]
    fn a_target_that_the_list_names_twice_is_done_twice() {
        // The second check of it was under way when the run was killed.
        let text = [endpoint("a", 25), endpoint("a", 25), endpoint("a", 587), target("a", "x")].concat();
        let mut earlier = read(text.as_bytes()).expect("results");
        assert_eq!((earlier.dropped.as_slice(), earlier.tally.endpoints.all), (&[2][..], 2));
        let named = Target { typed: "a".to_owned(), ..Target::parse("mail.example.org").expect("a target") };
        assert_eq!([earlier.done.takes(&named), earlier.done.takes(&named)], [true, false]);
    }

    #[test]
    fn what_is_no_result_of_a_list_is_left_alone() {
        let of_a_run = END.replace("[]", "[{}]");
        let other_version = END.replace("v1", "v2");
        let new_state = endpoint("a", 25).replace("\"ok\"", "\"later\"");
        let deep = format!("{{\"type\":\"endpoint\",\"target\":{}}}\n", "[".repeat(100_000));
        for (text, word) in [
            ("smtp://mail.example.org\n", "line 1 is no result"),
            ("mail.example.org", "line 1 is no result"),
            ("\n", "line 1 is no result"),
            ("{}\n", "line 1 is no result"),
            ("{\"type\":\"a\"}\n", "line 1 is no result"),
            ("{\"type\":\"target\",\"target\":\"a\"}\n", "line 1 is no result"),
            (&deep, "line 1 is no result"),
            (&of_a_run, "without --targets"),
            (&other_version, "other results"),
            (&new_state, "says `later`"),
        ] {
            let why = read(format!("{text}{}", endpoint("a", 25)).as_bytes()).expect_err(text);
            assert!(why.contains(word), "{why}");
        }
        let invalid =
            [endpoint("a", 25).into_bytes(), b"{\"type\":\"target\",\"target\":\"\xff\"}\n".to_vec()].concat();
        assert!(read(&invalid).is_err_and(|why| why.contains("line 2")));
    }

    proptest! {
        #[test]
        fn wherever_results_are_torn_what_was_whole_stays(cut in 0..1000_usize) {
            let whole = [endpoint("a", 25) + &target("a", "x"), endpoint("b", 25) + &endpoint("b", 465) + &target("b", "x")];
            let text = whole.concat();
            let text = &text[..cut.min(text.len())];
            let stay = if text.len() < whole[0].len() { 0 } else { 1 + usize::from(text.len() == whole.concat().len()) };
            prop_assert_eq!(kept(text), whole[..stay].concat());
        }

        #[test]
        fn any_bytes_are_read_to_their_end(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            let _ = read(&bytes);
        }
    }
}
