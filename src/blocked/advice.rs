//! What to do. It fits the place at which port 25 stops, and never names a way that was not seen to be open.

use std::net::IpAddr;

use super::conclude::{Conclusion, Diverted, diverted_names, is_intercepted_on_the_way, taken_nearby};
use super::evidence::{Names, Relay, RelayAnswer, Scope};
use super::facts::Facts;
use super::sentence::{farthest, taken_over_at};
use crate::diagnosis::Finding;
use crate::observation::path::{Path, Place};
use crate::service::Service;
use crate::words::{distinct, joined};

/// What to do, most important first. `findings`: what is told beside the answer.
pub(super) fn hints(facts: &Facts, findings: &[Finding]) -> Vec<String> {
    let mut hints: Vec<String> = Vec::new();
    match facts.conclusions.overall {
        Conclusion::Blocked => {
            let blocked = facts.blocked();
            hints.extend(hosting(facts));
            hints.extend(blocked.iter().flat_map(|(_, relay)| at_the_place(facts, relay)));
            hints.extend(provider(facts));
            hints.push(other_ways(facts));
            let can_ask = !facts.machine.request_wanted && !facts.machine.surroundings.refuses_requests();
            if can_ask && blocked.iter().any(|(_, relay)| relay.is_stopped_by_others()) {
                let advice = "To get a message to a support desk with this evidence, run it again with --request.";
                hints.push(advice.to_owned());
            }
        }
        Conclusion::Intercepted if diverted_names(&facts.evidence).is_some() => {
            let taken_by = facts.families().find_map(|(_, _, seen)| taken_nearby(seen));
            hints.extend(taken_by.into_iter().flat_map(taken));
            hints.extend(diverted(facts));
        }
        Conclusion::Intercepted if facts.portal() => {
            hints.push("Open a web page in a browser, log in to the network, then run this again.".to_owned());
        }
        Conclusion::Intercepted => {
            if let Some(path) = facts.families().find_map(|(_, _, seen)| taken_nearby(seen)) {
                hints.extend(taken(path));
            } else {
                hints.extend(interception(facts));
                hints.push(other_ways(facts));
            }
        }
        Conclusion::RejectedByReputation => {
            let refusals = findings.iter().filter(|finding| is_refusal(facts, finding));
            hints.extend(refusals.filter_map(|finding| finding.hint.clone()));
            hints.push(other_ways(facts));
        }
        Conclusion::NoNetwork | Conclusion::Inconclusive if !facts.end_at_first_router().is_empty() => {
            hints.extend(beyond_first_router(facts));
        }
        Conclusion::NoNetwork => hints.push(network(facts)),
        // A friendly greeting is not yet a good reputation.
        Conclusion::NotBlocked => hints.push(ASK_ABOUT_A_RECIPIENT.to_owned()),
        Conclusion::Inconclusive => hints.extend(unclear(facts)),
    }
    distinct(hints)
}

const ASK_ABOUT_A_RECIPIENT: &str =
    "Many servers refuse only the recipient: to ask about one as a mail server would, mailprobe rcpt ADDRESS.";

/// The way out of the place that this looks to be, where what is known of it can explain a blocked port 25. What is known
/// is a finding.
fn hosting(facts: &Facts) -> Option<String> {
    let surroundings = &facts.machine.surroundings;
    let hosting = surroundings.hosting.filter(|hosting| hosting.may_block(Service::Smtp.port()))?;
    let elsewhere = facts.blocked().iter().any(|(_, relay)| relay.is_stopped_by_others());
    elsewhere.then(|| format!("{} {}", surroundings.named().unwrap_or_default(), hosting.remedy))
}

/// Whom to ask for the port, where it stops beyond this machine. Nobody, where a place opens it for no one.
fn carrier(facts: &Facts) -> Option<String> {
    let surroundings = &facts.machine.surroundings;
    match (surroundings.runner, surroundings.hosting) {
        _ if surroundings.refuses_requests() => None,
        (Some(runner), _) => Some(format!(
            "This is a {runner} job: what counts is the network of its runner, not that of your own machine. Ask whoever \
             runs the runner to open outbound port 25."
        )),
        (None, Some(_)) => {
            Some("Ask the hosting company or the network's administrator to open outbound port 25.".to_owned())
        }
        (None, None) => Some(
            "Check your router's settings for a port 25 filter; if there is none, ask your internet provider or the \
             network's administrator to open the port."
                .to_owned(),
        ),
    }
}

