//! What was told, judged. A judgement collects all that is wrong, so that one look shows how far the words are off.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use serde_json::Value;

use crate::cause::{Cause, findings, has, ports_of, text, texts_of, trouble};
use crate::run::Outcome;
use crate::text::{expression, flat, holds, shortened};

/// One run's words and document, and what is wrong with them so far. [`Told::judged`] says it.
#[must_use = "nothing is said before `judged`"]
pub(crate) struct Told {
    outcome: Outcome,
    faults: Vec<String>,
}

impl Told {
    /// Judges what must hold of every document.
    pub(crate) fn new(outcome: Outcome) -> Self {
        let mut told = Self { outcome, faults: Vec::new() };
        if told.outcome.code.is_none() {
            told.fault(format!("not done within {:?}", told.outcome.took));
        }
        told.causes_keep_the_contract();
        told.failures_have_a_cause();
        told
    }

    // What it came to.

    pub(crate) fn code(self, code: i32) -> Self {
        self.code_in(&[code])
    }

    pub(crate) fn code_in(mut self, codes: &[i32]) -> Self {
        let code = self.outcome.code;
        self.check(code.is_some_and(|code| codes.contains(&code)), || format!("exit code {code:?}, not {codes:?}"));
        self
    }

    /// Whether what was typed was refused, and nothing probed.
    pub(crate) fn is_usage_error(&self) -> bool {
        self.outcome.code == Some(2)
    }

    /// A verdict, or several joined by `|`.
    pub(crate) fn verdict(mut self, verdicts: &str) -> Self {
        let verdict = text(&self.outcome.document["verdict"]).to_owned();
        self.check(verdicts.split('|').any(|one| one == verdict), || format!("verdict {verdict:?}, not {verdicts}"));
        self
    }

    /// The state of a port at every address.
    pub(crate) fn state(self, port: u16, state: &str) -> Self {
        self.states(|endpoint| endpoint["port"] == port, &format!("port {port}"), state)
    }

    /// The state of a port at one address.
    pub(crate) fn state_at(self, port: u16, address: &str, state: &str) -> Self {
        let chosen = |endpoint: &Value| endpoint["port"] == port && endpoint["address"] == address;
        self.states(chosen, &format!("port {port} of {address}"), state)
    }

    /// The state of every port at one address.
    pub(crate) fn all_at(self, address: &str, state: &str) -> Self {
        self.states(|endpoint| endpoint["address"] == address, &format!("a port of {address}"), state)
    }

    fn states(mut self, chosen: impl Fn(&Value) -> bool, what: &str, state: &str) -> Self {
        let endpoints = self.endpoints().into_iter().filter(|endpoint| chosen(endpoint));
        let seen: Vec<String> = endpoints.map(|endpoint| text(&endpoint["state"]).to_owned()).collect();
        self.check(!seen.is_empty() && seen.iter().all(|one| one == state), || {
            format!("{what} is {}, not {state}", if seen.is_empty() { "missing".to_owned() } else { seen.join("/") })
        });
        self
    }

    pub(crate) fn endpoint_count(mut self, count: usize) -> Self {
        let seen = self.endpoints().len();
        self.check(seen == count, || format!("{seen} endpoints, not {count}"));
        self
    }

    pub(crate) fn within(mut self, longest: Duration) -> Self {
        let took = self.outcome.took;
        self.check(took <= longest, || format!("it took {took:.1?}, more than {longest:?}"));
        self
    }

    // Findings.

    /// A finding at a port.
    pub(crate) fn finding(mut self, port: u16, id: &str) -> Self {
        let at_port = |endpoint: &&Value| endpoint["port"] == port;
        let found = self.endpoints().into_iter().filter(at_port).any(|endpoint| has(endpoint, id));
        self.check(found, || format!("port {port} lacks the finding {id}"));
        self
    }

