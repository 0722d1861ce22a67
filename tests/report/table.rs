//! The table of a host with several addresses, or of several hosts: what is alike is told once.

use mailprobe::internals::diagnosis::{FindingId, Severity, State};
use mailprobe::internals::observation::Stage;
use mailprobe::internals::policy::{JudgedEndpoint, JudgedTarget, Verdict};
use mailprobe::internals::report::human::{Detail, render};
use mailprobe::internals::report::style::Style;
use mailprobe::internals::service::Service;
use mailprobe::internals::target::{Host, Source, TargetKind};

use crate::samples::{
    HOST, V4, V6, finding, resolution, run, spoil_certificate, stopped, stopped_survey, target, works,
};

const PLAIN: Style = Style { colour: false, unicode: true, width: 80 };
const V6_SHORT: &str = "2001:db8::5";
const SIX: [&str; 6] = [V4, V6, "192.0.2.6", "192.0.2.7", "2001:db8::6", "2001:db8::7"];

fn of_all_ports(make: impl Fn(Service) -> JudgedEndpoint) -> Vec<JudgedEndpoint> {
    Service::ALL.iter().map(|&service| make(service)).collect()
}

fn silent(address: &str, service: Service) -> JudgedEndpoint {
    stopped(address, service, State::ConnectionTimeout, Stage::Connect, 5003)
}

fn host(verdict: Verdict, endpoints: Vec<JudgedEndpoint>) -> JudgedTarget {
    let conclusion = "Over IPv6 the certificate of port 465 has expired, and mail programs refuse it; everything else \
                      works over IPv4 and IPv6.";
    let mut host = target(HOST, verdict, conclusion, &["Renew it there, and restart the service."], endpoints);
    host.resolutions = vec![resolution(HOST, &[V4, V6])];
    host
}

fn shown(target: JudgedTarget, width: usize, detail: Detail) -> String {
    render(&run(vec![target]), Style { width, ..PLAIN }, detail)
}

/// The lines of a report's table.
fn table(target: JudgedTarget) -> Vec<String> {
    let text = shown(target, 80, Detail::Normal);
    let lines = text.lines().skip_while(|line| !line.contains("PORT  ")).skip(1);
    lines.take_while(|line| !line.is_empty()).map(ToOwned::to_owned).collect()
}

#[test]
fn what_is_alike_at_several_addresses_is_one_row() {
    for addresses in [&SIX[..2], &SIX] {
        let endpoints = addresses.iter().flat_map(|address| of_all_ports(|service| works(HOST, address, service)));
        let host = host(Verdict::Pass, endpoints.collect());
        let text = shown(host.clone(), 80, Detail::Normal);
        assert_eq!(table(host.clone()).len(), 7, "{text}");
        let above_table: Vec<_> = text.lines().take_while(|line| !line.contains("PORT")).collect();
        let heading = above_table.join(" ");
        assert!(addresses.iter().all(|address| heading.contains(address)), "{text}");
        assert_eq!(shown(host, 80, Detail::Verbose).matches("  ✓  993").count(), addresses.len(), "-v keeps every row");
    }
}

#[test]
fn the_longest_time_of_equal_rows_is_shown() {
    let mut slow = works(HOST, V6, Service::Imaps);
    slow.observation.duration *= 40;
    let rows = table(host(Verdict::Pass, vec![works(HOST, V4, Service::Imaps), slow]));
    assert!(matches!(rows.as_slice(), [row] if row.ends_with("5.2 s")), "{rows:#?}");
}

#[test]
fn rows_that_differ_stand_below_their_address_and_all_others_once() {
    let mut endpoints = of_all_ports(|service| works(HOST, V4, service));
    endpoints.extend(of_all_ports(|service| works(HOST, V6_SHORT, service)));
    for endpoint in &mut endpoints {
        let of = &endpoint.observation.endpoint;
        if of.address.is_some_and(|address| address.is_ipv6()) && of.port == 465 {
            spoil_certificate(endpoint);
            endpoint.diagnosis.findings.truncate(1);
        }
    }
    let host = host(Verdict::Fail, endpoints);
    crate::assert_committed("tests/report/golden/one-trouble.txt", &shown(host.clone(), 80, Detail::Normal));
    assert!(shown(host, 80, Detail::Normal).lines().count() <= 24, "it fits a terminal of 24 lines");
}

