//! The formats for other programs: what they say, and that no server can break out of their grammar.

use std::collections::BTreeSet;

use mailprobe::internals::policy::{Report, Verdict};
use mailprobe::internals::report::{csv, github, html, junit, markdown, nagios, prometheus};

use crate::{assert_committed, samples};

type Render = fn(&Report) -> String;

const FORMATS: [(&str, Render); 7] = [
    ("junit.xml", |run| junit::render(run).expect("XML")),
    ("nagios.txt", nagios::render),
    ("prom", prometheus::render),
    ("github.txt", github::render),
    ("md", markdown::render),
    ("html", without_style),
    ("csv", |run| csv::render(run).expect("CSV")),
];

/// The page without its style sheet, which is committed where it is written; a line for each element that begins a block.
fn without_style(run: &Report) -> String {
    let page = html::render(run);
    let (before, rest) = page.split_once("<style>").expect("a style sheet");
    let (_, after) = rest.split_once("</style>").expect("its end");
    let page = format!("{before}{after}");
    ["<h", "<section", "<p", "<li", "<tr", "<details", "<dl"]
        .into_iter()
        .fold(page, |page, begin| page.replace(begin, &format!("\n{begin}")))
}

#[test]
fn documents_read_as_committed() {
    for (name, run) in [("mixed", samples::mixed()), ("hostile", samples::hostile()), ("domain", samples::domain())] {
        for (ending, render) in FORMATS {
            assert_committed(&format!("tests/report/golden/{name}.{ending}"), &render(&run));
        }
    }
}

#[test]
fn no_format_lets_a_server_act_on_a_terminal() {
    for (name, run) in every() {
        for (ending, render) in FORMATS {
            let text = render(&run);
            let acts = |character: char| character.is_control() && character != '\n';
            assert!(!text.contains(acts), "{name}.{ending}: {text:?}");
            assert!(!text.contains('\u{202e}'), "{name}.{ending} reorders text: {text:?}");
        }
    }
}

#[test]
fn a_plugins_output_has_one_status_line_with_performance_data() {
    for (name, run) in every() {
        let text = nagios::render(&run);
        let first = text.lines().next().unwrap_or_default();
        let (said, data) = first.split_once(" | ").unwrap_or((first, ""));
        let status = said.strip_prefix("MAILPROBE ").and_then(|rest| rest.split_once(": ")).expect("a status").0;
        assert_eq!(
            status,
            ["OK", "WARNING", "CRITICAL", "UNKNOWN"][usize::from(nagios::exit_code(run.verdict))],
            "{name}: {first}"
        );
        // More data would begin behind another bar, on any line.
        assert_eq!(text.matches('|').count(), usize::from(!data.is_empty()), "{name}: {text}");
        for datum in performance_data(data) {
            let (label, value) = datum;
            assert!(!label.contains('='), "{name}: {label}");
            let number = value.split(';').next().unwrap_or_default().trim_end_matches('s');
            assert!(number.parse::<f64>().is_ok(), "{name}: {value:?}");
        }
        assert!(text.len() < 8192, "{name}: Nagios cuts after 8 KiB");
    }
}

/// `'label'=value`, separated by blanks; a quote inside a label is doubled.
fn performance_data(text: &str) -> Vec<(String, String)> {
    let mut data = Vec::new();
    let mut rest = text.trim();
    while let Some(inside) = rest.strip_prefix('\'') {
        let mut label = String::new();
        let mut characters = inside.char_indices().peekable();
        let end = loop {
            let (at, character) = characters.next().expect("the label ends");
            match (character, characters.peek()) {
                ('\'', Some((_, '\''))) => {
                    characters.next();
                    label.push('\'');
                }
                ('\'', _) => break at + 1,
                _ => label.push(character),
            }
        };
        let value = inside.get(end..).and_then(|rest| rest.strip_prefix('=')).expect("a value");
        let (value, next) = value.split_once(' ').unwrap_or((value, ""));
        data.push((label, value.to_owned()));
        rest = next.trim_start();
    }
    assert_eq!(rest, "", "{text}");
    data
}

#[test]
fn annotations_keep_to_the_grammar_of_workflow_commands() {
    for (name, run) in every() {
        let text = github::render(&run);
        for line in text.lines() {
            let command = line.strip_prefix("::").unwrap_or_else(|| panic!("{name}: {line}"));
            let (head, data) = command.split_once("::").expect("a message");
            let (level, properties) = head.split_once(' ').expect("properties");
            assert!(["error", "warning", "notice"].contains(&level), "{name}: {line}");
            let title = properties.strip_prefix("title=").expect("a title");
            assert!(!title.contains([':', ',']), "{name}: {line}");
            for escaped in [title, data] {
                let escapes = escaped.split('%').skip(1);
                escapes
                    .for_each(|rest| assert!(["25", "0D", "0A", "3A", "2C"].iter().any(|code| rest.starts_with(code))));
            }
        }
    }
    let troubled = github::render(&samples::mixed());
    assert_eq!(troubled.lines().filter(|line| line.starts_with("::error ")).count(), 3, "{troubled}");
    assert!(github::render(&samples::all_ok()).starts_with("::notice "));
}

