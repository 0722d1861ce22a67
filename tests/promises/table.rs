//! docs/dane.md: the rows, and what each tool says.

use std::fmt::Write as _;
use std::path::Path;

use crate::dane::Said;
use crate::judges::Word;
use crate::row::Row;

const HEAD: &str = "<!-- Written by tests/promises: MAILPROBE_BLESS=1 cargo test --test promises -->

# DANE: what three tools say of the same servers

Each row is a mail domain in a network of its own: zones signed from a root of their own down and served by BIND, Unbound
in front of them, and servers on port 25 with STARTTLS. Where several addresses are judged, their words follow one another.

- *published*: the TLSA records, as usage, selector, matching type, and which certificate or key they are made of.
- *mailprobe*: what came of the promise, and its result for each address (`-`: DANE does not apply to it).
- *posttls-finger*: Postfix 3.7 with `-l dane-only`, which goes to one address at random and was run until it had been to all.
- *ldns-dane*: the exit code of ldns 1.8 with `-T -c CHAIN verify HOST 25` for the chain that the server at the address shows.
  It does not follow MX records and does not ask for addresses.

Where a tool comes to another conclusion than mailprobe, the last column says why.
";

/// Writes the table with `MAILPROBE_BLESS=1`; else it must be as it stands.
pub(crate) fn bless_or_compare(groups: &[(&str, Vec<Row>)], said: &[Said]) {
    let text = render(groups, said);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/dane.md");
    if std::env::var("MAILPROBE_BLESS").as_deref() == Ok("1") {
        return std::fs::write(&path, text).expect("docs/dane.md");
    }
    let old = std::fs::read_to_string(&path).unwrap_or_default();
    let changed: Vec<String> = old
        .lines()
        .zip(text.lines())
        .filter(|(old, new)| old != new)
        .map(|(old, new)| format!("- {old}\n+ {new}"))
        .collect();
    assert!(old == text, "docs/dane.md says otherwise (MAILPROBE_BLESS=1 writes it anew):\n{}", changed.join("\n"));
}

fn render(groups: &[(&str, Vec<Row>)], said: &[Said]) -> String {
    let mut text = HEAD.to_owned();
    let mut said = said.iter();
    for (title, rows) in groups {
        write!(
            text,
            "\n## {title}\n\n| published | case | mailprobe | posttls-finger | ldns-dane | why they differ |\n\
             |---|---|---|---|---|---|\n"
        )
        .expect("a string");
        for (row, said) in rows.iter().zip(&mut said) {
            let expected = &row.expected;
            writeln!(
                text,
                "| {} | {} | {}: {} | {} | {} | {} |",
                row.published(),
                row.what,
                expected.outcome,
                if expected.results.is_empty() { "not reached".to_owned() } else { expected.results.join(", ") },
                words(&said.posttls_finger),
                words(&said.ldns_dane),
                expected.reason
            )
            .expect("a string");
        }
    }
    text
}

fn words(words: &[Word]) -> String {
    words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join("; ")
}
