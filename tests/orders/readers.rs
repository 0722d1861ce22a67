//! Each format, read back by a reader of it.

use std::sync::LazyLock;

use mailprobe::internals::policy::Report;
use mailprobe::internals::report::human::{self, Detail};
use mailprobe::internals::report::model::Contents;
use mailprobe::internals::report::style::Style;
use mailprobe::internals::report::{csv, github, html, json, jsonl, junit, markdown, nagios, prometheus};
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use regex::Regex;
use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

use crate::runs;

/// Renders a run in which the texts stand, in every format, and reads each.
pub(crate) fn check(said: &[String]) {
    let run = runs::run(said);
    let endpoints = run.targets.iter().map(|target| target.endpoints.len()).sum();
    let contents = Contents { transcript: true };

    let document = json::render(&run, contents).expect("JSON");
    no_order(&document);
    values_are_the_same(&run, &read_json(&document, endpoints));
    for target in &run.targets {
        for endpoint in &target.endpoints {
            let line = jsonl::endpoint(&target.typed, endpoint, contents).expect("JSON");
            no_order(&line);
            assert_eq!(line.matches('\n').count(), 1, "{line:?}");
            let value: Value = serde_json::from_str(&line).expect("a line of JSON");
            assert_eq!(value["target"].as_str(), Some(target.typed.as_str()));
        }
    }

    let table = csv::render(&run).expect("CSV");
    no_order(&table);
    read_csv(&table, endpoints);
    let tests = junit::render(&run).expect("XML");
    no_order(&tests);
    read_junit(&tests, endpoints);
    let page = markdown::render(&run);
    no_order(&page);
    read_markdown(&page, endpoints);
    let page = html::render(&run);
    no_order(&page);
    read_html(&page, endpoints);
    let metrics = prometheus::render(&run);
    no_order(&metrics);
    read_metrics(&metrics, endpoints);
    let status = nagios::render(&run);
    no_order(&status);
    assert!(status.starts_with("MAILPROBE ") && status.matches('|').count() <= 1, "{status}");
    read_annotations(&github::render(&run), run.targets.len());

    for (width, unicode, colour, detail) in
        [(80, true, false, Detail::Verbose), (40, false, false, Detail::Normal), (100, true, true, Detail::Normal)]
    {
        let page = human::render(&run, Style { colour, unicode, width }, detail);
        let plain = COLOUR.replace_all(&page, "");
        no_order(&plain);
        plain.lines().for_each(|line| assert!(line.width() <= width, "{line:?} is wider than {width}"));
    }
}

static COLOUR: LazyLock<Regex> = LazyLock::new(|| Regex::new("\x1b\\[[0-9;]*m").expect("a pattern"));

/// As the runners of GitHub and Azure look for commands.
pub(crate) fn no_order(text: &str) {
    text.split(['\n', '\r']).for_each(|line| assert!(!line.trim_start().starts_with("::"), "{line:?}"));
    no_azure_order(text);
}

fn no_azure_order(text: &str) {
    let text = text.to_ascii_lowercase();
    for order in ["##[", "##vso["] {
        if let Some(at) = text.find(order) {
            panic!(
                "{order} in {:?}",
                text.get(at.saturating_sub(40)..).map(|text| text.chars().take(120).collect::<String>())
            );
        }
    }
}

pub(crate) fn read_json(document: &str, endpoints: usize) -> Value {
    let document: Value = serde_json::from_str(document).expect("a document");
    let targets = document["targets"].as_array().expect("targets");
    let found: usize = targets.iter().filter_map(|target| target["endpoints"].as_array()).map(Vec::len).sum();
    assert_eq!(found, endpoints);
    document
}

fn values_are_the_same(run: &Report, document: &Value) {
    for (target, read) in run.targets.iter().zip(document["targets"].as_array().into_iter().flatten()) {
        assert_eq!(read["target"].as_str(), Some(target.typed.as_str()));
        for (judged, read) in target.endpoints.iter().zip(read["endpoints"].as_array().into_iter().flatten()) {
            assert_eq!(read["host"].as_str(), Some(judged.observation.endpoint.host.to_string().as_str()));
            let subject =
                judged.observation.attempts.first().and_then(|attempt| attempt.tls.as_ref()?.certificate.as_ref());
            let subject = subject.map(|certificate| certificate.subject.as_str());
            assert_eq!(read["tls"]["certificate"]["subject"].as_str(), subject);
        }
    }
}

/// The columns of CSV that hold numbers: -3 is one, and no formula.
const NUMBERS: [&str; 4] = ["port", "tries", "duration_ms", "certificate_days_left"];

pub(crate) fn read_csv(table: &str, endpoints: usize) {
    let mut reader = ::csv::Reader::from_reader(table.as_bytes());
    let head = reader.headers().expect("a head").clone();
    let rows: Vec<_> = reader.records().collect::<Result<_, _>>().expect("rows of the same length");
    assert_eq!(rows.len(), endpoints);
    for (column, cell) in rows.iter().flat_map(|row| head.iter().zip(row)) {
        if NUMBERS.contains(&column) {
            assert!(cell.is_empty() || cell.parse::<f64>().is_ok(), "{column}: {cell}");
        } else {
            let begin = cell.trim_start();
            assert!(!begin.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']), "{column}: {cell}");
            assert!(!cell.contains(['\t', '\r', '\n']), "{column}: {cell:?}");
        }
    }
}

pub(crate) fn read_junit(document: &str, endpoints: usize) {
    let document = roxmltree::Document::parse(document).expect("XML");
    let cases = document.descendants().filter(|node| node.has_tag_name("testcase"));
    // A target may have a case of its own.
    let cases = cases.filter(|case| !case.attribute("name").is_some_and(|name| name.ends_with(" as a whole")));
    assert_eq!(cases.count(), endpoints);
}

/// What becomes a link, a mention or a reference without any markup.
static ALIVE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)://|www\.|mailto:|@|[#!~&%$^][\p{L}\p{N}_]").expect("a pattern"));

