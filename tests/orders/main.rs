//! What strangers say gives nobody orders: whatever stands in a greeting, a capability, a certificate, a name or a list,
//! every format stays what it is, has one record for an endpoint, and no CI system, spreadsheet or web page obeys it.
#![cfg(feature = "cli")]

mod binary;
#[path = "../command/mod.rs"]
mod command;
mod readers;
mod runs;
mod texts;

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

#[test]
fn ten_thousand_hostile_texts_leave_every_format_whole() {
    let mut runner = TestRunner::deterministic();
    let mut text = || texts::text().new_tree(&mut runner).expect("a text").current();
    let said: Vec<String> = std::iter::repeat_with(&mut text).take(TEXTS).collect();
    std::thread::scope(|scope| {
        for half in said.chunks(TEXTS / 2) {
            scope.spawn(|| half.chunks(PLACES * BATCH).for_each(readers::check));
        }
    });
}

#[test]
fn what_bare_eyes_find_first() {
    for said in texts::CHOSEN {
        readers::check(&vec![(*said).to_owned(); PLACES * runs::SITUATIONS]);
    }
}
