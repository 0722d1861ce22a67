//! The policy file of MTA-STS.

use super::super::mta_sts_policy::parse;
use crate::observation::promises::{MtaStsMode, MtaStsPolicy, PolicyFault as Fault};

const PLAIN: Option<&str> = Some("text/plain");

fn policy(mode: MtaStsMode, hosts: &[&str], max_age: u32, faults: &[Fault]) -> MtaStsPolicy {
    MtaStsPolicy {
        mode,
        hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
        max_age,
        faults: faults.to_vec(),
    }
}

fn bad(field: &'static str, value: &str, allowed: &'static str) -> Fault {
    Fault::BadValue { field, value: value.to_owned(), allowed }
}

#[test]
fn a_policy_that_senders_can_use_is_read_and_what_is_odd_about_it_told() {
    use MtaStsMode as Mode;
    let text = str::to_owned;
    let rows = [
        (
            "version: STSv1\r\nmode: enforce\r\nmx: MX1.example.org\r\nmx: *.example.net\r\nmax_age: 604800\r\n",
            policy(Mode::Enforce, &["mx1.example.org", "*.example.net"], 604_800, &[]),
        ),
        ("max_age:31557600\nmx:mx\nmode:testing \nversion:\t STSv1", policy(Mode::Testing, &["mx"], 31_557_600, &[])),
        ("version: STSv1\nmode: none\nmax_age: 60\n", policy(Mode::None, &[], 60, &[])),
        (
            "version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 3600\n",
            policy(Mode::Enforce, &["a.example"], 3600, &[Fault::ShortLife(3600)]),
        ),
        (
            "version: STSv1\nmode: enforce\nmode: none\nmx: a.example\nmax_age: 86400\nmax_age: 0",
            policy(Mode::Enforce, &["a.example"], 86_400, &[Fault::Twice(text("mode")), Fault::Twice(text("max_age"))]),
        ),
        (
            "version: STSv1\nmode: enforce\n# ours\nmx: a.example\nmax-age: 1\nmax_age: 86400",
            policy(
                Mode::Enforce,
                &["a.example"],
                86_400,
                &[Fault::BadLine(text("# ours")), Fault::Unknown(text("max-age"))],
            ),
        ),
        (
            "version: STSv1\nmode: enforce\nmx: a.example\nmx: 192.0.2.1\nmax_age: 86400",
            policy(Mode::Enforce, &["a.example"], 86_400, &[Fault::BadPattern(text("192.0.2.1"))]),
        ),
    ];
    for (file, expected) in rows {
        assert_eq!(parse(file.as_bytes(), PLAIN), Ok(expected), "{file}");
    }
}

