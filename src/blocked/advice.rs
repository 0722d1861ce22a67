//! What to do. It fits the place at which port 25 stops, and never names a way that was not seen to be open.

use std::collections::BTreeSet;

use super::answer::{Answer, System};
use super::conclude::Conclusion;
use super::evidence::{Asked, Names, Relay, RelayAnswer};
use super::sentence::{farthest, is_at_the_end, let_through, listed, shield, taken_over};
use crate::observation::path::{How, Place};
use crate::service::Service;

/// What to do, most important first.
pub(super) fn hints(answer: &Answer) -> Vec<String> {
    let mut hints: Vec<String> = Vec::new();
    match answer.conclusions.overall {
        Conclusion::Blocked => {
            hints.extend(hosting(answer));
            for (_, relay) in answer.blocked() {
                hints.extend(at_the_place(answer, relay));
            }
            hints.extend(provider(answer));
            hints.push(other_ways(answer));
            let can_be_asked = |(_, relay): &(_, &Relay)| is_on_the_way_out(relay);
            if !answer.machine.request_wanted && answer.blocked().iter().any(can_be_asked) {
                hints.push(
                    "For a message to a support desk with this evidence, run it again with --request.".to_owned(),
                );
            }
        }
        Conclusion::Intercepted => {
            hints.extend(interception(answer));
            hints.push(other_ways(answer));
        }
        Conclusion::RejectedByReputation => {
            hints.extend(
                answer.findings.iter().filter(|finding| is_refusal(answer, finding)).filter_map(|f| f.hint.clone()),
            );
            hints.push(other_ways(answer));
        }
        Conclusion::NoNetwork => hints.push(network(answer)),
        Conclusion::NotBlocked => {}
        Conclusion::Inconclusive => hints.extend(unclear(answer)),
    }
    let mut kept: Vec<String> = Vec::new();
    for hint in hints {
        if !kept.contains(&hint) {
            kept.push(hint);
        }
    }
    kept
}

/// The company that the machine looks to be at, where it is documented to block port 25.
fn hosting(answer: &Answer) -> Option<String> {
    let hosting = answer.machine.hosting?;
    let elsewhere = answer.blocked().iter().any(|(_, relay)| is_on_the_way_out(relay));
    (elsewhere && hosting.blocks.contains(&Service::Smtp.port())).then(|| {
        format!(
            "This looks like a machine at {}, which is documented to block port 25 ({}). {}",
            hosting.name, hosting.documented, hosting.remedy
        )
    })
}

fn place_of(relay: &Relay) -> Place {
    match &relay.path {
        Some(path) if path.place != Place::Unknown && path.place != Place::Nowhere => path.place,
        _ if relay.refused_here() => Place::ThisMachine,
        _ => Place::Unknown,
    }
}

/// Whether someone who runs the way out may be what stops it: neither this machine itself nor the host.
fn is_on_the_way_out(relay: &Relay) -> bool {
    place_of(relay) != Place::ThisMachine && !is_at_the_end(relay)
}

fn at_the_place(answer: &Answer, relay: &Relay) -> Vec<String> {
    let here = firewall(answer.machine.system);
    let carrier = match answer.machine.hosting {
        None => {
            "Look for a filter for port 25 in your router's settings; if there is none, ask your internet provider or the \
             network's administrator to open it."
        }
        Some(_) => "Ask the hosting company or the network's administrator to open outbound port 25.",
    };
    match place_of(relay) {
        Place::ThisMachine => vec![here.to_owned(), MAIL_SHIELD.to_owned()],
        Place::ThisMachineOrFirstHop => vec![here.to_owned(), carrier.to_owned()],
        // Farther away: said once for both families.
        Place::Path => if is_far(relay) { Vec::new() } else { vec![carrier.to_owned()] },
        Place::Destination => match answer.evidence.asked {
            Asked::Hosts => vec![format!(
                "Ask the administrator of {}: a firewall there, or right before it, keeps port 25 closed.",
                relay.host
            )],
            Asked::References => vec![
                "The mail hosts themselves, or the networks right before them, keep this machine out. Check whether its \
                 public address is on a blocklist, and ask your provider."
                    .to_owned(),
            ],
        },
        // It left this machine.
        Place::Nowhere | Place::Unknown if is_far(relay) => Vec::new(),
        Place::Nowhere | Place::Unknown if let_through(relay).is_some() => vec![carrier.to_owned()],
        Place::Nowhere | Place::Unknown => vec![
            here.to_owned(),
            "If nothing on this machine forbids it, ask your internet or hosting provider whether outbound port 25 is \
             blocked."
                .to_owned(),
        ],
    }
}

