//! Each row of the table, judged by Postfix, by ldns and by mailprobe.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::judges::{self, Verdict, Word};
use crate::netns::in_own_network;
use crate::row::Row;
use crate::world::{Folder, World, is_possible, numbered};
use crate::{mailprobe, rows, table};

/// How many rows are judged at a time: the tools mostly wait for one another's packets.
const AT_A_TIME: usize = 4;

/// What was said about one row.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) posttls_finger: Vec<Word>,
    pub(crate) ldns_dane: Vec<Word>,
    mailprobe: Option<mailprobe::Dane>,
}

#[test]
fn every_row_beside_the_reference_tools() {
    const TEST: &str = "dane::every_row_beside_the_reference_tools";
    if !is_possible(TEST) {
        return;
    }
    in_own_network(TEST, || {
        let groups = rows::all();
        let rows: Vec<Row> = groups.iter().flat_map(|(_, rows)| rows.clone()).collect();
        assert!(rows.len() >= 40, "{} rows", rows.len());
        let world = World::open(TEST, &rows);
        let said = judge(&world.folder, &rows);
        let faults: Vec<String> = rows.iter().zip(&said).filter_map(|(row, said)| fault(row, said)).collect();
        assert!(faults.is_empty(), "{} rows are not as expected:\n{}", faults.len(), faults.join("\n"));
        table::bless_or_compare(&groups, &said);
    });
}

/// Asks everybody about every row.
fn judge(folder: &Folder, rows: &[Row]) -> Vec<Said> {
    let rows: Vec<(usize, &Row)> = numbered(rows).collect();
    let (next, said) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while let Some(&(number, row)) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let one = ask(folder, number, row);
                    said.lock().unwrap_or_else(PoisonError::into_inner).push((number, one));
                }
            });
        }
    });
    let mut said = said.into_inner().unwrap_or_else(PoisonError::into_inner);
    said.sort_by_key(|&(number, _)| number);
    said.into_iter().map(|(_, said)| said).collect()
}

fn ask(folder: &Folder, number: usize, row: &Row) -> Said {
    let addresses: Vec<Ipv4Addr> = row.addresses(number).collect();
    let ldns_dane = row.places.iter().zip(&addresses);
    Said {
        posttls_finger: judges::posttls_finger(folder, row, &addresses),
        ldns_dane: ldns_dane.map(|(place, &address)| judges::ldns_dane(folder, &place.host, address)).collect(),
        mailprobe: mailprobe::is_asked().then(|| mailprobe::dane(folder, &row.domain, &addresses)),
    }
}

/// What is not as expected: mailprobe's word, or a difference without a reason, or a reason without a difference.
fn fault(row: &Row, said: &Said) -> Option<String> {
    let expected = &row.expected;
    let here = format!("{} ({}; {})", row.domain, row.what, row.published());
    if let Some(mailprobe) = &said.mailprobe
        && (mailprobe.outcome != expected.outcome || mailprobe.results != expected.results)
    {
        return Some(format!("{here}: mailprobe says {mailprobe:?}, expected {expected:?}"));
    }
    let differs = |words: &[Word]| {
        words
            .iter()
            .enumerate()
            .any(|(place, word)| word.verdict != Verdict::NotAsked && word.verdict != expected.verdict(place))
    };
    let differ = differs(&said.posttls_finger) || differs(&said.ldns_dane);
    match (differ, expected.reason) {
        (true, "") => Some(format!("{here}: expected {expected:?}, and for no known reason the tools say {said:?}")),
        (false, reason) if !reason.is_empty() => Some(format!("{here}: all agree, so this is no reason: {reason}")),
        _ => None,
    }
}
