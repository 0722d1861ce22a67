use std::path::Path;

use super::*;
use crate::policy::{Expected, PolicyKind};
use crate::probe::PolicyLookups;

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read_checks(text: &str) -> Result<Vec<Check>, String> {
    let base = Check { targets: Vec::new(), options: Options::default(), policy: Policy::default() };
    checks(text, &base, folder()).map_err(|mistake| mistake.tell(Path::new("m.toml"), text))
}

#[test]
fn checks_have_settings_of_their_own_and_share_the_defaults() {
    let text = r#"
        [defaults]
        min-days = 14
        timeout = "10s"
        expect = { 25 = "ok" }

        [[check]]
        target = "mail.example.org"
        expect = { 465 = "implicit", 143 = "closed" }
        ca-file = ["LICENSE"]

        [[check]]
        target = "imaps://mail.example.net"
        min-days = 30
        min-tls = "1.3"
        expect = { 993 = "ok" }
    "#;
    let error = read_checks(text).expect_err("port 25 of the defaults is on no target of the second check");
    assert!(error.contains("port 25"), "{error}");

    let checks = read_checks(&text.replace("expect = { 25 = \"ok\" }", "")).expect("checks");
    let [first, second] = checks.as_slice() else { panic!("two checks") };
    assert_eq!(first.targets[0].typed, "mail.example.org");
    assert_eq!(first.policy.expectations.min_days, Some(14));
    assert_eq!(first.policy.expectations.ports.get(&143), Some(&Expected::Closed));
    assert_eq!(first.options.trust.ca_files, [folder().join("LICENSE")]);
    let ports: Vec<_> = first.options.plan.ports.iter().flatten().map(|port| port.port).collect();
    assert_eq!(ports, [465, 143]);
    assert_eq!((second.policy.expectations.min_days, second.options.timeout.as_secs()), (Some(30), 10));
}