/// Whom to ask when it stops farther away than at the first router.
fn provider(answer: &Answer) -> Option<String> {
    let blocked = answer.blocked();
    let far: Vec<&Relay> = blocked.iter().map(|(_, relay)| *relay).filter(|relay| is_far(relay)).collect();
    let last: Vec<String> =
        far.iter().filter_map(|relay| let_through(relay)?.address).map(|address| address.to_string()).collect();
    let whom = match last.as_slice() {
        [] => String::new(),
        [one] => format!(" The last router that is known to let it through is {one}."),
        several => format!(" The last routers that are known to let it through are {}.", listed(several)),
    };
    (!far.is_empty()).then(|| format!("Ask your internet or hosting provider to open outbound port 25.{whom}"))
}

/// The first hop is the router at home, or the first of a provider: which one cannot be seen.
const HOME: u8 = 1;

/// Whether it got past the first hop, and then stops on the way or at a place that is not known.
fn is_far(relay: &Relay) -> bool {
    matches!(place_of(relay), Place::Path | Place::Unknown | Place::Nowhere)
        && let_through(relay).is_some_and(|edge| edge.ttl > HOME)
}

/// How to look for an outbound rule.
const fn firewall(system: System) -> &'static str {
    match system {
        System::Linux => {
            "Look for a rule about port 25 on this machine, as root: nft list ruleset; iptables -S OUTPUT; ufw status; \
             firewall-cmd --list-all. In a container, look at its network policies, too."
        }
        System::Windows => {
            "Look for an outbound rule about port 25 in Windows Defender Firewall, Advanced settings. To allow it: \
             New-NetFirewallRule -DisplayName \"SMTP 25\" -Direction Outbound -Protocol TCP -RemotePort 25 -Action Allow"
        }
        System::MacOs => {
            "Look for a program that filters outbound connections on this machine: Little Snitch, LuLu, a VPN client. The \
             system's own firewall filters inbound ones only."
        }
        System::Other => "Look for a firewall rule about port 25 on this machine.",
    }
}

/// How to let the outside in.
const fn inbound_rule(system: System) -> &'static str {
    match system {
        System::Linux => {
            "If it does not get in, allow it here, as root, with the firewall that is in use: ufw allow 25/tcp; \
             firewall-cmd --permanent --add-service=smtp && firewall-cmd --reload; nft add rule inet filter input tcp \
             dport 25 accept."
        }
        System::Windows => {
            "If it does not get in, allow it here: New-NetFirewallRule -DisplayName \"SMTP 25\" -Direction Inbound \
             -Protocol TCP -LocalPort 25 -Action Allow"
        }
        System::MacOs => {
            "If it does not get in, allow the mail server's program to take connections in System Settings, Network, \
             Firewall."
        }
        System::Other => "If it does not get in, allow port 25 in this machine's firewall.",
    }
}

const MAIL_SHIELD: &str =
    "An antivirus program with a mail shield can stop port 25, too: turn its mail scanning off and try again.";

/// How mail programs can send all the same: only what was seen to be open.
fn other_ways(answer: &Answer) -> String {
    let name = |service: &Service| match service {
        Service::Submissions => "465 (TLS)".to_owned(),
        other => format!("{} (STARTTLS)", other.port()),
    };
    let hosts: BTreeSet<&str> =
        answer.families().flat_map(|(_, _, seen)| &seen.relays).map(|relay| relay.operator.as_str()).collect();
    let where_open = match (answer.evidence.asked, hosts.len()) {
        (Asked::References, _) => "here",
        (Asked::Hosts, 0 | 1) => "at this host",
        (Asked::Hosts, _) => "at these hosts",
    };
    match answer.ways_out.as_slice() {
        [] => format!(
            "The ports for mail programs, 465 and 587, were not seen to be open {where_open} either. Ask your mail provider \
             for another way in, and whoever runs this network to open one of them."
        ),
        open => {
            let ports = listed(&open.iter().map(name).collect::<Vec<_>>());
            let verb = if open.len() == 1 { "is" } else { "are" };
            format!(
                "A mail program does not need port 25: let it send through {ports}, which {verb} open {where_open}."
            )
        }
    }
}

