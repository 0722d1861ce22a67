//! Firewalls and routers that say no. Linux withholds ICMP errors (bursts of 6, then one a second), so that some ports of
//! one rule look silent: that must change neither the story nor the exit code (first-use, 1.2 and 1.12).

use std::time::Duration;

use crate::cause::{Cause, error};
use crate::judge::Told;
use crate::patterns::{LOOKS_BLOCKED, OTHER_HOST, REMOVE_MX, SECOND_STORIES, USE_465_OR_587};
use crate::suite::cases;
use crate::world::{MAIL, NOBODY4, ROUTER4, ROUTER6, SEVEN, V4, V6, World, domain, dual_zone, ip4, set, zone, zone6};

cases!(refusal: network {
    a_router_prohibits_in_every_run,
    a_router_prohibits_ipv6_in_every_run,
    a_server_rejects_in_every_run,
    a_host_is_down_behind_a_router_in_every_run,
    a_router_prohibits_both_families,
    a_router_prohibits_ipv6,
} loopback {});

fn rejecting(with: &str) -> String {
    format!("tcp dport {} reject with icmpx {with}", set(&SEVEN))
}

/// Three runs with nothing between them, so that the limits on ICMP are felt, and one story.
fn three_times(world: &World, code: i32, wanted: &Cause, says: &[&str]) {
    one_story([(); 3].map(|()| world.ask(MAIL).tell()), code, wanted, says);
}

fn one_story(runs: [Told; 3], code: i32, wanted: &Cause, says: &[&str]) {
    let stories: Vec<_> = runs.iter().map(Told::story).collect();
    assert!(stories.iter().all(|story| *story == stories[0]), "the story changes from run to run: {stories:#?}");
    for told in runs {
        let told = told.code(code).verdict("fail").errors(1).cause(wanted);
        says.iter()
            .fold(told, |told, pattern| told.says(pattern))
            .never_any(SECOND_STORIES)
            .never_any([LOOKS_BLOCKED, USE_465_OR_587])
            .within(LONGEST)
            .judged();
    }
}

/// Asking the silent ports again, one a second, must not take longer.
const LONGEST: Duration = Duration::from_secs(16);

fn a_router_prohibits_in_every_run(test: &'static str) {
    let world = World::new(test, zone()).serve(&[V4], &SEVEN).router(&rejecting("admin-prohibited"));
    let wanted = error().ports(&SEVEN).addresses(&[V4]).says("forbid|prohibit|reject|refus|rule|not allow");
    three_times(&world, 7, &wanted, &[&ROUTER4.replace('.', r"\.")]);
}

fn a_router_prohibits_ipv6_in_every_run(test: &'static str) {
    let world = World::new(test, zone6()).serve(&[V6], &SEVEN).router(&rejecting("admin-prohibited"));
    let wanted = error().ports(&SEVEN).addresses(&[V6]).says("forbid|prohibit|reject|refus|rule|not allow");
    three_times(&world, 7, &wanted, &[ROUTER6]);
}

fn a_server_rejects_in_every_run(test: &'static str) {
    let world = World::new(test, zone()).serve(&[V4], &SEVEN).server(&rejecting("port-unreachable"));
    let wanted = error().ports(&SEVEN).addresses(&[V4]).says("refus|reject");
    three_times(&world, 5, &wanted, &[]);
}

fn a_host_is_down_behind_a_router_in_every_run(test: &'static str) {
    let world = World::new(test, domain().a(MAIL, ip4(NOBODY4)));
    let wanted = error().ports(&SEVEN).addresses(&[NOBODY4]).says("unreachable|can(not)? be reached|down");
    let runs = [Duration::ZERO, REST, REST].map(|rest| {
        std::thread::sleep(rest);
        world.ask(MAIL).tell()
    });
    one_story(runs, 7, &wanted, &[&ROUTER4.replace('.', r"\.")]);
}

/// A router looks for a host for three seconds before it gives up, on behalf of packets that nobody waits for any more,
/// too. Their errors would use up what the next run is allowed.
const REST: Duration = Duration::from_secs(8);

/// Seven ports, two addresses, one rule: one story that fits on a screen, and on the monitors.
fn a_router_prohibits_both_families(test: &'static str) {
    let world = World::new(test, dual_zone()).serve(&[V4, V6], &SEVEN).router(&rejecting("admin-prohibited"));
    world
        .ask(MAIL)
        .tell()
        .code(7)
        .verdict("fail")
        .blocks(3)
        .lines(40)
        .annotations(3)
        .nagios_line_for_each_cause()
        .nagios_details(3)
        .says("forbid|prohibit|reject|refus|rule|not allow")
        .cause(&error().says("forbid|prohibit|reject|refus|rule|not allow"))
        .never_any(SECOND_STORIES)
        .never_any([LOOKS_BLOCKED, USE_465_OR_587])
        .judged();
}

fn a_router_prohibits_ipv6(test: &'static str) {
    let rule = format!("ip6 daddr {V6} {}", rejecting("admin-prohibited"));
    let world = World::new(test, dual_zone()).serve(&[V4, V6], &SEVEN).router(&rule);
    world
        .ask(MAIL)
        .tell()
        .all_at(V4, "ok")
        .code(7)
        .verdict("fail")
        .errors(1)
        .sentence("IPv6|fd07")
        .cause(&error().ports(&SEVEN).addresses(&[V6]))
        .never_any(SECOND_STORIES)
        .never_any([REMOVE_MX, OTHER_HOST, "nothing works", LOOKS_BLOCKED])
        .judged();
}
