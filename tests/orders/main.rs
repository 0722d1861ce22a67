//! What strangers say gives nobody orders: whatever stands in a greeting, a capability, a certificate, a name or a list,
//! every format stays what it is, has one record for an endpoint, and no CI system, spreadsheet or web page obeys it.
#![cfg(feature = "cli")]

mod binary;
#[path = "../command/mod.rs"]
mod command;
mod readers;
mod runs;
mod texts;

use std::io::Write as _;
use std::process::{Command, Stdio};

use mailprobe::internals::report::prometheus;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

/// How many texts the long run takes, and how many of them stand in one endpoint.
const TEXTS: usize = 10_000;
const PLACES: usize = runs::PLACES;

/// How many endpoints are rendered together.
const BATCH: usize = 50;

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_format_carries_an_order(said in prop::collection::vec(texts::text(), PLACES..3 * PLACES)) {
        readers::check(&said);
    }
}

/// Hostile texts, the same in every run.
fn some(count: usize) -> Vec<String> {
    let mut runner = TestRunner::deterministic();
    let text = || texts::text().new_tree(&mut runner).expect("a text").current();
    std::iter::repeat_with(text).take(count).collect()
}

#[test]
fn ten_thousand_hostile_texts_leave_every_format_whole() {
    let said = some(TEXTS);
    std::thread::scope(|scope| {
        for half in said.chunks(TEXTS / 2) {
            scope.spawn(|| half.chunks(PLACES * BATCH).for_each(readers::check));
        }
    });
}

#[test]
fn prometheus_own_reader_takes_the_metrics() {
    let metrics = prometheus::render(&runs::run(&some(TEXTS / 10)));
    let promtool =
        Command::new("promtool").args(["check", "metrics"]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let Ok(mut promtool) = promtool else {
        let _ = writeln!(std::io::stderr(), "skipped: promtool is not installed");
        return;
    };
    let mut input = promtool.stdin.take().expect("an input");
    let writer = std::thread::spawn(move || input.write_all(metrics.as_bytes()));
    let output = promtool.wait_with_output().expect("it ends");
    writer.join().expect("no panic").expect("it reads");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn what_bare_eyes_find_first() {
    for said in texts::CHOSEN {
        readers::check(&vec![(*said).to_owned(); PLACES * runs::SITUATIONS]);
    }
}