pub(super) const ASK_ABOUT_THE_PROXY: &str =
    "Ask whoever runs this network what takes over its connections to port 25.";

fn interception(answer: &Answer) -> Vec<String> {
    let mut hints = Vec::new();
    if shield(answer).is_some() {
        hints.push("Turn the program's mail scanning off, then run this again.".to_owned());
    }
    let mut proven_otherwise = answer.conclusions.greeting_shared;
    for path in answer.families().flat_map(|(_, _, seen)| &seen.relays).filter_map(|relay| relay.path.as_ref()) {
        if path.how != Some(How::Intercept) {
            continue;
        }
        proven_otherwise = true;
        if path.place == Place::ThisMachineOrFirstHop {
            hints.push("Look for a mail shield or a proxy on this machine first.".to_owned());
        }
    }
    if proven_otherwise {
        let places: Vec<String> = answer.families().filter_map(|(_, _, seen)| taken_over(seen)).collect();
        hints.push(match places.first() {
            Some(place) => format!("Ask whoever runs the network what takes over its connections to port 25, {place}."),
            None => ASK_ABOUT_THE_PROXY.to_owned(),
        });
    }
    hints
}

fn is_refusal(answer: &Answer, finding: &crate::diagnosis::Finding) -> bool {
    let mut relays = answer.families().flat_map(|(_, _, seen)| &seen.relays);
    relays.any(|relay| relay.refusal.as_ref().is_some_and(|refusal| refusal.id == finding.id))
}

fn network(answer: &Answer) -> String {
    if answer.evidence.names == Names::Unanswered && answer.families().next().is_some() {
        return "Check the network connection and the name servers of this machine; another name server can be tried with \
                --dns-server."
            .to_owned();
    }
    match answer.machine.system {
        System::Linux => "Check the cable or Wi-Fi, then the address and the default route: ip address; ip route.",
        System::Windows => "Check the cable or Wi-Fi, then the address and the default gateway: ipconfig.",
        System::MacOs | System::Other => {
            "Check the cable or Wi-Fi, then the address and the default route: ifconfig; netstat -rn."
        }
    }
    .to_owned()
}

fn unclear(answer: &Answer) -> Vec<String> {
    let relays = || answer.families().flat_map(|(_, _, seen)| &seen.relays);
    if let Some(own) = relays().find(|relay| relay.own) {
        let from_outside = if own.address.is_loopback() {
            "To see whether the outside gets in, run this on a machine in another network, with this machine's public name \
             in place of NAME: mailprobe NAME:25"
                .to_owned()
        } else {
            let host = if own.operator.contains(':') { format!("[{}]", own.operator) } else { own.operator.clone() };
            format!("To see whether the outside gets in, run this on a machine in another network: mailprobe {host}:25")
        };
        return vec![
            from_outside,
            inbound_rule(answer.machine.system).to_owned(),
            "Then look at what stands before it: the router's port forwarding, the hosting company's firewall."
                .to_owned(),
        ];
    }
    let unfinished = answer.evidence.names == Names::Unfinished;
    if unfinished || relays().any(|relay| relay.answer == RelayAnswer::Unknown) {
        return vec!["Run it again and let it finish.".to_owned()];
    }
    match (answer.evidence.asked, answer.evidence.names) {
        (Asked::References, Names::Missing) => vec![
            "If these mail domains exist, this network's name servers hide them: log in to the network, or ask another with --dns-server."
                .to_owned(),
        ],
        (Asked::Hosts, Names::Missing) => vec!["Check the spelling of the names.".to_owned()],
        (Asked::Hosts, _) => vec!["Run mailprobe blocked without a host: that tries other mail hosts.".to_owned()],
        (Asked::References, _) if is_cut_off(answer) => vec![
            "Look whether anything else on the internet can be reached. If not, ask your internet provider about an outage, \
             then run this again."
                .to_owned(),
        ],
        (Asked::References, _) => {
            vec!["Run it again in some minutes, or name other mail domains with --reference.".to_owned()]
        }
    }
}

/// Whether nothing answers from beyond some hop, on any port.
fn is_cut_off(answer: &Answer) -> bool {
    let mut relays = answer.families().flat_map(|(_, _, seen)| &seen.relays);
    relays.all(|relay| relay.answer == RelayAnswer::Stopped) && farthest(answer).is_some()
}
