use std::time::Duration;

use super::*;
use crate::cli::values::duration;

fn parse_words(words: &[&str]) -> Result<Command, Refusal> {
    parse(std::iter::once("mailprobe").chain(words.iter().copied()).map(OsString::from))
}

#[test]
fn the_definition_is_sound() {
    command().debug_assert();
}

#[test]
fn options_may_stand_before_and_after_a_subcommand() {
    for words in [["--format", "json", "ports"], ["ports", "--format", "json"]] {
        let Ok(Command::Ports(_, output)) = parse_words(&words) else { panic!("{words:?}") };
        assert_eq!(output.format, Format::Json);
    }
}

#[test]
fn a_host_named_like_a_subcommand_is_reached_after_two_dashes() {
    let Ok(Command::Probe(probe)) = parse_words(&["--", "ports"]) else { panic!() };
    assert_eq!(probe.check.targets.len(), 1);
}

#[test]
fn durations_are_written_with_units() {
    for (text, millis) in [("5s", 5000), ("250ms", 250), ("1m30s", 90_000)] {
        assert_eq!(duration(text), Ok(Duration::from_millis(millis)));
    }
    for wrong in ["5", "", "-5s", "0s", "s", "5 parsecs", "99999999h"] {
        assert!(duration(wrong).is_err(), "{wrong:?}");
    }
}