fn at_the_place(facts: &Facts, relay: &Relay) -> Vec<String> {
    let here = firewall(facts.machine.system).to_owned();
    let carrier = carrier(facts);
    match relay.stopped_at() {
        Place::ThisMachine => vec![here, MAIL_SHIELD.to_owned()],
        Place::ThisMachineOrFirstHop => [here].into_iter().chain(carrier).collect(),
        Place::Destination => vec![match facts.evidence.scope {
            Scope::Hosts => {
                format!(
                    "Ask the administrator of {}: a firewall there, or just in front of it, blocks port 25.",
                    relay.host
                )
            }
            Scope::References => {
                "The mail hosts themselves, or the networks just in front of them, block this machine. \
                Check whether its public address is on a blocklist, and ask your provider."
                    .to_owned()
            }
        }],
        // Farther away: said once for both families.
        _ if is_far(relay) => Vec::new(),
        Place::Path => carrier.into_iter().collect(),
        // It left this machine.
        _ if relay.let_through().is_some() => carrier.into_iter().collect(),
        _ if facts.machine.surroundings.runner.is_some() => [here].into_iter().chain(carrier).collect(),
        _ => {
            let ask = "If nothing on this machine blocks it, ask your internet or hosting provider whether outbound port 25 \
                       is blocked.";
            [here].into_iter().chain(carrier.map(|_| ask.to_owned())).collect()
        }
    }
}

/// Whom to ask when it stops farther away than at the first router.
fn provider(facts: &Facts) -> Option<String> {
    let blocked = facts.blocked();
    let far: Vec<&Relay> = blocked.iter().map(|(_, relay)| *relay).filter(|relay| is_far(relay)).collect();
    let last: Vec<IpAddr> = far.iter().filter_map(|relay| relay.let_through()?.address).collect();
    let whom = match last.as_slice() {
        [] => String::new(),
        [one] => format!(" The last router known to let it through is {one}."),
        several => format!(" The last routers known to let it through are {}.", joined(several)),
    };
    let ask = match facts.machine.surroundings.runner {
        Some(_) => carrier(facts)?,
        None => "Ask your internet or hosting provider to open outbound port 25.".to_owned(),
    };
    (!far.is_empty() && !facts.machine.surroundings.refuses_requests()).then(|| format!("{ask}{whom}"))
}

/// The first hop is the router at home, or the first of a provider: which one cannot be seen.
const HOME: u8 = 1;

/// Whether it got past the first hop, and then stops on the way or at a place that is not known.
fn is_far(relay: &Relay) -> bool {
    matches!(relay.stopped_at(), Place::Path | Place::Unknown | Place::Nowhere)
        && relay.let_through().is_some_and(|edge| edge.ttl > HOME)
}

fn firewall(system: &str) -> &'static str {
    match system {
        "linux" => {
            "Look for a rule on port 25 on this machine, as root: nft list ruleset; iptables -S OUTPUT; ufw status; \
             firewall-cmd --list-all; ip rule list. In a container, check its network policies too."
        }
        "windows" => {
            "Look for an outbound rule on port 25 in Windows Defender Firewall, Advanced settings. To allow it: \
             New-NetFirewallRule -DisplayName \"SMTP 25\" -Direction Outbound -Protocol TCP -RemotePort 25 -Action \
             Allow"
        }
        "macos" => {
            "Look for a program that filters outbound connections on this machine: Little Snitch, LuLu, a VPN client. \
             The system's own firewall filters only inbound ones."
        }
        _ => "Look for a firewall rule on port 25 on this machine.",
    }
}

fn inbound_rule(system: &str) -> &'static str {
    match system {
        "linux" => {
            "If that fails, allow port 25 here, as root, with the firewall in use: ufw allow 25/tcp; firewall-cmd \
             --permanent --add-service=smtp && firewall-cmd --reload; nft add rule inet filter input tcp dport 25 \
             accept."
        }
        "windows" => {
            "If that fails, allow port 25 here: New-NetFirewallRule -DisplayName \"SMTP 25\" -Direction Inbound \
             -Protocol TCP -LocalPort 25 -Action Allow"
        }
        "macos" => {
            "If that fails, allow incoming connections to the mail server's program in System Settings, Network, \
             Firewall."
        }
        _ => "If that fails, allow port 25 in this machine's firewall.",
    }
}

const MAIL_SHIELD: &str =
    "An antivirus program with a mail shield can also block port 25: turn off its mail scanning and try again.";

/// How mail programs can send all the same: only what was seen to be open.
fn other_ways(facts: &Facts) -> String {
    let name = |service: &Service| match service {
        Service::Submissions => "465 (TLS)".to_owned(),
        other => format!("{} (STARTTLS)", other.port()),
    };
    let where_open = match (facts.evidence.scope, distinct(facts.relays().map(|relay| &relay.operator)).len()) {
        (Scope::References, _) => "here",
        (Scope::Hosts, 0 | 1) => "at this host",
        (Scope::Hosts, _) => "at these hosts",
    };
    match facts.ways_out.as_slice() {
        [] => format!(
            "The submission ports, 465 and 587, were not found to be open {where_open} either. Ask your mail provider \
             for an alternative, and whoever runs this network to open one of them."
        ),
        open => {
            let ports = joined(open.iter().map(name));
            let verb = if open.len() == 1 { "is" } else { "are" };
            format!(
                "Mail programs do not need port 25: let them submit mail on {ports}, which {verb} open {where_open}."
            )
        }
    }
}

pub(super) const ASK_ABOUT_THE_PROXY: &str = "Ask whoever runs this network what intercepts connections to port 25.";

