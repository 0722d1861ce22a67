//! Where it runs decides what is said and advised: the place's row with its date, and a message that fits it.

use crate::netns::in_own_network;
use crate::world::{FORWARD, Outcome, World};
use crate::{GOOD, OWN_NAMES, flowing};

const BLOCKED: [(&str, &str, &str); 1] = [("r2", FORWARD, "tcp dport 25 drop")];

fn assert_says(outcome: &Outcome, said: &[&str], never: &[&str]) {
    let text = flowing(outcome);
    for words in said {
        assert!(text.contains(words), "{words} is missing: {}", outcome.stdout);
    }
    for words in never {
        assert!(!text.contains(words), "{words}: {}", outcome.stdout);
    }
}

const PLATFORMS: &str = "places::platforms_are_told_by_their_environment";

#[test]
fn platforms_are_told_by_their_environment() {
    in_own_network(PLATFORMS, || {
        let world = World::new(PLATFORMS, GOOD, OWN_NAMES);
        world.rules(&BLOCKED);
        let github = [("GITHUB_ACTIONS", "true"), ("RUNNER_ENVIRONMENT", "github-hosted")];
        for (variables, said) in [
            (
                &github[..],
                ["This looks like a GitHub-hosted runner.", "probably blocked", "2025-07-28", "self-hosted runner"],
            ),
            (
                &[("RENDER", "true")],
                ["This looks like a service on Render.", "reported to be", "2025-09-26", "paid instance"],
            ),
            (
                &[("RAILWAY_ENVIRONMENT", "x")],
                ["a service on Railway", "documented to be", "2026-08-21", "the Pro plan"],
            ),
        ] {
            let page = world.ask_with(variables, &[]);
            assert_eq!(page.code, 6, "{}", page.stdout);
            assert_says(&page, &said, &["--request", "router's settings", "provider to open"]);
            // A request would be refused, or is none: the page says so, and what to do instead.
            let request = world.ask_with(variables, &["--request"]);
            assert!(request.stderr.contains("nothing to ask a support desk for"), "{}", request.stderr);
            assert_says(&request, &said, &["Subject:"]);
        }

        let job = world.ask_with(&[("GITLAB_CI", "true")], &[]);
        assert_says(&job, &["This is a GitLab CI job", "the network of its runner", "--request"], &["your router"]);
        let request = world.ask_with(&[("GITLAB_CI", "true")], &["--request"]);
        assert_says(&request, &["Subject:", "connections from the runner of my GitLab CI job"], &["my machine"]);
        assert_eq!(request.stderr, "");
    });
}

const FIRMWARE: &str = "places::hosting_companies_are_told_by_their_firmware";

#[test]
fn hosting_companies_are_told_by_their_firmware() {
    in_own_network(FIRMWARE, || {
        let world = World::new(FIRMWARE, GOOD, OWN_NAMES);
        world.rules(&BLOCKED);
        world.firmware("chassis_asset_tag", "7783-7084-3265-9085-8269-3286-77");
        let azure =
            ["This looks like a machine at Microsoft Azure.", "2025-07-28", "Enterprise Dev/Test", "stop, deallocate"];
        assert_says(&world.ask_with(&[], &[]), &azure, &["--request", "Student", "provider to open"]);
        assert_says(&world.ask_with(&[], &["--request"]), &azure, &["Subject:"]);

        world.firmware("sys_vendor", "Amazon EC2");
        let amazon = ["connections from my machine at Amazon EC2", "Elastic IP addresses: [please fill in]"];
        assert_says(&world.ask_with(&[], &["--request"]), &amazon, &[]);
        // A runner there.
        let runner = ["The runner of this GitLab CI job looks like a machine at Amazon EC2."];
        assert_says(&world.ask_with(&[("GITLAB_CI", "true")], &[]), &runner, &[]);
    });
}
