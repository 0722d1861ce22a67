//! `.ci/layers` finds what it is there to find.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Whether Python is there; without it a test is skipped.
fn has_python(test: &str) -> bool {
    if Command::new("python3").arg("--version").output().is_ok() {
        return true;
    }
    mailprobe_lab::skips::skip(test, "the command python3 is missing");
    false
}

/// What the script says of a source tree, one line each; none where all holds.
fn complaints(root: &Path) -> Vec<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/layers");
    let output = Command::new("python3").arg(script).arg(root).output().expect("python3 starts");
    let said = String::from_utf8(output.stderr).expect("text");
    assert!(!said.contains("Traceback"), "{said}");
    assert_eq!(output.status.success(), said.is_empty(), "{said}");
    said.lines().map(|line| line.replace('\\', "/")).collect()
}

/// The sources of this crate, copied, so that a test can put something in.
fn copied_sources() -> tempfile::TempDir {
    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).expect("a folder");
        for entry in fs::read_dir(from).expect("a folder").map(|entry| entry.expect("an entry")) {
            let target = to.join(entry.file_name());
            if entry.file_type().expect("a type").is_dir() {
                copy(&entry.path(), &target);
            } else {
                fs::copy(entry.path(), target).expect("a copy");
            }
        }
    }
    let copied = tempfile::tempdir().expect("a folder");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &copied.path().join("src"));
    copied
}

/// A crate of these files.
fn sources(files: &[(&str, &str)]) -> tempfile::TempDir {
    let root = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = root.path().join("src").join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    root
}

fn append(root: &Path, file: &str, line: &str) {
    let path = root.join("src").join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"));
    fs::write(&path, format!("{text}\n{line}\n")).expect("a file");
}

#[test]
fn the_tree_keeps_to_its_layers() {
    if has_python("the_tree_keeps_to_its_layers") {
        let said = complaints(Path::new(env!("CARGO_MANIFEST_DIR")));
        assert!(said.is_empty(), "{}", said.join("\n"));
    }
}

/// Judging rests on the port table, by many steps; the port table must not judge.
#[test]
fn an_edge_that_closes_a_circle_is_found() {
    if !has_python("an_edge_that_closes_a_circle_is_found") {
        return;
    }
    let copied = copied_sources();
    append(copied.path(), "service.rs", "fn judged() { crate::policy::judge() }");
    let said = complaints(copied.path());
    let circle = said.iter().find(|line| line.contains("import each other") && line.contains("src/service.rs"));
    assert!(circle.is_some_and(|line| line.contains("src/policy")), "{said:?}");
    let edge =
        |line: &String| line.contains("src/service.rs:") && line.contains("crate::policy::judge is in src/policy");
    assert!(said.iter().any(edge), "{said:?}");
}

#[test]
fn an_edge_up_to_a_higher_layer_is_found() {
    if !has_python("an_edge_up_to_a_higher_layer_is_found") {
        return;
    }
    let copied = copied_sources();
    append(copied.path(), "protocol/line.rs", "use super::super::diagnosis::State;");
    let said = complaints(copied.path());
    assert!(said.iter().any(|line| line.contains("protocol must not use diagnosis")), "{said:?}");
}

#[test]
fn a_circle_over_three_files_is_found() {
    if !has_python("a_circle_over_three_files_is_found") {
        return;
    }
    let root = sources(&[
        ("lib.rs", "mod target;"),
        ("target/mod.rs", "mod host;\nmod error;\nmod parse;\nmod text;\npub use host::Host;"),
        ("target/host.rs", "use super::error::Error;\npub struct Host(Error);"),
        ("target/error.rs", "use super::parse;\npub struct Error;\nfn name() { parse::name() }"),
        ("target/parse.rs", "use {super::text::Text, crate::target::Host};\npub fn name(host: Host, text: Text) {}"),
        ("target/text.rs", "pub struct Text;\n#[cfg(test)]\nmod tests { use super::super::host::Host; }"),
    ]);
    let said = complaints(root.path());
    assert_eq!(
        said,
        [
            "3 files import each other: src/target/error.rs src/target/host.rs src/target/parse.rs",
            "    src/target/error.rs:3: parse::name is in src/target/parse.rs",
            "    src/target/host.rs:1: super::error::Error is in src/target/error.rs",
            "    src/target/parse.rs:1: crate::target::Host is in src/target/host.rs",
        ]
    );
}

#[test]
fn a_module_and_its_child_are_a_circle_when_both_use_each_other() {
    if !has_python("a_module_and_its_child_are_a_circle_when_both_use_each_other") {
        return;
    }
    let root = sources(&[
        ("lib.rs", "mod target;"),
        ("target.rs", "mod host;\npub struct Target;\nfn host() { host::new() }"),
        (
            "target/host.rs",
            "use super::Target;\n// What the comment `super::x::y` says is no use.\npub fn new() { \"a::b\" }",
        ),
    ]);
    assert_eq!(
        complaints(root.path()).first().map(String::as_str),
        Some("2 files import each other: src/target/host.rs src/target.rs")
    );
    fs::write(root.path().join("src/target.rs"), "mod host;\npub use host::new;\npub struct Target;").expect("a file");
    assert_eq!(complaints(root.path()), Vec::<String>::new());
}

#[test]
fn a_name_for_two_types_is_found() {
    if !has_python("a_name_for_two_types_is_found") {
        return;
    }
    let root = sources(&[
        ("lib.rs", "mod service;\nmod target;"),
        ("target.rs", "pub struct Place;\nimpl Iterator for Place { type Item = u8; }"),
        (
            "service.rs",
            "\nenum Place {}\nstruct Other;\nimpl Iterator for Other { type Item = u8; }\n#[cfg(test)]\nmod tests { struct Other; }",
        ),
    ]);
    assert_eq!(complaints(root.path()), ["Place is 2 types: src/service.rs:2 src/target.rs:1"]);
}
