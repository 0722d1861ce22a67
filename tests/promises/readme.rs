//! What README.md shows of promises is what the program prints.

use std::process::Command;

use crate::domains::{policies, promising};
use crate::mailprobe;
use crate::netns::in_own_network;
use crate::tlsa::Of::Before;
use crate::world::{World, is_possible};

const README: &str = include_str!("../../README.md");

#[test]
fn the_sample_is_what_the_program_prints() {
    const TEST: &str = "readme::the_sample_is_what_the_program_prints";
    if !is_possible(TEST) || !mailprobe::is_asked() {
        return;
    }
    in_own_network(TEST, || {
        let world = World::open(TEST, &[promising("example.test", &[Before])]);
        let _web = policies(&["example.test"]);
        let readme = README.replace("\r\n", "\n");
        let mut samples = readme.split("```text\n").skip(1).filter_map(|rest| rest.split_once("```")).map(|(it, _)| it);
        let sample = samples.find(|sample| sample.contains("--dnssec-anchor")).expect("a sample with promises");
        let (command, sample) = sample.split_once('\n').expect("a command");
        let arguments = command.strip_prefix("$ mailprobe ").expect("a command").split(' ');
        let output = Command::new(env!("CARGO_BIN_EXE_mailprobe"))
            .args(arguments)
            .current_dir(world.folder.path())
            .env("COLUMNS", "80")
            .output()
            .expect("mailprobe starts");
        let printed = String::from_utf8_lossy(&output.stdout);
        assert_eq!(timeless(sample), timeless(&printed), "now it is:\n{printed}");
    });
}

/// As a plain terminal shows it, without what is another every time: keys and durations.
fn timeless(text: &str) -> Vec<String> {
    let is_hash = |word: &str| {
        let word = word.trim_end_matches(';');
        word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let line = |line: &str| {
        let mut words: Vec<&str> =
            line.split_whitespace().map(|word| if is_hash(word) { "HASH" } else { word }).collect();
        if let [.., _, "ms" | "s"] = words[..] {
            words.truncate(words.len() - 2);
        }
        words.join(" ")
    };
    text.replace('✓', "+").replace('✗', "x").replace('·', "-").lines().map(line).collect()
}