#[test]
fn ports_that_failed_alike_are_one_line_where_the_whole_address_failed() {
    let mut endpoints = of_all_ports(|service| works(HOST, V4, service));
    endpoints.extend(of_all_ports(|service| silent(V6, service)));
    let rows = table(host(Verdict::Fail, endpoints.clone()));
    let [.., v4, imaps, v6, dead] = rows.as_slice() else { panic!("{rows:#?}") };
    assert!(imaps.contains("993  imaps") && v6.trim() == V6, "{rows:#?}\n{v4}");
    let words: Vec<_> = dead.split_whitespace().collect();
    assert_eq!(words.join(" "), "✗ 25 465 587 110 995 143 993 no answer · connection-timeout 5.0 s");

    let rows = table(host(Verdict::Fail, of_all_ports(|service| silent(V4, service))));
    assert_eq!(rows.len(), 1, "a dead host: {rows:#?}");
    let narrow = shown(host(Verdict::Fail, endpoints), 40, Detail::Normal);
    assert!(narrow.contains("  ✗ 25 465 587 110 995 143"), "{narrow}");
}

#[test]
fn silence_is_never_called_not_offered() {
    let silent = JudgedEndpoint { verdict: Verdict::Pass, ..silent(V4, Service::Pop3) };
    let closed = stopped_survey(V4, Service::Imap, State::ConnectionRefused);
    let rows = table(host(Verdict::Pass, vec![works(HOST, V4, Service::Imaps), silent, closed])).join("\n");
    assert!(rows.contains("no answer · connection-timeout"), "{rows}");
    assert!(rows.contains("not offered · connection-refused"), "{rows}");
}

#[test]
fn hosts_of_a_domain_that_are_alike_share_a_row_and_are_all_named() {
    let mx = |host: &str, address: &str| {
        let mut judged = works(host, address, Service::Smtp);
        judged.observation.endpoint.sources = vec![Source::Mx];
        judged
    };
    let named = |name: &str| Host::Name(name.to_owned());
    let mut endpoints =
        vec![mx("mx1.example.org", V4), mx("mx1.example.org", "2001:db8::6"), mx("mx2.example.org", "192.0.2.6")];
    let mut third = mx("mx1.example.org", "192.0.2.7");
    third.observation.endpoint.host = named("relay.example.net");
    third.diagnosis.findings.push(finding(Severity::Info, "It says more.", None, None));
    third.observation.endpoint.sources = vec![Source::Srv];
    endpoints.push(third);
    let mut domain = host(Verdict::Pass, endpoints);
    domain.typed = "@example.org".to_owned();
    domain.kind = TargetKind::Domain;
    let rows = table(domain);
    let expected = [
        "  mx1.example.org 192.0.2.5, 2001:db8::6; mx2.example.org 192.0.2.6",
        "    named by MX",
        "  ✓   25  smtp     STARTTLS  ok · TLSv1.3 · certificate 62 days           131 ms",
        "  relay.example.net 192.0.2.7",
        "    named by SRV",
        "  ✓   25  smtp     STARTTLS  ok · TLSv1.3 · certificate 62 days           131 ms",
    ];
    assert_eq!(rows, expected, "who named a server is told of each");
}

#[test]
fn a_certificate_that_the_tlsa_record_names_is_no_bad_one() {
    let mut vouched = works(HOST, V4, Service::Smtp);
    spoil_certificate(&mut vouched);
    vouched.verdict = Verdict::Pass;
    vouched.diagnosis.state = State::CertificateInvalid;
    let row = |judged: JudgedEndpoint| table(host(Verdict::Pass, vec![judged])).remove(0);
    let mut matched = finding(Severity::Info, "It shows what its TLSA record promises.", None, None);
    matched.id = FindingId::DaneMatch;
    vouched.diagnosis.findings = vec![matched];
    let told = row(vouched);
    assert!(told.contains('✓') && told.contains("works, by its TLSA record"), "{told}");
    assert!(!told.contains("bad certificate") && !told.contains("certificate-invalid"), "{told}");
}