#[test]
fn a_policy_that_senders_cannot_use_tells_everything_that_is_wrong() {
    const MODES: &str = "enforce, testing or none";
    const AGES: &str = "a number of seconds from 0 to 31557600";
    let text = str::to_owned;
    let rows: Vec<(&str, Vec<Fault>)> = vec![
        ("", vec![Fault::NotAPolicy(None)]),
        (
            "<!DOCTYPE html>\n<p style=\"color: red\">Not found</p>\n",
            vec![Fault::NotAPolicy(Some("<!DOCTYPE html>".to_owned()))],
        ),
        ("mode: enforce\nmx: a.example\nmax_age: 86400", vec![Fault::Missing("version")]),
        ("version: STSv1\nmx: a.example\nmax_age: 86400", vec![Fault::Missing("mode")]),
        ("version: STSv1\nmode: enforce\nmx: a.example", vec![Fault::Missing("max_age")]),
        ("version: STSv1\nmode: enforce\nmax_age: 86400", vec![Fault::Missing("mx")]),
        ("version: STSv1\nmode: testing\nmax_age: 86400", vec![Fault::Missing("mx")]),
        ("version: stsv1\nmode: enforce\nmx: a.example\nmax_age: 86400", vec![bad("version", "stsv1", "STSv1")]),
        ("version: STSv1\nmode: report\nmx: a.example\nmax_age: 86400", vec![bad("mode", "report", MODES)]),
        ("version: STSv1\nmode: Enforce\nmx: a.example\nmax_age: 86400", vec![bad("mode", "Enforce", MODES)]),
        ("version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 31557601", vec![bad("max_age", "31557601", AGES)]),
        ("version: STSv1\nmode: enforce\nmx: a.example\nmax_age: -1", vec![bad("max_age", "-1", AGES)]),
        ("version: STSv1\nmode: enforce\nmx: a.example\nmax_age: +86400", vec![bad("max_age", "+86400", AGES)]),
        ("version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 1 week", vec![bad("max_age", "1 week", AGES)]),
        ("version: STSv1\nmode: enforce\nmx: a.example\nmax_age: ", vec![bad("max_age", "", AGES)]),
        (
            "version: STSv1\nmode : enforce\nmx: a.example\nmax_age: 86400",
            vec![Fault::Missing("mode"), Fault::BadLine(text("mode : enforce"))],
        ),
        (
            "\u{feff}version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 86400",
            vec![Fault::Missing("version"), Fault::BadLine(text("\u{feff}version: STSv1"))],
        ),
        (
            "Version: STSv1\nMode: enforce\nMX: a.example\nMax_Age: 86400",
            vec![
                Fault::Missing("version"),
                Fault::Missing("mode"),
                Fault::Missing("max_age"),
                Fault::Missing("mx"),
                Fault::Unknown(text("Version")),
                Fault::Unknown(text("Mode")),
                Fault::Unknown(text("MX")),
                Fault::Unknown(text("Max_Age")),
            ],
        ),
        (
            "version: STSv1\rmode: enforce\rmx: a.example\rmax_age: 86400\r",
            vec![
                bad("version", "STSv1\rmode: enforce\rmx: a.example\rmax_age: 86400", "STSv1"),
                Fault::Missing("mode"),
                Fault::Missing("max_age"),
                Fault::Missing("mx"),
            ],
        ),
    ];
    for (file, expected) in rows {
        assert_eq!(parse(file.as_bytes(), PLAIN), Err(expected), "{file:?}");
    }
    assert_eq!(
        parse(b"version: STSv1\nmode: enforce\nmx: \xff\nmax_age: 1", PLAIN),
        Err(vec![Fault::NotAPolicy(Some("version: STSv1".to_owned()))])
    );
}

#[test]
fn a_pattern_that_can_match_no_host_is_told() {
    let file = |pattern: &str| format!("version: STSv1\nmode: enforce\nmx: {pattern}\nmax_age: 86400\n");
    for pattern in [
        "",
        "*",
        "*.",
        "**.example.org",
        "*.*.example.org",
        "mx*.example.org",
        "mx.*.example.org",
        ".example.org",
        "mx..example.org",
        "mx.example.org.",
        "192.0.2.1",
        "[192.0.2.1]",
        "2001:db8::1",
        "*.192.0.2.1",
        "mx.example.org:25",
        "mx.example.org, mx2.example.org",
        "mx.example.org mx2.example.org",
        "bücher.example",
        "smtp://mx.example.org",
        "<mx.example.org>",
    ] {
        let expected = Err(vec![Fault::BadPattern(pattern.to_owned())]);
        assert_eq!(parse(file(pattern).as_bytes(), PLAIN), expected, "{pattern}");
    }
    for pattern in ["mx.example.org", "*.example.org", "*.org", "mx_1.example.org", "xn--bcher-kva.example"] {
        let hosts = parse(file(pattern).as_bytes(), PLAIN).map(|policy| policy.hosts);
        assert_eq!(hosts, Ok(vec![pattern.to_owned()]));
    }
}

#[test]
fn the_content_type_is_a_remark_since_not_all_senders_look_at_it() {
    let file = b"version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 86400";
    let faults = |content_type| parse(file, content_type).expect("a policy").faults;
    for fine in ["text/plain", "Text/Plain", "text/plain; charset=utf-8", "text/plain;charset=\"utf-8\""] {
        assert_eq!(faults(Some(fine)), []);
    }
    assert_eq!(faults(None), [Fault::ContentType(None)]);
    for other in ["text/html; charset=utf-8", "application/octet-stream", "text/plainer", ""] {
        assert_eq!(faults(Some(other)), [Fault::ContentType(Some(other.to_owned()))]);
    }
}

#[test]
fn what_is_told_of_a_file_has_an_end() {
    let lines: Vec<String> = (0..5000).map(|number| format!("field{number}: x")).collect();
    let long = "y".repeat(60_000);
    let file = format!("version: STSv1\nmode: {long}\n{}\n{long}\n", lines.join("\n"));
    let faults = parse(file.as_bytes(), None).expect_err("no policy");
    assert_eq!(faults.len(), 16);
    assert!(format!("{faults:?}").len() < 4000);
}
