//! Each fault of a record or a policy through the real command: the finding, its words, the line under `Promises`, and what
//! was published as evidence.

use std::collections::BTreeSet;
use std::time::Duration;

use mailprobe_lab::dns::Zone;
use mailprobe_lab::https::Page;
use mailprobe_lab::{Behaviour, Leaf, Server};

use crate::command::{report, run};
use crate::netns::in_own_network;
use crate::site::{CaFile, DOMAIN, GOOD, POLICY, Site, WEB, text};

const STS: &str = "_mta-sts.example.test";
const RPT: &str = "_smtp._tls.example.test";
const MX: [u8; 4] = [127, 0, 0, 10];

/// A domain with one fault.
struct Row {
    name: &'static str,
    zone: Zone,
    web: Option<(Leaf, &'static str, Page)>,
    /// The promise: `mtaSts` or `tlsRpt` as the JSON has it.
    policy: &'static str,
    outcome: &'static str,
    id: &'static str,
    /// Of the message.
    says: String,
    /// Of the line under `Promises`.
    line: String,
    /// Of the evidence.
    shows: String,
    /// Of the hint.
    advises: &'static str,
}

fn zone() -> Zone {
    Zone::new().mx(DOMAIN, 10, "mx.example.test").a("mx.example.test", MX)
}

fn with_texts(name: &str, texts: &[&str]) -> Zone {
    texts.iter().fold(zone(), |zone, text| zone.txt(name, text))
}

/// A record that cannot be used.
fn record(policy: &'static str, name: &'static str, texts: &[&str], says: &str, shows: &str) -> Row {
    let is_sts = policy == "mta_sts";
    let consequence = if is_sts { "so senders act as if there were no policy" } else { "so no reports come" };
    Row {
        name,
        zone: with_texts(if is_sts { STS } else { RPT }, texts),
        web: None,
        policy,
        outcome: "broken",
        id: if is_sts { "mta-sts-record-invalid" } else { "tls-rpt-invalid" },
        says: format!("cannot be used: {says}."),
        line: format!("the record cannot be used, {consequence}: {says}"),
        shows: shows.to_owned(),
        advises: if is_sts {
            "`v=STSv1; id=20261101T000000;`, with a new id of letters and digits"
        } else {
            "`v=TLSRPTv1; rua=mailto:tls-reports@example.test`, with an address that exists."
        },
    }
}

fn sts(name: &'static str, texts: &[&str], says: &str) -> Row {
    record("mta_sts", name, texts, says, texts[0])
}

fn rpt(name: &'static str, texts: &[&str], says: &str) -> Row {
    record("tls_rpt", name, texts, says, texts[0])
}

/// A policy that cannot be fetched.
fn unfetched(name: &'static str, web: Option<(Leaf, &'static str, Page)>, says: &str, shows: &str) -> Row {
    Row {
        name,
        zone: zone().txt(STS, "v=STSv1; id=1;").a(POLICY.0, WEB),
        web,
        policy: "mta_sts",
        outcome: "broken",
        id: "mta-sts-policy-unreachable",
        says: format!("cannot be fetched: {says}."),
        line: format!("the policy cannot be fetched, so senders who have no copy act as if there were none: {says}"),
        shows: shows.to_owned(),
        advises: "Serve the file at exactly that address",
    }
}

/// A policy that cannot be used.
fn unusable(name: &'static str, file: &str, says: &str, shows: &str) -> Row {
    Row {
        id: "mta-sts-policy-invalid",
        says: format!("cannot be used: {says}."),
        line: format!("the policy cannot be used: {says}"),
        advises: "`mx: mx.example.test`. Then give the record at _mta-sts.example.test a new id.",
        ..unfetched(name, Some((Leaf::Good, POLICY.0, text(file))), says, shows)
    }
}

/// A policy that is kept all the same.
fn remarked(name: &'static str, page: Page, says: &str, shows: &str) -> Row {
    Row {
        outcome: "kept",
        id: "mta-sts-policy-remark",
        says: format!("Senders can use the MTA-STS policy of example.test, but {says}."),
        line: "enforce, kept at mx.example.test".to_owned(),
        advises: "Correct what the message tells",
        ..unfetched(name, Some((Leaf::Good, POLICY.0, page)), says, shows)
    }
}

