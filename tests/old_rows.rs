//! Rows of the built-in tables that nobody has looked at for a year: listed as a warning, because advice ages, and no
//! failure. Those of the providers are listed by a test beside them, which knows the dates of their login rules.

#![cfg(feature = "net")]

use std::io::Write as _;
use std::time::SystemTime;

use mailprobe::internals::providers::Day;

const TABLES: [(&str, &str); 2] = [
    ("data/hostings.toml", include_str!("../data/hostings.toml")),
    ("data/default-certificates.toml", include_str!("../data/default-certificates.toml")),
];

/// The rows of a table that were last looked at before this day a year earlier: what they are called, and when that was.
fn of_long_ago(table: &str, today: &str) -> Vec<String> {
    let (year, rest) = today.split_at(4);
    let limit = format!("{}{rest}", year.parse::<u16>().expect("a year") - 1);
    let value =
        |line: &str, key: &str| Some(line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"')?.to_owned());
    let (mut row, mut old) = (String::new(), Vec::new());
    for line in table.lines() {
        if let Some(named) = value(line, "name").or_else(|| value(line, "is")) {
            row = named;
        } else if let Some(checked) = value(line, "checked") {
            // A month ends when the next one begins.
            old.extend(
                (checked.as_str() < limit.get(..checked.len()).expect("a date")).then(|| format!("{row} ({checked})")),
            );
        }
    }
    old
}

#[test]
fn what_nobody_looked_at_for_a_year_is_listed_and_no_failure() {
    let today = Day::of(SystemTime::now()).to_string();
    for (file, table) in TABLES {
        let rows = |mark: &str| table.lines().filter(|line| line.starts_with(mark)).count();
        let all = rows("[[hosting]]") + rows("[[certificate]]");
        assert_eq!(of_long_ago(table, "2018-01-01"), [""; 0], "{file}");
        assert_eq!(of_long_ago(table, "2200-01-01").len(), all, "{file}: each row tells when it was looked at");
        let old = of_long_ago(table, &today);
        if !old.is_empty() {
            // Past the capture of test output, so that it is seen.
            let _ = writeln!(
                std::io::stderr(),
                "warning: {file}: nobody has looked at these for a year: {}",
                old.join("; ")
            );
        }
    }
}
