//! `mailprobe ports`

use mailprobe::Service;
use mailprobe::internals::report::ports;
use mailprobe::internals::report::style::Style;
use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

use crate::assert_committed;

#[test]
fn the_table_reads_as_committed() {
    let text = ports::text(Style { colour: false, unicode: true, width: 80 });
    assert_committed("tests/report/golden/ports.txt", &text);
    assert_committed("tests/report/golden/ports.json", &ports::json(Service::ALL).expect("a document"));
}

#[test]
fn no_line_is_wider_than_the_page() {
    for width in [40, 80, 100] {
        for line in ports::text(Style { colour: false, unicode: false, width }).lines() {
            assert!(line.width() <= width && line.is_ascii(), "{line:?}");
        }
    }
}

#[test]
fn every_port_is_there() {
    let document: Value = serde_json::from_str(&ports::json(Service::ALL).expect("a document")).expect("JSON");
    let ports: Vec<_> = document["ports"].as_array().expect("ports").iter().map(|row| row["port"].as_u64()).collect();
    assert_eq!(ports, [25, 465, 587, 110, 995, 143, 993].map(Some));
}