fn records() -> Vec<Row> {
    let bad_rua = |allowed: &str| format!("the value of `rua` is not allowed (it must be {allowed})");
    vec![
        sts("two records", &["v=STSv1; id=1;", "v=STSv1; id=2;"], "there are 2 of them, and then none counts"),
        sts("another version", &["v=STSv2; id=1;"], "it does not begin with `v=STSv1;`"),
        sts("no id", &["v=STSv1;"], "the field `id` is missing"),
        sts(
            "a bad id",
            &["v=STSv1; id=2026-11-28;"],
            "the value of `id` is not allowed (it must be 1 to 32 letters and digits)",
        ),
        sts(
            "no semicolon",
            &["v=STSv1; id=1; mode enforce"],
            "it is not made of fields `name=value` with one semicolon between them",
        ),
        Row {
            advises: "Publish this in a TXT record at _mta-sts.example.test, in the place of what stands there: `v=STSv1;",
            ..sts("SPF in its place", &["v=spf1 -all"], "a record of another kind stands in its place")
        },
        sts(
            "the record for reports in its place",
            &["v=TLSRPTv1; rua=mailto:tls@example.test"],
            "what stands in its place belongs at `_smtp._tls`",
        ),
        rpt(
            "two records",
            &["v=TLSRPTv1; rua=mailto:a@example.test", "v=TLSRPTv1; rua=mailto:b@example.test"],
            "there are 2 of them, and then none counts",
        ),
        rpt("another version", &["v=TLSRPT1; rua=mailto:a@example.test"], "it does not begin with `v=TLSRPTv1;`"),
        rpt("no address", &["v=TLSRPTv1;"], "the field `rua` is missing"),
        Row {
            advises: "`v=TLSRPTv1; rua=mailto:tls@example.test`, if that is the address that was meant.",
            ..rpt(
                "no scheme",
                &["v=TLSRPTv1; rua=tls@example.test"],
                &bad_rua("mailto: with a mail address, or https: with a URL"),
            )
        },
        rpt("another scheme", &["v=TLSRPTv1; rua=http://example.test/tls"], &bad_rua("mailto: or https:")),
        rpt("no mail address", &["v=TLSRPTv1; rua=mailto:example.test"], &bad_rua("mailto: with a mail address")),
        Row {
            advises: "`v=TLSRPTv1; rua=mailto:tls@example.test`, if",
            ..rpt(
                "a space",
                &["v=TLSRPTv1; rua=mailto: tls@example.test"],
                &bad_rua("an address without spaces, in ASCII"),
            )
        },
        rpt(
            "an exclamation mark",
            &["v=TLSRPTv1; rua=mailto:tls@example.test!10m"],
            &bad_rua("an address with every \"!\" written as %21"),
        ),
        rpt(
            "no semicolon",
            &["v=TLSRPTv1; rua=mailto:a@example.test; reports"],
            "it is not made of fields `name=value` with one semicolon between them",
        ),
        rpt("DMARC in its place", &["v=DMARC1; p=none"], "a record of another kind stands in its place"),
    ]
}

/// What is told of records that can be used.
fn odd_records() -> Vec<Row> {
    let reports = |name, record: &str, says: &str| Row {
        zone: with_texts(RPT, &[record]),
        outcome: "kept",
        id: "tls-rpt-remark",
        says: format!("can be used, but {says}."),
        line: "kept: reports go to mailto:a@example.test".to_owned(),
        advises: "Correct that part of the TXT record",
        ..rpt(name, &[record], says)
    };
    let policy = |name, record: &str, says: &str| Row {
        zone: with_texts(STS, &[record]).a(POLICY.0, WEB),
        says: format!("can be used, but {says}."),
        ..remarked(name, text(GOOD), says, record)
    };
    vec![
        policy("an id twice", "v=STSv1; id=1; id=2;", "it gives a field more than once"),
        policy(
            "two semicolons",
            "v=STSv1;; id=1;",
            "it is not made of fields `name=value` with one semicolon between them",
        ),
        reports(
            "an address twice",
            "v=TLSRPTv1; rua=mailto:a@example.test; rua=mailto:b@example.test",
            "it gives a field more than once",
        ),
        reports(
            "one of two addresses",
            "v=TLSRPTv1; rua=mailto:a@example.test,b@example.test",
            "the value of `rua` is not allowed (it must be mailto: with a mail address, or https: with a URL)",
        ),
    ]
}

fn fetches() -> Vec<Row> {
    let good = |page| Some((Leaf::Good, POLICY.0, page));
    let bad = |leaf, name| Some((leaf, name, text(GOOD)));
    let certificate = "the certificate of mta-sts.example.test is not valid for it";
    vec![
        Row {
            zone: zone().txt(STS, "v=STSv1; id=1;"),
            ..unfetched(
                "no host",
                None,
                "mta-sts.example.test has no address, or could not be looked up",
                "mta-sts.example.test does not exist",
            )
        },
        unfetched("nobody listens", None, "no connection to mta-sts.example.test could be made from here", "refused"),
        unfetched("an expired certificate", bad(Leaf::Expired, POLICY.0), certificate, "it has expired"),
        unfetched("another name", bad(Leaf::Good, "www.example.test"), certificate, "it is for other names"),
        unfetched("no file", good(Page::Status(404)), "the web server answers with the status 404", POLICY.1),
        unfetched(
            "a redirect",
            good(Page::Redirect("https://www.example.test/policy".to_owned())),
            "the web server redirects, and senders do not follow that",
            "https://www.example.test/policy",
        ),
        unfetched("without end", good(Page::Endless), "the file is larger than 65536 bytes", POLICY.1),
        unfetched(
            "drop by drop",
            good(Page::Drip(Duration::from_millis(500))),
            "it did not come within 10 seconds here",
            POLICY.1,
        ),
        unfetched("no HTTP", good(Page::Garbage), "the request failed", POLICY.1),
    ]
}

