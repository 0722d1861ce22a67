use std::path::Path;

use super::*;
use crate::policy::Expected;

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
        ("[[check]]\ntarget = \"a.example\"\nmin-days = \"soon\"\n", "m.toml:3:12:", "expected"),
        ("[[check]]\ntarget = \"a.example\"\ntimeout = \"5\"\n", "m.toml:3:11:", "5s"),
        ("[[check]]\ntarget = \"a.example\"\nports = [25, 80]\n", "m.toml:3:14:", "80"),
        ("[[check]]\ntarget = \"a..example\"\n", "m.toml:2:10:", "empty part"),
        ("[[check]]\nmin-days = 14\n", "m.toml:1:1:", "target"),
        ("[check]\ntarget = \"a.example\"\n", "m.toml:1:", "[[check]]"),
        ("[[check]]\ntarget = \"ä\" \"\n", "m.toml:2:14:", ""),
        ("", "m.toml:1:1:", "no check"),
    ] {
        let error = read_checks(text).expect_err(text);
        assert!(error.starts_with(place), "{text}: {error}");
        assert!(error.contains(word), "{text}: {error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}
