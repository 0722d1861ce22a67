//! Domains, addresses and names: what was asked for decides what a silent port 25 means, and a mail domain's hosts are
//! told apart (first-use, 1.7, 1.8, 1.10, 1.13).

use mailprobe_lab::dns::Zone;

use crate::cause::{cause, error, trouble};
use crate::patterns::SILENT;
use crate::suite::cases;
use crate::world::{MAIL, OTHER4, ROUTER4, SEVEN, V4, World, domain, ip4, zone};

cases!(domains: network {
    an_address_with_port_25_silent,
    an_address_with_port_25_refused,
    a_domain_with_port_25_silent,
    a_domain_with_a_dead_mail_host,
    a_bare_domain_that_refuses,
    a_bare_domain_that_is_silent,
    an_mx_that_does_not_exist,
    an_mx_that_is_a_web_host,
    an_mx_that_is_an_address,
    no_network,
    no_such_name,
} loopback {});

/// The domain says what its servers for mail programs are.
fn published() -> Zone {
    zone()
        .srv("_submissions._tcp.example.org", 0, 1, 465, MAIL)
        .srv("_submission._tcp.example.org", 0, 1, 587, MAIL)
        .srv("_imaps._tcp.example.org", 0, 1, 993, MAIL)
}

/// A person at home: their network blocks 25, their mail program works.
fn an_address_with_port_25_silent(test: &'static str) {
    let world = World::new(test, published()).serve(&[V4], &SEVEN).router("tcp dport 25 drop");
    world
        .ask("user@example.org")
        .tell()
        .state(25, "connection-timeout")
        .state(465, "ok")
        .state(993, "ok")
        .code(0)
        .verdict("pass|warn")
        .errors(0)
        .says("465")
        .says("993")
        .says(&format!("block|{SILENT}"))
        .says("mailprobe blocked")
        .never("host that is down looks the same")
        .judged();
}

fn an_address_with_port_25_refused(test: &'static str) {
    let world = World::new(test, published()).serve(&[V4], &SEVEN).router("tcp dport 25 reject with tcp reset");
    world
        .ask("user@example.org")
        .tell()
        .state(25, "connection-refused")
        .state(465, "ok")
        .code(5)
        .verdict("fail")
        .cause(&error().ports(&[25]))
        .judged();
}

/// Who asks about the domain asks whether other servers can deliver.
fn a_domain_with_port_25_silent(test: &'static str) {
    let world = World::new(test, zone()).serve(&[V4], &SEVEN).router("tcp dport 25 drop");
    world
        .ask("@example.org")
        .tell()
        .state(25, "connection-timeout")
        .code(6)
        .verdict("fail")
        .errors(1)
        .cause(&error().ports(&[25]).addresses(&[V4]))
        .says("mailprobe blocked")
        .judged();
}

fn a_domain_with_a_dead_mail_host(test: &'static str) {
    let names = zone().mx("example.org", 20, "backup.example.org").a("backup.example.org", ip4(OTHER4));
    let world = World::new(test, names).serve(&[V4], &SEVEN).router(&format!("ip daddr {OTHER4} drop"));
    world
        .ask("@example.org")
        .tell()
        .state_at(25, V4, "ok")
        .state_at(25, OTHER4, "connection-timeout")
        .code(0)
        .verdict("warn")
        .errors(0)
        .says(r"backup\.example\.org")
        .cause(&cause(&["warning"]).ports(&[25]).addresses(&[OTHER4]).host("backup.example.org"))
        .judged();
}

/// The domain's web server, asked about mail.
fn web_host() -> Zone {
    zone().a("example.org", ip4(OTHER4))
}

fn a_bare_domain_that_refuses(test: &'static str) {
    let world = World::new(test, web_host()).serve(&[V4], &SEVEN);
    world
        .ask("example.org")
        .tell()
        .verdict("fail|inconclusive|warn")
        .all_at(OTHER4, "connection-refused")
        .advice("@example\\.org")
        .says(r"mail\.example\.org")
        .judged();
}

fn a_bare_domain_that_is_silent(test: &'static str) {
    let rule = format!("ip daddr {OTHER4} drop");
    let world = World::new(test, web_host()).serve(&[V4], &SEVEN).router(&rule);
    world
        .ask("example.org")
        .tell()
        .verdict("fail|inconclusive|warn")
        .all_at(OTHER4, "connection-timeout")
        .advice("@example\\.org")
        .says(r"mail\.example\.org")
        .judged();
}

fn an_mx_that_does_not_exist(test: &'static str) {
    let world = World::new(test, domain().mx("example.org", 10, "gone.example.org"));
    world
        .ask("@example.org")
        .tell()
        .code(4)
        .verdict("fail")
        .errors(1)
        .says(r"gone\.example\.org")
        .advice("MX")
        .never("check the spelling[.,;]")
        .judged();
}

fn an_mx_that_is_a_web_host(test: &'static str) {
    let names = domain().mx("example.org", 10, "www.example.org").a("www.example.org", ip4(OTHER4));
    let world = World::new(test, names).serve(&[OTHER4], &[]);
    world
        .ask("@example.org")
        .tell()
        .state(25, "connection-refused")
        .code(5)
        .verdict("fail")
        .errors(1)
        .advice(r"\bMX\b")
        .cause(&error().ports(&[25]).addresses(&[OTHER4]).host("www.example.org"))
        .judged();
}

/// An MX holds a name: said once, and not that the address has no address.
fn an_mx_that_is_an_address(test: &'static str) {
    let world = World::new(test, domain().mx("example.org", 10, V4)).serve(&[V4], &SEVEN);
    world
        .ask("@example.org")
        .tell()
        .code(4)
        .verdict("fail")
        .errors(1)
        .says(r"10\.7\.2\.2")
        .advice(r"IP address|an address|not a (host )?name")
        .never(r"no address to connect to")
        .judged();
}

/// The cable is out: that is not the name servers' fault.
fn no_network(test: &'static str) {
    let world = World::new(test, zone()).here("ip link set c0 down");
    world
        .ask(MAIL)
        .tell()
        .verdict("fail|inconclusive")
        .says(
            r"no (network|route|connection)|not connected|network is (down|unreachable)|without a network|cable|Wi-?Fi",
        )
        .advice(r"no network|not connected|cable|Wi-?Fi|network connection|this machine")
        .never_any([r"check this machine.s name servers", r"fault is in the domain.s DNS", "all seven ports cannot"])
        .judged();
    // The same where only the way to the name server is missing, and addresses are asked about.
    world
        .ask(&format!("{V4} {ROUTER4}"))
        .tell()
        .verdict("fail|inconclusive")
        .never_any(["all seven ports cannot", "name servers?"])
        .judged();
}

/// One name, one fault: seven ports do not make it seven.
fn no_such_name(test: &'static str) {
    let world = World::new(test, zone());
    world
        .ask("nowhere.example.org")
        .tell()
        .code(4)
        .verdict("fail")
        .errors(1)
        .nagios_details(1)
        .nagios_never("time'=.* .*time'=")
        .nagios_line_for_each_cause()
        .annotations(1)
        .cause(&trouble().host("nowhere.example.org").says("dns-no-such-name|does not exist"))
        .judged();
}
