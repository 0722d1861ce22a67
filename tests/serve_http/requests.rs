//! What is answered to which request.

use std::io::Read as _;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use mailprobe::internals::serve::state_schema;
use serde_json::Value;

use super::service::{LONGEST, Service, ask_raw};

/// A port where nobody listens, with the service that mailprobe expects there.
fn closed_port() -> String {
    let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    format!("smtp://127.0.0.1:{port}")
}

#[test]
fn a_bad_request_is_told_what_is_wrong_with_it() {
    let service = Service::start(&[]);
    for (path, expected) in [
        ("/probe", "The parameter target is missing"),
        ("/probe?target=", "The parameter target is missing"),
        ("/probe?target=a%20b", "contains a space"),
        ("/probe?target=mail.example.org&module=nosuch", "There is no module \"nosuch\": there are blocked, default."),
        ("/probe?target=mail.example.org:25&module=blocked", "is not a host alone, as blocked wants it"),
        ("/probe?target=@example.org&module=blocked", "is not a host alone, as blocked wants it"),
        ("/probe?target=mail.example.org&modul=x", "There is no parameter \"modul\""),
        ("/probe?target=%ff", "not UTF-8"),
        ("/probe?target=a.example&target=b.example", "there twice"),
        ("/probe?target=mail.example.org&debug=perhaps", "debug is true or false"),
    ] {
        service.get(path).line(400, expected);
    }
    for timeout in ["ten", "-1", "NaN", "inf", "0"] {
        let header = format!("X-Prometheus-Scrape-Timeout-Seconds: {timeout}");
        service.ask("GET", "/probe?target=127.0.0.1:25", &[&header]).line(400, "it must be a number above 0");
    }
    service.get("/nosuch").line(404, "There is nothing at /nosuch");
    service.ask("DELETE", "/probe", &[]).line(405, "/probe cannot be asked with DELETE");
    service.get("/-/reload").line(405, "cannot be asked with GET");
    service.get("/-/healthy").line(200, "mailprobe is healthy.");
    service.get("/-/ready").line(200, "mailprobe is ready.");
    let metrics = service.get("/metrics").body;
    for expected in [
        "mailprobe_serve_module_unknown_total 1\n",
        "mailprobe_serve_requests_total{code=\"404\",path=\"other\"} 1\n",
        "mailprobe_serve_requests_total{code=\"405\",path=\"/probe\"} 1\n",
        "mailprobe_serve_requests_total{code=\"200\",path=\"/-/healthy\"} 1\n",
    ] {
        assert!(metrics.contains(expected), "{expected} is not in {metrics}");
    }
}

#[test]
fn whether_port_25_is_blocked_is_asked_of_the_host_that_is_named() {
    let service = Service::start(&[]);
    let answer = service.get("/probe?target=127.0.0.1&module=blocked");
    assert_eq!(answer.status, 200, "{answer:#?}");
    let told: Vec<&str> = answer.body.lines().filter(|line| line.starts_with("mailprobe_blocked{")).collect();
    assert!(told.iter().any(|line| line.ends_with(" 1")), "{answer:#?}");
    let answer = service.get("/probe?target=127.0.0.1&module=blocked&debug=true");
    assert!(answer.body.contains("127.0.0.1") && !answer.body.contains("gmail"), "{answer:#?}");

    // The page asks the same, and has it under a name of its own.
    let answer = service.get("/check?target=127.0.0.1&module=blocked");
    assert_eq!(answer.status, 303, "{answer:#?}");
    assert!(answer.head.contains("location: /target?target=127.0.0.1&module=blocked"), "{answer:#?}");
    let page = service.get("/target?target=127.0.0.1&module=blocked").body;
    assert!(page.contains("<h1>127.0.0.1 (blocked)</h1>"), "{page}");
    let state: Value = serde_json::from_str(&service.get("/api/v1/state").body).expect("JSON");
    assert_eq!(state["subjects"][0]["name"], "127.0.0.1 (blocked)", "{state:#}");

    // Without a module's name the usual one is meant, as at /probe.
    let answer = service.get("/check?target=smtp://127.0.0.1:9&module=");
    assert_eq!(answer.status, 303, "{answer:#?}");
    assert!(answer.head.contains("&module=default"), "{answer:#?}");
}

#[test]
fn what_is_watched_without_a_target_has_a_name() {
    let config = "[modules.blocked]\nblocked = true\nhosts = [\"127.0.0.1\"]\n[[targets]]\nmodule = \"blocked\"\n";
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), config).expect("written");
    let service = Service::start(&["--config", file.path().to_str().expect("a path")]);
    let begun = Instant::now();
    let subject = loop {
        let state: Value = serde_json::from_str(&service.get("/api/v1/state").body).expect("JSON");
        if let Some(subject) = state["subjects"].get(0) {
            break subject.clone();
        }
        assert!(service.get("/").body.contains("port 25 from this machine"), "it is named before it is checked");
        assert!(begun.elapsed() < LONGEST, "it is not checked");
        std::thread::sleep(Duration::from_millis(100));
    };
    assert_eq!((&subject["name"], &subject["target"]), (&"port 25 from this machine".into(), &"".into()));
    assert!(service.get("/").body.contains("port 25 from this machine</a>"), "{}", service.get("/").body);
    let page = service.get("/target?target=&module=blocked").body;
    assert!(page.contains("<h1>port 25 from this machine</h1>"), "{page}");
}