#[test]
fn mistakes_are_told_with_line_and_column() {
    for (text, place, word) in [
        ("[[check]]\ntarget = \"a.example\"\n  exepct = { 25 = \"ok\" }\n", "m.toml:3:3:", "did you mean expect?"),
        ("[defualts]\n", "m.toml:1:2:", "did you mean defaults?"),
        ("[defaults]\ntarget = \"a.example\"\n", "m.toml:2:1:", "not a key here"),
        ("[[check]]\ntarget = \"a.example\"\nexpect = { 25 = \"clsoed\" }\n", "m.toml:3:17:", "did you mean closed?"),
        ("[[check]]\ntarget = \"a.example\"\nexpect = { smtp = \"ok\" }\n", "m.toml:3:12:", "not a TCP port"),
        (
            "[[check]]\ntarget = \"a.example\"\nmin-days = \"soon\"\n",
            "m.toml:3:12:",
            "min-days cannot be \"soon\": write it as in min-days = 14",
        ),
        ("[[check]]\ntarget = \"a.example\"\ntimeout = \"5\"\n", "m.toml:3:11:", "5s"),
        ("[[check]]\ntarget = \"a.example\"\nports = [25, 80]\n", "m.toml:3:14:", "80"),
        ("[[check]]\ntarget = \"a..example\"\n", "m.toml:2:10:", "empty part"),
        ("[[check]]\nmin-days = 14\n", "m.toml:1:1:", "target"),
        ("[check]\ntarget = \"a.example\"\n", "m.toml:1:", "[[check]]"),
        ("[[check]]\ntarget = \"ä\" \"\n", "m.toml:2:14:", ""),
        ("", "m.toml:1:1:", "no check"),
        ("[modules.mx]\nports = [25]\n", "m.toml:3:1:", "for `mailprobe serve --config`"),
        ("[[targets]]\ntarget = \"a.example\"\n", "m.toml:3:1:", "for `mailprobe serve --config`"),
        ("[[check]]\ntarget = \"a.example\"\ndeadline = \"5s\"\n", "m.toml:3:1:", "not a key here"),
        ("[[check]]\ntarget = \"a.example\"\nmax-endpoints = 0\n", "m.toml:3:17:", "max-endpoints cannot be 0"),
    ] {
        let error = read_checks(text).expect_err(text);
        assert!(error.starts_with(place), "{text}: {error}");
        assert!(error.contains(word), "{text}: {error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

/// What was found and what to write, and none of the words of those who wrote the reader.
#[test]
fn a_value_of_the_wrong_kind_is_told_with_its_key() {
    for (line, words) in [
        ("expect = \"25=ok,465=ok\"", "expect cannot be \"25=ok,465=ok\": write it as in expect = { 25 = \"ok\""),
        ("expect = { 25 = true }", "expect cannot hold true: write it as in expect = {"),
        ("min-days = \"14d\"", "min-days cannot be \"14d\": write it as in min-days = 14"),
        ("min-days = -1", "min-days cannot be -1: write"),
        ("min-days = 99999999999", "min-days cannot be 99999999999: write"),
        ("ca-file = \"x.pem\"", "ca-file cannot be \"x.pem\": write it as in ca-file = [\"ca.pem\"]"),
        ("ca-file = [\"LICENSE\", 1]", "ca-file cannot hold 1: write"),
        ("ports = \"25,587\"", "ports cannot be \"25,587\": write it as in ports = [25, 587]"),
        ("ports = [25, 70000]", "ports cannot hold 70000: write"),
        ("strict = \"yes\"", "strict cannot be \"yes\": write it as in strict = true"),
        ("strict = yes", "strict cannot be \"yes\": write it as in strict = true"),
        ("timeout = 5", "timeout cannot be 5: write it as in timeout = \"45s\""),
        ("timeout = 5s", "put the value of timeout in quotation marks, as in timeout = \"45s\""),
        ("helo = [\"a\"]", "helo cannot be a list: write it as in helo = "),
        ("helo = { a = 1 }", "helo cannot be a table: write it as in helo = "),
        ("helo = \"a", "a quotation mark is missing"),
        ("strict = true helo = \"a\"", "each key on a line of its own"),
        ("strict", "no value follows this key"),
    ] {
        let error = read_checks(&format!("[[check]]\ntarget = \"a.example\"\n{line}\n")).expect_err(line);
        assert!(error.starts_with("m.toml:3:") && error.contains(words), "{line}: {error}");
    }
    for (text, words) in [
        ("check = 5", "check cannot be 5: write it as in [[check]]"),
        ("check = [\"a\"]", "check cannot hold \"a\": write it as in [[check]]"),
        ("defaults = \"x\"", "defaults cannot be \"x\": write it as in [defaults]"),
        ("[[defaults]]", "defaults cannot be a list: write it as in [defaults]"),
    ] {
        let error = read_checks(text).expect_err(text);
        assert!(error.contains(words), "{text}: {error}");
    }
}

#[test]
fn every_key_is_shown_as_it_can_be_written() {
    let schema = config_schema().to_value();
    let keys_of = |table: &str| {
        let keys =
            schema.pointer(&format!("{table}/properties")).and_then(|keys| keys.as_object()).expect("properties");
        keys.keys().cloned().collect::<Vec<_>>()
    };
    let written = |key: &str| {
        let line = shape::written(key).unwrap_or_else(|| panic!("{key} has no example"));
        line.replace("ca.pem", "LICENSE")
    };
    let keys = keys_of("/$defs/CheckTable");
    assert!(keys.len() > 10);
    for key in &keys {
        let line = written(key);
        // Promises are those of mail domains.
        let target = match key.as_str() {
            "target" => "",
            "expect-policies" => "target = \"@example.org\"",
            _ => "target = \"mail.example.org\"",
        };
        let read = read_checks(&format!("[[check]]\n{target}\n{line}\n"));
        assert!(line.starts_with(key) && read.is_ok(), "{line}: {read:?}");
    }
    for (table, keys) in [
        ("[modules.mx]", keys_of("/$defs/ModuleTable")),
        ("[[targets]]", keys_of("/$defs/TargetTable")),
        ("[webhook]", keys_of("/$defs/WebhookTable")),
    ] {
        for key in keys {
            let read = reading::parse(&format!("{table}\n{}\n", written(&key)));
            assert!(read.is_ok(), "{table} {key}: {:?}", read.err());
        }
    }
    for key in keys_of("") {
        assert!(shape::written(&key).is_some(), "{key} has no example");
    }
}

/// One file may serve both commands.
#[test]
fn what_is_for_the_service_is_passed_over_by_checks() {
    let text = r#"
        allow = ["*.example.org"]
        [[check]]
        target = "mail.example.org"
        trace = "always"
        no-private = true
        max-endpoints = 3
        [modules.mx]
        ports = [25]
        [[targets]]
        target = "mail.example.net"
        [webhook]
        url-file = "not-for-everybody"
    "#;
    let checks = read_checks(text).expect("checks");
    let [check] = checks.as_slice() else { panic!("one check") };
    assert_eq!(check.targets[0].typed, "mail.example.org");
    let options = &check.options;
    assert!(options.trace == crate::probe::Trace::Always && options.public_only && options.plan.max_endpoints == 3);
}

#[test]
fn a_target_may_be_a_host_and_its_ports() {
    let checks = read_checks("[[check]]\ntarget = \"mail.example.org 25 587\"\n").expect("a check");
    let targets: Vec<_> = checks[0].targets.iter().map(ToString::to_string).collect();
    assert_eq!(targets, ["mail.example.org:25", "mail.example.org:587"]);
}

#[test]
fn promises_can_be_expected_of_mail_domains() {
    let looked_up = |keys: &str, target: &str| {
        let checks = read_checks(&format!("[defaults]\n{keys}\n[[check]]\ntarget = \"{target}\"\n"))?;
        Ok::<_, String>((checks[0].options.plan.policies, checks[0].policy.expectations.policies.clone()))
    };
    let expected = vec![PolicyKind::Dane, PolicyKind::MtaSts];
    let wanted = "expect-policies = [\"dane\", \"mta-sts\"]";
    assert_eq!(looked_up("", "@example.org"), Ok((PolicyLookups::Usual, Vec::new())));
    assert_eq!(looked_up(wanted, "me@example.org"), Ok((PolicyLookups::All, expected)));
    assert_eq!(looked_up("policies = true", "me@example.org"), Ok((PolicyLookups::All, Vec::new())));
    assert_eq!(looked_up("policies = false", "@example.org"), Ok((PolicyLookups::Nobody, Vec::new())));

    let contrary = format!("[[check]]\ntarget = \"@example.org\"\npolicies = false\n{wanted}\n");
    let of_a_host = format!("[[check]]\ntarget = \"mail.example.org\"\n{wanted}\n");
    for (text, place, word) in [
        (contrary.as_str(), "m.toml:4:1:", "leave out one of the two"),
        (of_a_host.as_str(), "m.toml:3:1:", "\"mail.example.org\" is none"),
        ("[[check]]\ntarget = \"@a.example\"\nexpect-policies = [\"dnssec\"]\n", "m.toml:3:20:", "write dane, mta-sts"),
    ] {
        let error = read_checks(text).expect_err(text);
        assert!(error.starts_with(place) && error.contains(word), "{text}: {error}");
    }
}