fn interception(facts: &Facts) -> Vec<String> {
    let mut hints = Vec::new();
    if facts.relays().any(|relay| relay.answer == RelayAnswer::Intercepted) {
        hints.push("Turn off the program's mail scanning, then run this again.".to_owned());
    }
    let mut caught = facts.relays().filter(|relay| is_intercepted_on_the_way(relay)).peekable();
    let proven_otherwise = facts.conclusions.greeting_shared || caught.peek().is_some();
    if caught.any(|relay| relay.stopped_at() == Place::ThisMachineOrFirstHop) {
        hints.push("Look for a mail shield or a proxy on this machine first.".to_owned());
    }
    if proven_otherwise {
        hints.push(match facts.families().find_map(|(_, _, seen)| taken_over_at(seen)) {
            Some(place) => format!("Ask whoever runs the network what intercepts connections to port 25, {place}."),
            None => ASK_ABOUT_THE_PROXY.to_owned(),
        });
    }
    hints
}

/// Where the names of all operators are answered alike.
fn diverted(facts: &Facts) -> Vec<String> {
    let log_in = "Open a web page in a browser and log in to the network if it asks for that, then run this again.";
    let past_it = "Check what answers names here: a blocker such as Pi-hole or AdGuard, the router, the hosts file of this \
                   machine. To ask another name server: --dns-server.";
    let is_portal = matches!(diverted_names(&facts.evidence), Some(Diverted::To(_)));
    is_portal.then_some(log_in).into_iter().chain([past_it]).map(str::to_owned).collect()
}

/// Where something close by takes every connection: without it there may be nothing wrong.
fn taken(path: &Path) -> Vec<String> {
    match &path.tunnel {
        Some(tunnel) => vec![format!(
            "Turn off the VPN or proxy behind the interface {tunnel}, or exempt mail ports from it, then run this again."
        )],
        None => vec![
            "Look for a proxy or a VPN on this machine, and log in to the network if it asks for that; then run this \
             again."
                .to_owned(),
            "If it stays so, ask whoever runs the first router what answers there.".to_owned(),
        ],
    }
}

fn is_refusal(facts: &Facts, finding: &Finding) -> bool {
    facts.relays().any(|relay| relay.refusal.as_ref().is_some_and(|refusal| refusal.id == finding.id))
}

fn network(facts: &Facts) -> String {
    if facts.evidence.names == Names::Unanswered && facts.families().next().is_some() {
        return "Check this machine's network connection and name servers; try another name server with --dns-server."
            .to_owned();
    }
    match facts.machine.system {
        "linux" => "Check the cable or Wi-Fi, then the address and the default route: ip address; ip route.",
        "windows" => "Check the cable or Wi-Fi, then the address and the default gateway: ipconfig.",
        _ => "Check the cable or Wi-Fi, then the address and the default route: ifconfig; netstat -rn.",
    }
    .to_owned()
}

/// Where nothing gets past the first router.
fn beyond_first_router(facts: &Facts) -> Vec<String> {
    let router = joined(facts.end_at_first_router());
    let mut hints = vec![format!(
        "This machine's network works as far as the first router ({router}). Check that router's own connection to the internet, \
         then its firewall."
    )];
    if facts.evidence.scope == Scope::Hosts {
        // A host right behind the router that is down looks the same.
        hints.push("To see whether any host can be reached, run mailprobe blocked without a host.".to_owned());
    }
    hints
}

fn unclear(facts: &Facts) -> Vec<String> {
    if let Some(own) = facts.relays().find(|relay| relay.own) {
        let from_outside = if own.address.is_loopback() {
            "To test access from outside, run this on a machine in another network, with this machine's public name \
             in place of NAME: mailprobe NAME:25"
                .to_owned()
        } else {
            let host = if own.operator.contains(':') { format!("[{}]", own.operator) } else { own.operator.clone() };
            format!("To test access from outside, run this on a machine in another network: mailprobe {host}:25")
        };
        return vec![
            from_outside,
            inbound_rule(facts.machine.system).to_owned(),
            "Then check what is in front of it: the router's port forwarding, the hosting company's firewall."
                .to_owned(),
        ];
    }
    let is_unfinished = facts.relays().any(|relay| relay.answer == RelayAnswer::Unknown);
    let advice = match (facts.evidence.scope, facts.evidence.names) {
        (_, names) if names == Names::Unfinished || is_unfinished => "Run it again and let it finish.",
        (Scope::References, Names::Missing) => {
            "If these mail domains exist, this network's name servers hide them: log in to the network, or try \
             another one with --dns-server."
        }
        (Scope::Hosts, Names::Missing) => "Check the spelling of the names.",
        (Scope::Hosts, _) => "Run mailprobe blocked without a host to try other mail hosts.",
        (Scope::References, _) if is_cut_off(facts) => {
            "Check whether anything else on the internet can be reached. If not, ask your internet provider about an \
             outage, then run this again."
        }
        (Scope::References, _) => "Run it again in a few minutes, or name other mail domains with --reference.",
    };
    vec![advice.to_owned()]
}

/// Whether nothing answers from beyond some hop, on any port.
fn is_cut_off(facts: &Facts) -> bool {
    facts.relays().all(|relay| relay.answer == RelayAnswer::Stopped) && farthest(facts).is_some()
}
