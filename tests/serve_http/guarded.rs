//! Pages of other sites, in the browser of somebody who can reach the service.

use super::service::{Service, ask};

#[test]
fn a_name_that_others_may_have_given_is_refused_on_loopback() {
    let service = Service::start(&["--web-host", "mail-checks.example.org"]);
    for host in ["attacker.example", "127.0.0.1.attacker.example:80", "localhost.attacker.example"] {
        let answer = ask(service.connect(), host, "GET", "/api/v1/state", &[]);
        answer.line(421, "is not a name of this service");
    }
    for host in ["localhost:9725", "LOCALHOST", "127.0.0.1", "[::1]:9725", "192.0.2.7", "mail-checks.example.org"] {
        assert_eq!(ask(service.connect(), host, "GET", "/api/v1/state", &[]).status, 200, "{host}");
    }
}

#[test]
fn a_page_of_another_site_can_neither_check_nor_reload() {
    let service = Service::start(&[]);
    let other_site = ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"];
    service.ask("GET", "/probe?target=127.0.0.1:1", &other_site).line(403, "another site");
    service.ask("POST", "/-/reload", &other_site).line(403, "another site");
    service.ask("POST", "/-/reload", &["Origin: https://attacker.example"]).line(403, "another site");
    service.ask("POST", "/-/reload", &["Origin: null"]).line(403, "another site");
    // A form of another site that the browser follows.
    let form = ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"];
    service.ask("POST", "/-/reload", &form).line(403, "another site");
    // Its script leads the browser here, or has it fetch the page beforehand.
    service.ask("GET", "/probe", &form).line(403, "another site");
    service.ask("GET", "/check?target=127.0.0.1:25", &form).line(403, "another site");
    // A person follows a link to a check, as on a dashboard; the service's own page; no browser at all.
    let clicked = [&form[..], &["Sec-Fetch-User: ?1"]].concat();
    service.ask("GET", "/probe", &clicked).line(400, "target is missing");
    let origin = format!("Origin: http://{}", service.address());
    for headers in [&["Sec-Fetch-Site: same-origin"][..], &[origin.as_str()], &[]] {
        service.ask("POST", "/-/reload", headers).line(200, "read again");
        service.ask("PUT", "/-/reload", headers).line(200, "read again");
    }
}

#[test]
fn every_answer_tells_browsers_what_it_is() {
    let service = Service::start(&[]);
    for path in ["/", "/metrics", "/nosuch", "/probe"] {
        let head = service.get(path).head;
        for expected in [
            "content-security-policy: default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:",
            "frame-ancestors 'none'",
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
            "cross-origin-resource-policy: same-origin",
            "cross-origin-opener-policy: same-origin",
            "cache-control: no-store",
        ] {
            assert!(head.contains(expected), "{path}: {expected} is not in {head}");
        }
    }
}
