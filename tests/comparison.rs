//! The script behind docs/comparison.md is sound, and the page is of this script and of this mailprobe.

#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::process::{Command, Output};

use mailprobe_lab::skips;

use mailprobe::internals::diagnosis::State;

const PAGE: &str = include_str!("../docs/comparison.md");
const COMPILE: &str = "
import pathlib
for path in pathlib.Path('scripts').glob('**/*.py'):
    compile(path.read_text(), str(path), 'exec')
";

#[test]
fn the_scripts_parse() {
    for shell in ["scripts/slow-link.sh", ".ci/run", ".ci/servers", ".ci/fuzz"] {
        if let Some(output) = run("bash", &["-n", shell]) {
            assert!(output.status.success(), "{shell}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
    if let Some(output) = run("python3", &["-B", "-c", COMPILE]) {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn the_page_has_every_fault_and_tool_and_the_codes_of_the_states() {
    let Some(output) = run("python3", &["-B", "scripts/compare", "list"]) else { return };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let listed = String::from_utf8(output.stdout).expect("UTF-8");

    let (_, table) = PAGE.split_once("<!-- begin codes -->").expect("the table of codes");
    let (table, _) = table.split_once("<!-- end codes -->").expect("its end");
    let rows: BTreeMap<&str, Vec<&str>> = table
        .lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ").map(str::trim);
            Some((cells.next()?, cells.collect()))
        })
        .collect();
    for line in listed.lines() {
        let words: Vec<&str> = line.split('\t').collect();
        match words[..] {
            ["fault", title, state] => {
                let row = rows.get(title).unwrap_or_else(|| panic!("{title:?} has no row"));
                let state = State::from_name(state).unwrap_or_else(|| panic!("{state} is no state"));
                let own = row.first().and_then(|cell| cell.split(' ').next());
                let code = state.exit_code().to_string();
                assert!(own == Some(&code) || row.first() == Some(&"no end"), "{title}: {own:?} is not {code}");
            }
            ["tool", name] => {
                assert!(rows["what is wrong"].contains(&name), "{name} has no column");
            }
            _ => panic!("what is {line:?}?"),
        }
    }
}

/// What a program says in the root of the repository; `None` where it is missing.
fn run(program: &str, arguments: &[&str]) -> Option<Output> {
    let output = Command::new(program).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output();
    if output.is_err() {
        skips::skip(&skips::this_test(), &format!("the command {program} is missing"));
    }
    output.ok()
}
