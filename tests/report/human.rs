//! The report for a person.

use mailprobe::internals::report::human::{Detail, render};
use mailprobe::internals::report::sanitize::{Charset, escape};
use mailprobe::internals::report::style::Style;
use unicode_width::UnicodeWidthStr as _;

use crate::{assert_committed, samples, traced};

const PLAIN: Style = Style { colour: false, unicode: true, width: 80 };

#[test]
fn every_situation_reads_as_committed() {
    for (name, run) in samples::all() {
        assert_committed(&format!("tests/report/golden/{name}.txt"), &render(&run, PLAIN, Detail::Normal));
    }
}

#[test]
fn ascii_narrow_verbose_quiet_and_colour_read_as_committed() {
    let mixed = samples::mixed();
    let ascii = Style { unicode: false, ..PLAIN };
    let narrow = Style { width: 40, ..PLAIN };
    let colour = Style { colour: true, ..PLAIN };
    for (name, text) in [
        ("mixed.ascii", render(&mixed, ascii, Detail::Normal)),
        ("mixed.narrow", render(&mixed, narrow, Detail::Normal)),
        ("mixed.verbose", render(&mixed, PLAIN, Detail::Verbose)),
        ("mixed.quiet", render(&mixed, PLAIN, Detail::Quiet)),
        ("mixed.colour", render(&mixed, colour, Detail::Normal)),
        ("traced.ascii", render(&traced::run(), ascii, Detail::Normal)),
        ("traced.narrow", render(&traced::run(), narrow, Detail::Normal)),
        ("traced.verbose", render(&traced::run(), PLAIN, Detail::Verbose)),
        ("one-endpoint.verbose", render(&samples::one_endpoint(), PLAIN, Detail::Verbose)),
    ] {
        assert_committed(&format!("tests/report/golden/{name}.txt"), &text);
    }
}

#[test]
fn no_line_is_wider_than_the_page_and_nothing_acts_on_the_terminal() {
    for (name, run) in samples::all() {
        for detail in [Detail::Quiet, Detail::Normal, Detail::Verbose] {
            for unicode in [true, false] {
                for width in [40, 50, 66, 80, 100] {
                    let text = render(&run, Style { colour: false, unicode, width }, detail);
                    for line in text.lines() {
                        // The address of a page stays whole, so that it can be clicked on.
                        let fits = line.width() <= width || line.trim_start().starts_with("https://");
                        assert!(fits, "{name}, {width} columns: {line:?} takes {}", line.width());
                        assert_eq!(escape(line, Charset::Unicode), line, "{name}");
                        assert!(unicode || line.is_ascii(), "{name}: {line:?}");
                        assert!(!line.ends_with(' '), "{name}: {line:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_width_beyond_reason_is_kept_within_it() {
    let run = samples::mixed();
    let at = |width| render(&run, Style { width, ..PLAIN }, Detail::Normal);
    assert_eq!(at(0), at(40));
    assert_eq!(at(10_000), at(100));
}

#[test]
fn quiet_says_nothing_when_all_is_well() {
    assert_eq!(render(&samples::all_ok(), PLAIN, Detail::Quiet), "");
}

#[test]
fn colour_changes_nothing_but_colour() {
    for (name, run) in samples::all() {
        let plain = render(&run, PLAIN, Detail::Verbose);
        let coloured = render(&run, Style { colour: true, ..PLAIN }, Detail::Verbose);
        assert!(coloured.contains("\x1b["));
        assert_eq!(without_colour(&coloured), plain, "{name}");
    }
}

#[test]
fn the_answer_stands_last() {
    let text = render(&samples::all_ok(), PLAIN, Detail::Normal);
    let last: Vec<&str> = text.lines().rev().take(3).collect();
    assert!(last[2].contains("PASS") && last[2].contains("All seven mail ports work"), "{text}");
    assert_eq!(last[..2], ["Not checked: login and sending. If mail still fails, check name and password.", ""]);
}

#[test]
fn equal_findings_are_told_once_with_their_ports() {
    let text = render(&samples::mixed(), PLAIN, Detail::Normal);
    assert_eq!(text.matches("The certificate expired 3 days ago.").count(), 1, "{text}");
    assert!(text.contains("ports 465 and 587"), "{text}");
}

#[test]
fn what_is_good_to_know_about_closed_ports_waits_for_verbose() {
    let at = |detail| render(&samples::mixed(), PLAIN, detail);
    assert!(!at(Detail::Normal).contains("This port is not offered."));
    assert!(at(Detail::Verbose).contains("This port is not offered."));
    assert!(render(&samples::one_endpoint(), PLAIN, Detail::Normal).contains("IPv6 was not tried"));
}

#[test]
fn the_end_of_several_targets_names_those_that_do_not_pass() {
    let mut run = samples::several_targets();
    let text = render(&run, PLAIN, Detail::Normal);
    let end: Vec<_> = text.lines().rev().take(3).collect();
    assert!(end[0].starts_with("3 targets: 1 pass, 1 warn, 1 fail."), "{text}");
    let warned = "! @example.org      example.org takes mail, unencrypted, at one of its two MX h…";
    assert_eq!(end[1..], [warned, "✗ mial.example.org  There is no host mial.example.org."], "worst first: {text}");

    // Of many, the first; those that fail before those that warn.
    let (failing, warning) = (run.targets.pop().expect("fails"), run.targets.pop().expect("warns"));
    let many = [vec![warning; 15], vec![failing; 8]].concat();
    let text = render(&samples::run(many), PLAIN, Detail::Normal);
    let end: Vec<_> = text.rsplit("\n\n").next().unwrap_or_default().lines().collect();
    let lines = |mark: &str| end.iter().filter(|line| line.starts_with(mark)).count();
    assert_eq!((lines("✗ mial"), lines("! @example"), lines("  and 3 more")), (8, 12, 1), "{end:#?}");
}

/// The only sequences that the renderer writes: `ESC [ … m`.
fn without_colour(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\x1b[") {
        plain.push_str(before);
        rest = after.split_once('m').map_or("", |(_, after)| after);
    }
    plain + rest
}
