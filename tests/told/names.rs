//! Names: which resolver this machine uses, what it says of a name that it does not know the way others do, and who is in
//! the way where it gives an address that is no server's.

use std::net::SocketAddr;
use std::process::Command;

use mailprobe_lab::dns::{DnsServer, Zone};

use crate::cause::error;
use crate::suite::cases;
use crate::world::{MAIL, SEVEN, V4, World, domain, good, ip4, zone};

cases!(names: network {
    a_name_server_at_a_link_local_address,
    a_link_local_name_server_without_its_interface,
    a_resolv_conf_that_names_nobody,
    a_resolv_conf_with_an_unusable_word,
    a_service_of_a_cluster,
    built_in_names_in_a_search_domain,
    a_name_that_is_found_nowhere,
    a_dead_name_server,
    a_blocked_name,
    a_name_that_leads_to_this_machine,
    one_address_for_every_name,
} loopback {});

/// A network whose resolv.conf says this.
fn configured(test: &'static str, zone: Zone, resolv_conf: &str) -> World {
    World::new(test, zone).serve(&[V4], &SEVEN).here(&format!("printf '{resolv_conf}' > /etc/resolv.conf"))
}

fn dns_here(place: &str, zone: Zone) -> DnsServer {
    let place: SocketAddr = place.parse().expect("a place");
    DnsServer::start_on(place, zone).expect("port 53")
}

/// As home routers announce themselves.
fn a_name_server_at_a_link_local_address(test: &'static str) {
    let world =
        configured(test, domain(), "nameserver fe80::53%%c0\\n").here("ip address add fe80::53/64 dev c0 nodad");
    let _dns = dns_here(&format!("[fe80::53%{}]:53", interface_number("c0")), zone());
    for asked in ["mail.example.org:587", "@example.org"] {
        world.ask(asked).tell().verdict("pass").code(0).never("DNS does not know").judged();
    }
}

/// `/sys` may show the interfaces of another network.
fn interface_number(name: &str) -> String {
    let output = Command::new("ip").args(["-o", "link", "show", "dev", name]).output().expect("the command ip");
    String::from_utf8_lossy(&output.stdout).split(':').next().unwrap_or_default().to_owned()
}

fn a_link_local_name_server_without_its_interface(test: &'static str) {
    let world = configured(test, zone(), "nameserver fe80::53\\n");
    for asked in ["mail.example.org:587", "@example.org"] {
        world
            .ask(asked)
            .tell()
            .code(4)
            .says("no name server could be reached")
            .says("interface")
            .says("this machine")
            .never("does not know|does not exist|domain's DNS")
            .judged();
    }
}

/// As the C library does, 127.0.0.1 is asked.
fn a_resolv_conf_that_names_nobody(test: &'static str) {
    let world = configured(test, domain(), "search example.org\\n");
    let _dns = dns_here("127.0.0.1:53", zone());
    for asked in ["mail.example.org:587", "@example.org"] {
        world.ask(asked).tell().verdict("pass").code(0).never("DNS does not know").judged();
    }
}

fn a_resolv_conf_with_an_unusable_word(test: &'static str) {
    let world = configured(test, zone(), "nameserver 10.7.1.1\\nsearch a..b example.org\\nnonsense\\n");
    for asked in ["mail.example.org:587", "@example.org"] {
        world.ask(asked).tell().verdict("pass").code(0).never("DNS does not know").judged();
    }
}

/// As Kubernetes sets up every container.
const CLUSTER: &str =
    "search mail.svc.cluster.local svc.cluster.local cluster.local\\nnameserver 10.7.1.1\\noptions ndots:5\\n";

fn a_service_of_a_cluster(test: &'static str) {
    let world = configured(test, domain().a("postfix.mail.svc.cluster.local", ip4(V4)), CLUSTER);
    world
        .ask("postfix.mail:25")
        .tell()
        .says(r"found as postfix\.mail\.svc\.cluster\.local")
        .never("public address")
        .judged();
    // With a final dot it is that name alone.
    world.ask("postfix.mail.:25").tell().code(4).says("postfix.mail does not exist").judged();
}

/// Whom `blocked` asks by itself is no host of the search domain, whatever that answers.
fn built_in_names_in_a_search_domain(test: &'static str) {
    let hosts = ["smtp.gmail.com", "smtp.mail.yahoo.com", "smtp.office365.com", "smtp.fastmail.com", "mail.gmx.net"];
    let zone = hosts.into_iter().fold(domain(), |zone, host| zone.a(&format!("{host}.corp.example"), ip4(V4)));
    let world = configured(test, zone, "search corp.example\\nnameserver 10.7.1.1\\n");
    world.ask("blocked").bare().tell().never("connected at [1-5] of|same address").judged();
}

fn a_name_that_is_found_nowhere(test: &'static str) {
    let world = configured(test, domain(), CLUSTER);
    world
        .ask("postfix.mail:25")
        .tell()
        .code(4)
        .says("does not exist")
        .cause(&error().says("3 search domains"))
        .judged();
}

fn a_dead_name_server(test: &'static str) {
    let world = configured(test, zone(), "nameserver 10.7.1.9\\nnameserver 127.0.0.9\\n")
        .here("ip route add unreachable 10.7.1.9");
    for asked in ["mail.example.org:587", "@example.org"] {
        world
            .ask(asked)
            .tell()
            .code(4)
            .says("no name server could be reached")
            .says(r"resolv\.conf")
            .never("does not know|does not exist|domain's DNS")
            .judged();
    }
}

/// A mail server of this machine must not pass for the one that was asked for.
fn a_blocked_name(test: &'static str) {
    let names = domain().mx("example.org", 10, MAIL).a(MAIL, ip4("0.0.0.0")).aaaa(MAIL, [0_u16; 8]);
    let world = World::new(test, names).serve_here("0.0.0.0", 25, good(25));
    for asked in ["mail.example.org:25", "@example.org"] {
        world
            .ask(asked)
            .tell()
            .code(4)
            .verdict("fail")
            .says("blocker")
            .says(r"10\.7\.1\.1:53 gives 0\.0\.0\.0")
            .says("--dns-server")
            .never("works|refuse|check that the service")
            .judged();
    }
}

fn a_name_that_leads_to_this_machine(test: &'static str) {
    let world = World::new(test, domain().a(MAIL, ip4("127.0.0.1"))).serve_here("127.0.0.1", 25, good(25));
    world.ask("mail.example.org:25").tell().says("this machine").judged();
}

/// A captive portal, or a blocker, that has one address for all.
fn one_address_for_every_name(test: &'static str) {
    let domains = ["gmail.com", "yahoo.com", "outlook.com", "icloud.com", "gmx.net"];
    let hosts = [
        "smtp.gmail.com",
        "smtp.mail.yahoo.com",
        "smtp.office365.com",
        "smtp.fastmail.com",
        "mail.gmx.net",
        "mx.example.net",
    ];
    let names = domains.into_iter().fold(domain(), |zone, name| zone.mx(name, 10, "mx.example.net"));
    let names = domains.into_iter().chain(hosts).fold(names, |zone, name| zone.a(name, ip4(V4)));
    // What answers there, answers on port 25 as well.
    let world = World::new(test, names).serve(&[V4], &[25]);
    world
        .ask("blocked")
        .bare()
        .tell()
        .code(4)
        .says(r"same address, 10\.7\.2\.2")
        .says("captive portal")
        .says("blocker")
        .never("not blocked|submission-blocked")
        .judged();
}