#[test]
fn every_series_occurs_once_even_if_a_target_was_named_twice() {
    let twice = samples::run([samples::mixed(), samples::mixed()].into_iter().flat_map(|run| run.targets).collect());
    let text = prometheus::render(&twice);
    let series: Vec<&str> =
        text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| Some(line.rsplit_once(' ')?.0)).collect();
    assert_eq!(series.iter().collect::<BTreeSet<_>>().len(), series.len(), "{text}");
    assert!(text.contains(r#"port="25",service="smtp",security="starttls",state="administratively-prohibited""#));
    let closed = text.lines().find(|line| line.starts_with("probe_success{") && line.contains(r#"port="25""#));
    assert!(closed.is_some_and(|series| series.ends_with("} 0")), "a closed port is there, and not well: {text}");
}

#[test]
fn a_row_has_every_column_and_a_cell_is_no_formula() {
    for (name, run) in every() {
        let text = csv::render(&run).expect("CSV");
        let mut reader = ::csv::Reader::from_reader(text.as_bytes());
        assert_eq!(reader.headers().expect("a head").iter().collect::<Vec<_>>(), csv::COLUMNS);
        let rows: Vec<_> = reader.records().collect::<Result<_, _>>().unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(rows.len(), run.targets.iter().map(|target| target.endpoints.len()).sum::<usize>(), "{name}");
        for row in rows {
            let told = row.iter().skip(csv::COLUMNS.len() - 2);
            told.for_each(|cell| assert!(!cell.starts_with(['=', '+', '-', '@']), "{name}: {cell}"));
        }
    }
}

#[test]
fn nothing_in_a_table_ends_its_cell() {
    for (name, run) in every() {
        let text = markdown::render(&run);
        for row in text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---")) {
            let bars = row.replace("\\|", "").matches('|').count();
            assert_eq!(bars, 9, "{name}: {row}");
        }
        let prose = text.lines().filter(|line| !line.contains('`') && !line.starts_with(['C', 'S', '-']));
        for line in prose {
            assert!(!line.contains("<script") && !line.contains("@everyone"), "{name}: {line}");
        }
    }
}

#[test]
fn a_port_that_is_not_offered_is_skipped_and_one_that_fails_tells_why() {
    let text = junit::render(&samples::mixed()).expect("XML");
    assert!(text.contains(r#"tests="7" skipped="2" failures="3" errors="0""#), "{text}");
    assert!(text.contains("seen: valid until 2026-11-19"), "{text}");
    assert!(text.contains("S: 220 mail.example.org ESMTP"), "{text}");
}

/// Every sample, and each of them with the words of a server that knows every grammar.
pub(crate) fn every() -> Vec<(&'static str, Report)> {
    const ATTACK: &str = "220 \"';|=1 ::error title=x::owned%0A ##[error]y ``` <script>&amp;]]> |a|b| @everyone $x \\ \
                          {\"a\":1}\r\n::stop-commands::z\n=cmd()\t\u{202e}\u{0}\x1b[31mé\u{fffe}";
    let mut runs = samples::all();
    let mut hostile = samples::all();
    for (_, run) in &mut hostile {
        for target in &mut run.targets {
            ATTACK.clone_into(&mut target.conclusion);
            target.typed = format!("{ATTACK}{}", target.typed);
            for judged in &mut target.endpoints {
                for finding in &mut judged.diagnosis.findings {
                    ATTACK.clone_into(&mut finding.message);
                    finding.evidence = Some(format!("={ATTACK}"));
                    finding.hint = Some(ATTACK.to_owned());
                }
                for attempt in &mut judged.observation.attempts {
                    attempt.transcript.iter_mut().for_each(|line| line.text = ATTACK.repeat(40));
                    if let Some(tls) = &mut attempt.tls {
                        tls.version = Some(ATTACK.to_owned());
                    }
                }
                if judged.verdict != Verdict::Pass {
                    judged.observation.endpoint.host = mailprobe::internals::target::Host::Name(ATTACK.to_owned());
                }
            }
        }
    }
    runs.append(&mut hostile);
    runs
}

#[test]
fn what_a_server_says_is_no_markup_on_the_page() {
    let said = "\"'><script>alert(1)</script><img src=//example.org onerror=x></pre></style>&lt;\u{202e}";
    let run = samples::said_everywhere(said);
    let page = html::render(&run);
    for markup in ["<script", "<img", "<svg", "\u{202e}"] {
        assert!(!page.contains(markup), "{markup} in {page}");
    }
    assert_eq!(page.matches("</style>").count(), 1, "{page}");
    assert_eq!(page.matches("<pre").count(), page.matches("</pre>").count(), "{page}");
    assert!(page.contains("&quot;'&gt;&lt;script&gt;alert(1)&lt;/script&gt;"), "it is shown: {page}");
    assert!(page.contains("&amp;lt;\\u{202e}"), "{page}");
}

#[test]
fn the_page_needs_nothing_else() {
    for (name, run) in every() {
        let page = html::render(&run);
        for elsewhere in ["<script", "<link", "<img", "src=", "url(", "@import"] {
            assert!(!page.contains(elsewhere), "{name}: {elsewhere}");
        }
        assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"), "{name}");
        let ids: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let distinct: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), distinct.len(), "{name}: an id twice in {ids:?}");
    }
}

#[test]
fn the_page_says_first_what_is_wrong() {
    let run = samples::mixed();
    let page = html::render(&run);
    let target = run.targets.first().expect("a target");
    let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text:?} in {page}"));
    let cause = target.causes.first().expect("a cause");
    let body = place("<body");
    assert!(body < place(&format!("mailprobe explain {}", cause.id)));
    assert!(place(&format!("mailprobe explain {}", cause.id)) < place("<table"));
    assert!(place("<table") < place("What was said"));
}