fn files() -> Vec<Row> {
    let bad = |field: &str, allowed: &str| format!("the value of `{field}` is not allowed (it must be {allowed})");
    let typed = Page::Typed { content_type: "text/html".to_owned(), body: GOOD.to_owned() };
    let with = |line: &str| text(&format!("{GOOD}{line}\r\n"));
    vec![
        unusable(
            "a web page",
            "<title>Welcome</title>",
            "the file is no policy: it has no lines `name: value`",
            "<title>Welcome</title>",
        ),
        unusable("no mode", &GOOD.replace("mode: enforce\r\n", ""), "the line `mode:` is missing", POLICY.1),
        unusable("no host", &GOOD.replace("mx: *.example.test\r\n", ""), "the line `mx:` is missing", POLICY.1),
        unusable(
            "another mode",
            &GOOD.replace("enforce", "strict"),
            &bad("mode", "enforce, testing or none"),
            "mode: strict",
        ),
        unusable("another version", &GOOD.replace("STSv1", "STSv2"), &bad("version", "STSv1"), "version: STSv2"),
        unusable(
            "no number",
            &GOOD.replace("604800", "1 week"),
            &bad("max_age", "a number of seconds from 0 to 31557600"),
            "max_age: 1 week",
        ),
        unusable(
            "an address",
            &GOOD.replace("*.example.test", "127.0.0.10"),
            "an `mx` line matches no host as it is written",
            "127.0.0.10",
        ),
        remarked(
            "another content type",
            typed,
            "its content type is not text/plain, which some senders insist on",
            "text/html",
        ),
        remarked(
            "no content type",
            Page::File(GOOD.to_owned()),
            "it comes without the content type text/plain, which some senders insist on",
            POLICY.1,
        ),
        remarked(
            "a mode twice",
            with("mode: testing"),
            "it gives a field more than once, of which the first counts",
            ": mode",
        ),
        remarked("no field", with("# generated"), "a line is not of the form `name: value`", "# generated"),
        remarked("an unknown field", with("maxage: 1"), "it has a field that senders do not know", "maxage"),
        remarked(
            "a pattern among others",
            with("mx: mx*.example.test"),
            "an `mx` line matches no host as it is written",
            "mx*.example.test",
        ),
        remarked(
            "a short life",
            text(&GOOD.replace("604800", "3600")),
            "its `max_age` is only 3600 seconds, so senders soon forget it",
            "max_age: 3600",
        ),
    ]
}

#[test]
fn each_fault_of_a_record_is_told_in_its_own_words() {
    const TEST: &str = "words::each_fault_of_a_record_is_told_in_its_own_words";
    in_own_network(TEST, || check(TEST, records().into_iter().chain(odd_records()).collect()));
}

#[test]
fn each_fault_of_a_policy_is_told_in_its_own_words() {
    const TEST: &str = "words::each_fault_of_a_policy_is_told_in_its_own_words";
    in_own_network(TEST, || check(TEST, fetches().into_iter().chain(files()).collect()));
}

fn check(test: &'static str, rows: Vec<Row>) {
    let folder = CaFile::new();
    let ca_file = folder.path();
    let mut said = BTreeSet::new();
    for row in rows {
        let Row { name, zone, web, policy, outcome, id, says, line, shows, advises } = row;
        let mut site = Site::new(test, zone);
        if let Some((leaf, host, page)) = web {
            site = site.with_web(leaf, &[host], &[(POLICY.0, POLICY.1, page)]);
        }
        let behaviour: Behaviour = "smtp:starttls".parse().expect("a behaviour");
        let _mx = Server::start_at(behaviour.names(["mx.example.test"]), (MX, 25).into()).expect("port 25 is free");
        let dns = site.dns.address().to_string();
        // Who asks for policies waits for a slow web server to the end.
        let here = ["--ca-file", &ca_file, "--dns-server", &dns, "--helo", "probe.test.example"];
        let options = [&here[..], &["--policies", "@example.test"]].concat();

        let (run_outcome, document) = report(&options);
        assert_eq!(run_outcome.code, 0, "{name}: a warning fails nothing: {document:#}");
        let target = &document["targets"][0];
        let judged = &target["policies"][policy];
        assert_eq!(judged["outcome"], outcome, "{name}: {:#}", target["policies"]);
        let findings = target["findings"].as_array().expect("findings");
        let finding = findings.iter().find(|finding| finding["id"] == id);
        let finding = finding.unwrap_or_else(|| panic!("{name}: no {id} in {findings:#?}"));
        let word = |field: &str| finding[field].as_str().unwrap_or_default().to_owned();
        let (message, evidence, hint) = (word("message"), word("evidence"), word("hint"));
        assert!(message.ends_with(&says), "{name}: {message}");
        assert!(evidence.contains(&shows), "{name}: {evidence}");
        assert!(hint.contains(advises), "{name}: {hint}");
        assert!(said.insert((message.clone(), evidence.clone())), "{name}: said before: {message}");

        let page = run(&[&["-v"], &options[..]].concat()).stdout;
        let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
        for told in [&message, &line, &evidence] {
            let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(page.contains(&told), "{name}: {told}: {page}");
        }
    }
}
