//! On a terminal: the latest state in one place.

use std::net::SocketAddr;

use crate::screen::Terminal;
use crate::{free_address, good, start};

fn watch(name: &str, columns: usize, rows: usize, addresses: &[SocketAddr], more: &[&str]) -> Option<Terminal> {
    let targets: Vec<String> = addresses.iter().map(|address| format!("smtp://{address}")).collect();
    let usual = ["--watch", "1s", "--color", "never", "--security", "plaintext"];
    let arguments: Vec<&str> = usual.iter().chain(more).copied().chain(targets.iter().map(String::as_str)).collect();
    Terminal::start(name, columns, rows, &arguments)
}

/// How often a line begins so.
fn count(shown: &str, begin: &str) -> usize {
    shown.lines().filter(|line| line.starts_with(begin)).count()
}

#[test]
fn the_state_is_drawn_over_itself_and_what_changed_is_marked_in_words() {
    let address = free_address();
    let Some(terminal) = watch("in-place", 80, 24, &[address], &[]) else { return };
    let first = terminal.once("the first round", |shown| shown.contains("round 1, next in"));
    assert!(first.contains("FAIL"), "{first}");
    let server = start(good(), address);
    let up = terminal.once("it came up", |shown| shown.contains("was connection-refused"));
    assert_eq!((count(&up, "* "), count(&up, "     PORT")), (1, 1), "{up}");
    assert!(up.starts_with("typed\n"), "nothing above is touched: {up}");
    assert!(up.contains(&format!(" UTC  {address}  connection-refused → ok")), "{up}");
    let later = terminal.once("a round without a change", |shown| !shown.contains("was connection-refused"));
    assert_eq!((count(&later, "* "), count(&later, "     PORT")), (0, 1), "{later}");
    assert!(later.contains(", 1 change"), "{later}");
    drop(server);
    terminal.once("it went down", |shown| shown.contains(", 2 changes"));
    terminal.type_key("C-c");
    let left = terminal.once("its end", |shown| shown.contains("exit="));
    assert!(left.ends_with("exit=130"), "{left}");
    assert_eq!((count(&left, "     PORT"), count(&left, "round ")), (1, 0), "the last state, once: {left}");
    assert!(left.contains("FAIL") && left.contains(", 2 changes.\n"), "{left}");
    for change in ["connection-refused → ok", "ok → connection-refused"] {
        assert_eq!(left.matches(change).count(), 1, "{left}");
    }
}

#[test]
fn what_does_not_fit_is_counted_and_shown_at_the_end() {
    let addresses: Vec<SocketAddr> = (0..4).map(|_| free_address()).collect();
    let Some(terminal) = watch("small", 60, 15, &addresses, &[]) else { return };
    let shown = terminal.once("the first round", |shown| shown.contains("round 1, next in"));
    assert!(shown.contains(" lines left out, all are shown at the end)"), "{shown}");
    assert!(shown.contains("     PORT"), "{shown}");
    terminal.resize(80, 90);
    let shown = terminal.once("the whole report", |shown| shown.contains("4 targets: 4 fail."));
    assert!(!shown.contains("left out"), "{shown}");
    terminal.resize(30, 10);
    terminal.once("a narrow screen", |shown| {
        // Between the terminal's own change and the next frame lines are broken.
        let last = shown.lines().last().unwrap_or_default();
        shown.contains("lines left out") && last.starts_with("round ")
    });
    terminal.resize(80, 90);
    terminal.type_key("C-c");
    let left = terminal.once("its end", |shown| shown.contains("exit=130"));
    assert_eq!(count(&left, "     PORT"), 4, "{left}");
    assert!(left.contains(", nothing changed.") || left.contains(", nothing to compare."), "{left}");
}

#[test]
fn hostile_words_move_nothing() {
    let address = free_address();
    let _server = start(good().host("\x1b[2J\x1b[Hevil"), address);
    let Some(terminal) = watch("hostile", 80, 40, &[address], &["--verbose"]) else { return };
    let shown = terminal.once("the second round", |shown| shown.contains("round 2"));
    assert!(shown.starts_with("typed\n") && shown.contains("\\x1b[2J"), "{shown}");
}