    pub(crate) fn no_finding(mut self, id: &str) -> Self {
        let found = self.endpoints().into_iter().chain(self.targets()).any(|place| has(place, id));
        self.check(!found, || format!("there is a finding {id}"));
        self
    }

    // Words.

    /// A pattern somewhere in the report.
    pub(crate) fn says(self, pattern: &str) -> Self {
        let said = flat(&self.words());
        self.must(pattern, &said, "the report")
    }

    pub(crate) fn never(self, pattern: &str) -> Self {
        let said = flat(&self.words());
        self.must_not(pattern, &said, "the report")
    }

    pub(crate) fn never_any<'a>(self, patterns: impl IntoIterator<Item = &'a str>) -> Self {
        patterns.into_iter().fold(self, Self::never)
    }

    /// A pattern in the sentence about the target.
    pub(crate) fn sentence(self, pattern: &str) -> Self {
        let sentence = self.conclusion();
        self.must(pattern, &sentence, "the sentence")
    }

    pub(crate) fn sentence_never(self, pattern: &str) -> Self {
        let sentence = self.conclusion();
        self.must_not(pattern, &sentence, "the sentence")
    }

    /// A pattern in the first clause: what comes first is what people read.
    pub(crate) fn opens_with(self, pattern: &str) -> Self {
        let sentence = self.conclusion();
        let first = sentence.split_inclusive(['.', ';', '!']).next().unwrap_or_default().to_owned();
        self.must(pattern, &first, "the sentence's beginning")
    }

    /// A pattern in the sentence or in the advice.
    pub(crate) fn advice(self, pattern: &str) -> Self {
        let advice = format!("{} {}", self.conclusion(), self.hints());
        self.must(pattern, &advice, "the advice")
    }

    /// A pattern in the hints alone.
    pub(crate) fn hint(self, pattern: &str) -> Self {
        let hints = self.hints();
        self.must(pattern, &hints, "the hints")
    }

    pub(crate) fn hint_never(self, pattern: &str) -> Self {
        let hints = self.hints();
        self.must_not(pattern, &hints, "the hints")
    }

    /// A pattern in what a port's findings advise.
    pub(crate) fn hint_at(self, port: u16, pattern: &str) -> Self {
        let at_port = self.endpoints().into_iter().filter(|endpoint| endpoint["port"] == port);
        let hints: Vec<&str> = at_port.flat_map(findings).map(|finding| text(&finding["hint"])).collect();
        let hints = flat(&hints.join(" "));
        self.must(pattern, &hints, &format!("the hint of port {port}"))
    }

    pub(crate) fn stderr(self, pattern: &str) -> Self {
        let said = flat(&self.outcome.stderr);
        self.must(pattern, &said, "standard error")
    }

    pub(crate) fn stderr_lines(mut self, count: usize) -> Self {
        let lines = self.outcome.stderr.lines().count();
        self.check(lines == count, || format!("{lines} lines on standard error, not {count}"));
        self
    }

    /// At most so many lines on the screen.
    pub(crate) fn lines(mut self, most: usize) -> Self {
        let lines = self.outcome.stdout.lines().count();
        self.check(lines <= most, || format!("{lines} lines, more than {most}"));
        self
    }

    /// At most so many blocks of errors and warnings on the screen.
    pub(crate) fn blocks(mut self, most: usize) -> Self {
        let blocks = self.count_blocks("error|warning");
        self.check(blocks <= most, || format!("{blocks} blocks of errors and warnings, more than {most}"));
        self
    }

    /// A pattern in what is left on a screen of this many lines.
    pub(crate) fn last_lines(self, lines: usize, pattern: &str) -> Self {
        let all: Vec<&str> = self.outcome.stdout.lines().collect();
        let last = flat(&all[all.len().saturating_sub(lines)..].join("\n"));
        self.must(pattern, &last, &format!("the end ({lines} lines)"))
    }

    // Causes.

    /// There is such a cause.
    pub(crate) fn cause(mut self, wanted: &Cause) -> Self {
        let found = self.causes().into_iter().any(|one| wanted.is(one));
        self.check(found, || format!("there is no {}", wanted.wanted()));
        self
    }

    /// So many causes are errors, and no more error blocks are on the screen.
    pub(crate) fn errors(mut self, count: usize) -> Self {
        let causes = self.causes().into_iter().filter(|cause| cause["severity"] == "error").count();
        self.check(causes == count, || format!("{causes} causes are errors, not {count}"));
        let blocks = self.count_blocks("error");
        self.check(blocks <= count, || format!("{blocks} error blocks, more than {count}"));
        self
    }

    // Outputs for monitors.

    /// Standard output, in the format that was asked for.
    pub(crate) fn output(self, pattern: &str) -> Self {
        let said = self.outcome.stdout.clone();
        self.must(pattern, &said, "the output")
    }

    pub(crate) fn nagios(self, pattern: &str) -> Self {
        let said = self.outcome.nagios.clone();
        self.must(pattern, &said, "the Nagios output")
    }

    pub(crate) fn nagios_never(self, pattern: &str) -> Self {
        let said = self.outcome.nagios.clone();
        self.must_not(pattern, &said, "the Nagios output")
    }

    /// One detail line for each cause that is an error or a warning.
    pub(crate) fn nagios_line_for_each_cause(mut self) -> Self {
        let lines =
            self.outcome.nagios.lines().skip(1).filter(|line| holds("^(critical|warning|unknown): ", line)).count();
        let troubles = trouble();
        let causes =
            self.causes().into_iter().filter(|one| troubles.severities.contains(&text(&one["severity"]))).count();
        self.check(lines == causes && lines > 0, || format!("{lines} lines for Nagios, of {causes} causes"));
        self
    }

    pub(crate) fn nagios_details(mut self, most: usize) -> Self {
        let lines = self.outcome.nagios.lines().count().saturating_sub(1);
        self.check(lines <= most, || format!("{lines} detail lines for Nagios, more than {most}"));
        self
    }

    pub(crate) fn annotations(mut self, most: usize) -> Self {
        let count = self.outcome.github.lines().filter(|line| holds("^::(error|warning|notice) ", line)).count();
        self.check((1..=most).contains(&count), || format!("{count} annotations for GitHub, not 1 to {most}"));
        self
    }

    pub(crate) fn prometheus(self, pattern: &str) -> Self {
        let said = self.outcome.prometheus.clone();
        self.must(pattern, &said, "the Prometheus output")
    }

    // The end.

    pub(crate) fn is_right(&self) -> bool {
        self.faults.is_empty()
    }

    /// Fails with all that is wrong.
    #[track_caller]
    pub(crate) fn judged(self) {
        let report = self.report();
        assert!(self.is_right(), "{report}");
    }

    fn report(&self) -> String {
        let Outcome { line, code, stdout, stderr, took, .. } = &self.outcome;
        let mut report = format!("$ {line}\n{stdout}{stderr}(exit code {code:?}, {took:.1?})\n");
        for fault in &self.faults {
            let _ = writeln!(report, "  wrong: {fault}");
        }
        report
    }

    /// The words and the exit code, to compare runs by.
    pub(crate) fn story(&self) -> (Option<i32>, String) {
        (self.outcome.code, self.conclusion())
    }

    fn causes_keep_the_contract(&mut self) {
        if self.outcome.document.is_null() {
            return;
        }
        let mut faults = BTreeSet::new();
        for target in self.targets() {
            let Some(causes) = target["causes"].as_array() else {
                faults.insert("the document's targets have no `causes`".to_owned());
                continue;
            };
            for cause in causes {
                let optional = |field: &str| cause.get(field).is_some_and(|one| one.is_string() || one.is_null());
                let holds = ["id", "message"].iter().all(|field| !text(&cause[*field]).is_empty())
                    && ["error", "warning", "info"].contains(&text(&cause["severity"]))
                    && optional("evidence")
                    && optional("hint")
                    && cause["ports"].as_array().is_some_and(|all| all.iter().all(Value::is_u64))
                    && ["addresses", "hosts"]
                        .iter()
                        .all(|field| cause[*field].as_array().is_some_and(|all| all.iter().all(Value::is_string)));
                if !holds {
                    faults.insert(format!("a cause does not keep to the contract: {cause}"));
                }
            }
        }
        self.faults.extend(faults);
    }

    /// Every endpoint that fails is in the scope of a cause.
    fn failures_have_a_cause(&mut self) {
        let mut faults = Vec::new();
        for target in self.targets().into_iter().filter(|target| target["causes"].is_array()) {
            let causes = target["causes"].as_array().into_iter().flatten();
            let causes: Vec<&Value> = causes.filter(|cause| cause["severity"] != "info").collect();
            for endpoint in target["endpoints"].as_array().into_iter().flatten() {
                let port = endpoint["port"].as_u64().and_then(|port| u16::try_from(port).ok()).unwrap_or_default();
                let (address, host) = (text(&endpoint["address"]), text(&endpoint["host"]));
                // A cause that names none of a kind is about all of them, as where a name has no address.
                let covers = |cause: &&Value| {
                    let (ports, [addresses, hosts]) =
                        (ports_of(cause), ["addresses", "hosts"].map(|field| texts_of(&cause[field])));
                    (ports.is_empty() || ports.contains(&port))
                        && (addresses.is_empty() || addresses.contains(address))
                        && (hosts.is_empty() || hosts.contains(host))
                };
                if endpoint["verdict"] == "fail" && !causes.iter().any(covers) {
                    faults.push(format!("port {port} of {host} {address} fails without a cause"));
                }
            }
        }
        self.faults.extend(faults);
    }

    fn must(mut self, pattern: &str, text: &str, what: &str) -> Self {
        self.check(holds(pattern, text), || format!("/{pattern}/ is missing in {what}: {:?}", shortened(text)));
        self
    }

    fn must_not(mut self, pattern: &str, text: &str, what: &str) -> Self {
        if let Some(found) = expression(pattern).find(text) {
            self.fault(format!("{:?} is in {what}, which matches /{pattern}/", found.as_str()));
        }
        self
    }

    fn check(&mut self, holds: bool, fault: impl FnOnce() -> String) {
        if !holds {
            self.fault(fault());
        }
    }

    fn fault(&mut self, fault: String) {
        self.faults.push(fault);
    }

    fn words(&self) -> String {
        format!("{}\n{}", self.outcome.stdout, self.outcome.stderr)
    }

    fn conclusion(&self) -> String {
        flat(&self.targets().iter().map(|target| text(&target["conclusion"])).collect::<Vec<_>>().join(" "))
    }

    fn hints(&self) -> String {
        let of_targets = self.targets().into_iter().flat_map(|target| target["hints"].as_array().into_iter().flatten());
        let of_causes = self.causes().into_iter().map(|cause| &cause["hint"]);
        flat(&of_targets.chain(of_causes).map(text).collect::<Vec<_>>().join(" "))
    }

    fn count_blocks(&self, kinds: &str) -> usize {
        expression(&format!(r"(?m)^\W*({kinds}):")).find_iter(&self.outcome.stdout).count()
    }

    fn targets(&self) -> Vec<&Value> {
        self.outcome.document["targets"].as_array().into_iter().flatten().collect()
    }

    fn endpoints(&self) -> Vec<&Value> {
        self.targets().into_iter().flat_map(|target| target["endpoints"].as_array().into_iter().flatten()).collect()
    }

    fn causes(&self) -> Vec<&Value> {
        self.targets().into_iter().flat_map(|target| target["causes"].as_array().into_iter().flatten()).collect()
    }
}
