//! What other programs make of the formats. Where they are missing, the test says so and is skipped; with `MAILPROBE_TEST_REQUIRE=all` they
//! are required.

use std::io::Write as _;
use std::process::{Command, Stdio};

use mailprobe_lab::skips;

use mailprobe::internals::report::{csv, junit, prometheus};

use crate::formats::every;

#[test]
fn promtool_finds_nothing_to_complain_about() {
    if !is_there("promtool") {
        return;
    }
    for (name, run) in every() {
        let text = prometheus::render(&run);
        let said = read_by(&["promtool", "check", "metrics"], &text);
        assert_eq!(said, Ok(String::new()), "{name}:\n{text}");
    }
}

#[cfg(feature = "serve")]
#[test]
fn promtool_takes_what_the_service_answers() {
    if !is_there("promtool") {
        return;
    }
    for (name, text) in crate::exposition::expositions() {
        let said = read_by(&["promtool", "check", "metrics"], &text);
        assert_eq!(said, Ok(String::new()), "{name}:\n{text}");
    }
}

#[test]
fn python_reads_the_xml_and_counts_the_same_failures() {
    const COUNT: &str = "
import sys, xml.etree.ElementTree as tree
root = tree.parse(sys.stdin.buffer).getroot()
cases = list(root.iter('testcase'))
assert root.tag == 'testsuites' and all(case.get('name') and case.get('classname') for case in cases)
assert len(cases) == int(root.get('tests'))
assert len(root.findall('.//failure')) == int(root.get('failures'))
print(len(cases))
";
    if !is_there("python3") {
        return;
    }
    for (name, run) in every() {
        let text = junit::render(&run).expect("XML");
        let count: usize = run.targets.iter().map(|target| target.endpoints.len()).sum();
        assert_eq!(read_by(&["python3", "-c", COUNT], &text), Ok(format!("{count}\n")), "{name}:\n{text}");
    }
}

#[test]
fn python_reads_the_csv() {
    const COUNT: &str = "
import csv, io, sys
rows = list(csv.DictReader(io.TextIOWrapper(sys.stdin.buffer, 'utf-8', newline=''), strict=True))
assert all(None not in row and None not in row.values() for row in rows)
print(len(rows))
";
    if !is_there("python3") {
        return;
    }
    for (name, run) in every() {
        let text = csv::render(&run).expect("CSV");
        let count: usize = run.targets.iter().map(|target| target.endpoints.len()).sum();
        assert_eq!(read_by(&["python3", "-c", COUNT], &text), Ok(format!("{count}\n")), "{name}:\n{text}");
    }
}

pub(crate) fn is_there(program: &str) -> bool {
    let found = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !found {
        skips::skip(&skips::this_test(), &format!("the command {program} is missing"));
    }
    found
}

/// What a program says of a text on its standard input.
pub(crate) fn read_by(command: &[&str], text: &str) -> Result<String, String> {
    let [program, arguments @ ..] = command else { panic!("no program") };
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut input = child.stdin.take().expect("an input");
    let text = text.to_owned();
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("no panic").expect("it reads");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(said) } else { Err(said) }
}
