use std::time::Duration;

use super::*;
use crate::cli::values::{duration, hello_name};

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
        let Ok(Command::Ports(output)) = parse_words(&words) else { panic!("{words:?}") };
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
    assert_eq!(duration("5s"), Ok(Duration::from_secs(5)));
    assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
    assert_eq!(duration("1m30s"), Ok(Duration::from_secs(90)));
    for wrong in ["5", "", "-5s", "0s", "s", "5 parsecs", "99999999h"] {
        assert!(duration(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn the_hello_name_cannot_smuggle_commands() {
    assert!(hello_name("mail.example.org").is_ok());
    assert!(hello_name("[IPv6:2001:db8::1]").is_ok());
    for wrong in ["", "a b", "a\r\nRCPT", "a\tb", "ü"] {
        assert!(hello_name(wrong).is_err(), "{wrong:?}");
    }
}
