//! What monitors and pipelines are told: each cause once, nothing left out, and mistakes of a configuration in the words of
//! who writes it (first-use, 1.12 and 2).

use mailprobe_lab::{Behaviour, Leaf, Security, Server};

use crate::cause::error;
use crate::judge::Told;
use crate::suite::cases;
use crate::world::{Loopback, MAIL, OTHER4, SEVEN, V4, V6, World, dual_zone, good, ip4, zone};

cases!(monitoring: network {
    imap_and_pop3_down_on_a_bare_host,
    stated_expectations_need_no_advice,
    an_expired_certificate_on_both_families,
    several_hosts,
} loopback {
    thresholds_for_the_days_of_a_certificate,
    mistakes_in_a_configuration,
    the_configuration_is_described,
});

/// What is down must not look well by being left out.
fn imap_and_pop3_down_on_a_bare_host(test: &'static str) {
    let world = World::new(test, zone()).serve(&[V4], &[25, 465, 587]);
    let told = world.ask(MAIL).tell();
    let told = [110, 995, 143, 993].iter().fold(told, |told, port| {
        told.prometheus(&format!(r#"(?m)^probe_success\{{[^}}]*port="{port}"[^}}]*\}} 0$"#))
            .prometheus(&format!(r#"(?m)^[a-z_]+\{{[^}}]*port="{port}"[^}}]*state="connection-refused""#))
    });
    told.code(0).prometheus(r#"(?m)^probe_success\{[^}]*port="465"[^}]*\} 1$"#).judged();
    for format in ["nagios", "prometheus"] {
        let told = world.ask(&format!("--format {format} {MAIL}")).tell();
        told.stderr("--expect|--ports").stderr_lines(1).judged();
    }
}

/// Whoever says what must work gets an alarm, and no advice.
fn stated_expectations_need_no_advice(test: &'static str) {
    let world = World::new(test, zone()).serve(&[V4], &[25, 465, 587]);
    world
        .ask(&format!("--format nagios --expect 465=ok,993=ok {MAIL}"))
        .tell()
        .code(2)
        .output("^MAILPROBE CRITICAL")
        .output("993")
        .stderr_lines(0)
        .judged();
}

/// Fourteen endpoints, one certificate: GitHub shows ten errors of a step.
fn an_expired_certificate_on_both_families(test: &'static str) {
    let expired = |port| good(port).certificate(Leaf::Expired);
    let world = World::new(test, dual_zone()).serve_as(&[V4, V6], &SEVEN, expired);
    world
        .ask(MAIL)
        .tell()
        .code(14)
        .verdict("fail")
        .errors(1)
        .blocks(2)
        .annotations(2)
        .nagios_details(2)
        .nagios_line_for_each_cause()
        .cause(&error().addresses(&[V4, V6]).says("certificate-expired"))
        .judged();
}

/// Which ones fail, without scrolling.
fn several_hosts(test: &'static str) {
    let names =
        zone().a("good.example.org", ip4(V4)).a("dead.example.org", ip4(OTHER4)).a("lost.example.org", ip4(OTHER4));
    let world = World::new(test, names).serve_as(&[V4], &SEVEN, |port| good(port).names([MAIL, "good.example.org"]));
    world
        .ask(&format!("{MAIL} dead.example.org good.example.org lost.example.org gone.example.org"))
        .tell()
        .code(1)
        .last_lines(6, r"\bdead\.example\.org")
        .last_lines(6, r"\blost\.example\.org")
        .last_lines(6, r"\bgone\.example\.org")
        .judged();
}

fn thresholds_for_the_days_of_a_certificate() {
    let server = Server::start(Behaviour::imap(Security::Implicit));
    let url = server.url("imaps");
    // Monitoring Plugins' development guidelines: 'label'=value;warn;crit;min;max, and `14:` is "less than 14".
    Loopback::new()
        .ask(&format!("--min-days 14 {url}"))
        .tell()
        .code(0)
        .nagios(r"certificate_days'?=89(;14:;|;;14:|;14:;14:)")
        .judged();
}

/// In the words of the file, never in those of the language that this program is written in.
fn mistakes_in_a_configuration() {
    const RUST: [&str; 6] = [
        "invalid type",
        "expected (a|an) (map|sequence|string|boolean|integer)",
        r"expected [ui](8|16|32|64)\b",
        "invalid digit",
        "invalid value: ",
        "missing field",
    ];
    let here = Loopback::new();
    for (line, right) in [
        ("expect = \"25=ok,465=ok\"", "expect *= *\\{|25 *= *\"ok\"|table"),
        ("min-days = \"14d\"", "days|number"),
        ("min-days = -1", "days|number"),
        ("ca-file = \"x.pem\"", "\\[ *\"|list|x\\.pem"),
    ] {
        let text = format!("[[check]]\ntarget = \"127.0.14.8\"\n{line}\n");
        std::fs::write(here.folder().join("mailprobe.toml"), text).expect("a file");
        let told = here.ask("--config mailprobe.toml").bare().tell().never_any(RUST);
        // What can only mean one thing may simply be taken.
        let told = if told.is_usage_error() { told.stderr(r"mailprobe\.toml:3:").stderr(right) } else { told };
        told.judged();
    }
    let told = here.ask("--min-days 14d 127.0.14.8").bare().tell().never_any(RUST);
    let told = if told.is_usage_error() { told.stderr("days").stderr("number|without|14\\b") } else { told };
    told.judged();
}

/// In the program itself: a file of the repository is not where it is looked for.
fn the_configuration_is_described() {
    let pages = ["--help", "man", "man config", "explain config"];
    let here = Loopback::new();
    let describes = |page: &str| {
        let told = here.ask(page).bare().tell();
        [r"\[\[check\]\]", r"\[defaults\]", "target *="].into_iter().fold(told, Told::output).is_right()
    };
    assert!(pages.into_iter().any(describes), "none of these describes the file of --config: {pages:?}");
}