#[test]
fn a_check_is_answered_with_metrics_before_the_scraper_gives_up() {
    let service = Service::start(&[]);
    let path = format!("/probe?target={}", closed_port());
    let answer = service.ask("GET", &path, &["X-Prometheus-Scrape-Timeout-Seconds: 10"]);
    assert_eq!(answer.status, 200, "{answer:#?}");
    assert!(answer.head.contains("content-type: text/plain; version=0.0.4; charset=utf-8"), "{answer:#?}");
    assert!(answer.body.contains("# TYPE mailprobe_"), "{answer:#?}");
    // A server that accepts and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let path = format!("/probe?target=smtp://{}", silent.local_addr().expect("an address"));
    let begun = Instant::now();
    let answer = service.ask("GET", &path, &["X-Prometheus-Scrape-Timeout-Seconds: 2"]);
    assert_eq!(answer.status, 200, "{answer:#?}");
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    let answer = service.ask("GET", &path, &["X-Prometheus-Scrape-Timeout-Seconds: 0.4"]);
    assert!(matches!(answer.status, 200 | 429), "{answer:#?}");
}

#[test]
fn head_is_answered_like_get_without_the_text() {
    let service = Service::start(&[]);
    for path in ["/", "/metrics", "/-/healthy"] {
        let (get, head) = (service.get(path), service.ask("HEAD", path, &[]));
        assert_eq!((head.status, head.body.as_str()), (get.status, ""), "{path}");
    }
}

#[test]
fn a_person_gets_the_report_with_the_metrics_below_it() {
    let service = Service::start(&[]);
    let target = closed_port();
    let answer = service.get(&format!("/probe?target={target}&debug=true"));
    assert_eq!(answer.status, 200, "{answer:#?}");
    assert!(answer.head.contains("content-type: text/plain; charset=utf-8"), "{answer:#?}");
    let place = |text: &str| answer.body.find(text).unwrap_or_else(|| panic!("{text:?} is not in {}", answer.body));
    assert!(place("Logs for the probe:") < place("stage=connect outcome="), "{answer:#?}");
    assert!(place("state=connection-refused") < place("\nReport:"), "{answer:#?}");
    assert!(place("\nReport:") < place("Metrics that would have been returned:"), "{answer:#?}");
    assert!(place("Metrics that would have been returned:") < place("# TYPE mailprobe_"), "{answer:#?}");
}

#[test]
fn whoever_is_not_on_the_list_is_not_checked() {
    let service = Service::start(&["--allow", "127.0.0.0/8", "--allow", "*.example.org"]);
    assert_eq!(service.get(&format!("/probe?target={}", closed_port())).status, 200);
    for target in ["192.0.2.1", "mail.example.com", "example.org", "user@example.net"] {
        service.get(&format!("/probe?target={target}")).line(403, "add it with --allow");
    }
}

#[test]
fn a_client_that_goes_away_takes_its_check_with_it() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let service = Service::start(&[]);
    let target = silent.local_addr().expect("an address");
    let mut client = service.connect();
    let request = format!("GET /probe?target=smtp://{target} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    std::io::Write::write_all(&mut client, request.as_bytes()).expect("it is taken");
    let (mut server, _) = silent.accept().expect("a check");
    server.set_read_timeout(Some(LONGEST)).expect("a time limit");
    let begun = Instant::now();
    drop(client);
    let _ = server.read_to_end(&mut Vec::new());
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[test]
fn the_state_keeps_to_its_schema() {
    let service = Service::start(&[]);
    let target = closed_port();
    assert_eq!(service.get(&format!("/probe?target={target}")).status, 200);
    let answer = service.get("/api/v1/state");
    assert!(answer.head.contains("content-type: application/json"), "{answer:#?}");
    let state: Value = serde_json::from_str(&answer.body).expect("JSON");
    let schema: Value = serde_json::from_str(include_str!("../../schema/state-v1.json")).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let mistakes: Vec<_> = validator.iter_errors(&state).map(|error| error.to_string()).collect();
    assert!(mistakes.is_empty(), "{mistakes:?} in {state:#}");
    let subject = &state["subjects"][0];
    assert_eq!((&subject["target"], &subject["module"]), (&target.into(), &"default".into()), "{state:#}");
    assert_eq!(subject["verdict"], "fail", "{state:#}");
    assert_eq!(subject["past"].as_array().map(Vec::len), Some(1), "{state:#}");
    assert_eq!(state["changes"][0]["after"], "fail", "{state:#}");
}

#[test]
fn the_committed_schema_of_the_state_is_that_of_its_types() {
    let text = serde_json::to_string_pretty(&state_schema()).expect("a schema") + "\n";
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/state-v1.json");
    if std::env::var_os("MAILPROBE_BLESS").is_some() {
        std::fs::write(file, &text).expect("the file can be written");
    }
    let committed = std::fs::read_to_string(file).unwrap_or_default().replace("\r\n", "\n");
    assert!(committed == text, "schema/state-v1.json is not what the code says. Write it anew with MAILPROBE_BLESS=1.");
}

#[test]
fn the_settings_are_shown() {
    let service = Service::start(&["--allow", "*.example.org"]);
    let config: Value = serde_json::from_str(&service.get("/config").body).expect("JSON");
    assert_eq!(config["allow"][0], "*.example.org", "{config:#}");
    assert_eq!(config["modules"]["blocked"]["kind"], "blocked", "{config:#}");
}

#[test]
fn a_request_without_a_host_is_no_request() {
    let service = Service::start(&[]);
    ask_raw(service.connect(), "GET / HTTP/1.1\r\nConnection: close\r\n\r\n").line(400, "does not say");
    assert_eq!(ask_raw(service.connect(), "GET /-/healthy HTTP/1.0\r\n\r\n").status, 200);
}
