//! What `docs/comparison.md` says of logins and recipients is what the servers, swaks and mailprobe say here.

use std::collections::BTreeMap;

use crate::row::Row;

const PAGE: &str = include_str!("../../docs/comparison.md");

/// Holds the page's rows to those of the tests, by their situation, and to the exit codes of swaks.
pub(crate) fn hold(rows: &[Row], codes: &BTreeMap<&'static str, i32>) {
    let (_, table) = PAGE.split_once("<!-- begin logins -->").expect("the table of logins");
    let (table, _) = table.split_once("<!-- end logins -->").expect("its end");
    let told: Vec<Vec<&str>> = table
        .lines()
        .filter_map(|line| Some(line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ").map(str::trim).collect()))
        .skip(1)
        .filter(|cells: &Vec<&str>| !cells[0].starts_with("---"))
        .collect();
    assert!(told.len() > 15, "the page has {} situations", told.len());
    for cells in told {
        let [situation, reply, swaks, mailprobe] = cells[..] else { panic!("four cells are expected: {cells:?}") };
        let row = rows.iter().find(|row| row.situation == situation);
        let row = row.unwrap_or_else(|| panic!("the tests know no situation {situation:?}"));
        let answer = reply.trim_matches('`');
        assert!(answer.starts_with(row.answer()), "{situation}: {answer:?} is not {:?}", row.answer());
        assert_eq!(mailprobe, row.found(), "{situation}");
        assert_eq!(swaks.parse(), Ok(codes[situation]), "{situation}: swaks");
    }
}