/// Reads the page as browsers do where nothing is wrong with it: what it is made of is what mailprobe writes, and each
/// element that was begun is ended.
pub(crate) fn read_html(page: &str, endpoints: usize) {
    static TAG: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"<(/?)([a-zA-Z0-9]+)([^>]*)>").expect("a pattern"));
    static ATTRIBUTES: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"^(?: [a-z-]+(?:="[^"<>]*")?)*$"#).expect("a pattern"));
    // The style sheet is no markup.
    let (before, rest) = page.split_once("<style>").expect("a style sheet");
    let page = [before, rest.split_once("</style>").expect("its end").1].concat();
    let page = page.as_str();
    let mut open = Vec::new();
    for tag in TAG.captures_iter(page) {
        let (end, name, attributes) = (&tag[1], &tag[2], &tag[3]);
        assert!(ATTRIBUTES.is_match(attributes) && !attributes.contains(" on"), "{}", &tag[0]);
        assert!(ELEMENTS.contains(&name), "{} in {page}", &tag[0]);
        match end {
            "/" => assert_eq!(open.pop(), Some(name.to_owned()), "{} in {page}", &tag[0]),
            _ if name == "meta" => {}
            _ => open.push(name.to_owned()),
        }
    }
    assert!(open.is_empty(), "{open:?} are not ended");
    let text = TAG.replace_all(page.trim_start_matches("<!DOCTYPE html>"), "");
    assert!(!text.contains(['<', '>']), "{text}");
    assert_eq!(page.matches("data-title=\"Port\"").count(), endpoints, "a row for every endpoint: {page}");
}

/// All that the page is made of.
const ELEMENTS: [&str; 37] = [
    "html", "head", "meta", "title", "body", "header", "main", "nav", "section", "h1", "h2", "h3", "h4", "p", "ul",
    "ol", "li", "a", "strong", "b", "span", "code", "pre", "time", "table", "caption", "thead", "tbody", "tr", "th",
    "td", "dl", "div", "dt", "dd", "details", "summary",
];

/// What GitHub and GitLab would make of it: no link, image, mention or reference, and no HTML but our own.
pub(crate) fn read_markdown(page: &str, endpoints: usize) {
    let mut rows = 0;
    let mut prose = String::new();
    let mut in_fence = false;
    for event in Parser::new_ext(page, Options::all() - Options::ENABLE_SMART_PUNCTUATION) {
        match event {
            Event::Start(Tag::TableRow) => rows += 1,
            Event::Start(Tag::CodeBlock(kind)) => {
                assert!(matches!(&kind, CodeBlockKind::Fenced(info) if &**info == "text"), "{kind:?} in\n{page}");
                in_fence = true;
            }
            Event::End(TagEnd::CodeBlock) => in_fence = false,
            Event::Text(_) if in_fence => {}
            Event::Text(text) => prose.push_str(&text),
            // A blank would be cut off there.
            Event::Code(_) | Event::SoftBreak | Event::HardBreak => prose.push(' '),
            Event::End(TagEnd::Paragraph | TagEnd::Item | TagEnd::TableCell | TagEnd::Heading(_)) => prose.push('\n'),
            Event::Html(html) | Event::InlineHtml(html) => {
                let ours = ["<details><summary>what was said</summary>", "</details>"];
                assert!(ours.contains(&html.trim()), "{html} in\n{page}");
            }
            Event::Start(tag) => {
                let ours = matches!(
                    tag,
                    Tag::Paragraph
                        | Tag::Heading { .. }
                        | Tag::List(None)
                        | Tag::Item
                        | Tag::Table(_)
                        | Tag::TableHead
                        | Tag::TableCell
                        | Tag::Strong
                        | Tag::HtmlBlock
                );
                assert!(ours, "{tag:?} in\n{page}");
            }
            Event::End(_) => {}
            other => panic!("{other:?} in\n{page}"),
        }
    }
    assert_eq!(rows, endpoints, "{page}");
    assert!(!ALIVE.is_match(&prose), "{:?} in\n{prose}", ALIVE.find(&prose));
}

/// The text exposition format, line by line.
pub(crate) fn read_metrics(metrics: &str, endpoints: usize) {
    static SAMPLE: LazyLock<Regex> = LazyLock::new(|| {
        let pattern = r#"^[a-z_]+(\{([a-z]+="([^"\\\n]|\\[\\"n])*",?)+\})? -?[0-9.]+(e-?[0-9]+)?$"#;
        Regex::new(pattern).expect("a pattern")
    });
    let samples: Vec<&str> = metrics.lines().filter(|line| !line.starts_with('#')).collect();
    for line in &samples {
        assert!(SAMPLE.is_match(line), "{line}");
    }
    assert_eq!(samples.iter().filter(|line| line.starts_with("mailprobe_state{")).count(), endpoints);
}

/// Only the format that is made of commands has some, its own, at least one for each target.
pub(crate) fn read_annotations(commands: &str, targets: usize) {
    static COMMAND: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^::(error|warning|notice) title=([^:,%]|%(25|3A|2C))*::([^%]|%(25|0A))*$").expect("a pattern")
    });
    commands.lines().for_each(|line| assert!(COMMAND.is_match(line), "{line}"));
    assert!(commands.lines().count() >= targets, "{commands}");
    no_azure_order(commands);
}
