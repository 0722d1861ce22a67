//! The zones, from a root of their own down, signed by BIND's tools.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The name server of all zones.
pub(crate) const AUTHORITY: &str = "10.25.255.1";
const AUTHORITY_NAME: &str = "ns.nic.test.";

/// A zone: its name, how it is signed, and how its parent vouches for it.
struct Plan {
    name: &'static str,
    signing: Signing,
    delegation: Delegation,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Signing {
    None,
    Nsec,
    Nsec3,
    /// With signatures that have expired.
    Expired,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Delegation {
    /// With a DS record for the zone's key.
    Secure,
    /// Without.
    Insecure,
    /// With a DS record for another key.
    Wrong,
}

const fn plan(name: &'static str, signing: Signing, delegation: Delegation) -> Plan {
    Plan { name, signing, delegation }
}

/// A zone of which the name server says nothing to anybody.
const REFUSED: &str = "_tcp.mx.refused.test.";

/// A child stands behind its parent.
const PLANS: [Plan; 10] = [
    plan(".", Signing::Nsec, Delegation::Secure),
    plan("test.", Signing::Nsec3, Delegation::Secure),
    plan("example.", Signing::Nsec, Delegation::Secure),
    plan("unsigned.test.", Signing::None, Delegation::Insecure),
    plan("island.test.", Signing::Nsec, Delegation::Insecure),
    plan("bogus.test.", Signing::Nsec, Delegation::Wrong),
    plan("expired.test.", Signing::Expired, Delegation::Secure),
    plan("denial.test.", Signing::Nsec3, Delegation::Secure),
    plan("_tcp.mx.unsigned-records.test.", Signing::None, Delegation::Insecure),
    plan(REFUSED, Signing::None, Delegation::Insecure),
];

/// What is done to a zone behind the signer's back.
#[derive(Debug, Clone)]
pub(crate) enum Damage {
    /// The signature of these records is not genuine: owner and type.
    Forged(String, &'static str),
    /// The signature of these records has expired.
    Expired(String, &'static str),
    /// No proof of absence in this zone is genuine.
    NoProof(&'static str),
}

const EXPIRED: [&str; 4] = ["-s", "20240101000000", "-e", "20240201000000"];

/// Writes and signs all zones, with these records in them (each line with its owner's whole name), and named's
/// configuration. Returns the trust anchor, the root's own key.
pub(crate) fn write(folder: &Path, records: &[String], damages: &[Damage]) -> PathBuf {
    let mut texts: BTreeMap<&str, String> = PLANS.iter().map(|plan| (plan.name, head())).collect();
    for record in records {
        let owner = record.split(' ').next().expect("an owner");
        add(&mut texts, zone_of(owner), record);
    }
    add(&mut texts, "test.", &format!("{AUTHORITY_NAME} A {AUTHORITY}"));
    add(&mut texts, ".", &format!("{AUTHORITY_NAME} A {AUTHORITY}"));
    let mut anchor = PathBuf::new();
    // From the lowest up, since a parent lists its children's keys.
    for plan in PLANS.iter().rev() {
        let parent = zone_above(plan.name);
        if let Some(parent) = parent {
            add(&mut texts, parent, &format!("{} NS {AUTHORITY_NAME}", plan.name));
        }
        let key = (plan.signing != Signing::None).then(|| key(folder, plan.name));
        if let (Some(parent), true) = (parent, plan.delegation != Delegation::Insecure) {
            let listed =
                if plan.delegation == Delegation::Wrong { Some(self::key(folder, plan.name)) } else { key.clone() };
            let listed = tool("dnssec-dsfromkey", folder, &["-2", &listed.expect("a signed zone")]);
            add(&mut texts, parent, &listed);
        }
        let text = format!("{}{}", texts[plan.name], key.as_deref().map(|key| dnskey(folder, key)).unwrap_or_default());
        std::fs::write(folder.join(file(plan.name)), text).expect("a file");
        if let Some(key) = &key {
            sign(folder, plan, key, damages);
        }
        if let (".", Some(key)) = (plan.name, key) {
            anchor = folder.join("root.key");
            std::fs::write(&anchor, dnskey(folder, &key)).expect("a file");
        }
    }
    std::fs::write(folder.join("named.conf"), configuration(folder)).expect("a file");
    anchor
}

fn head() -> String {
    format!("$TTL 300\n@ SOA {AUTHORITY_NAME} hostmaster.nic.test. 1 3600 600 86400 60\n@ NS {AUTHORITY_NAME}\n")
}

fn add(texts: &mut BTreeMap<&str, String>, zone: &str, line: &str) {
    writeln!(texts.get_mut(zone).expect("a zone"), "{}", line.trim_end()).expect("a string");
}

/// The lowest zone that holds a name.
fn zone_of(name: &str) -> &'static str {
    let holds = |zone: &str| zone == "." || name == zone || name.ends_with(&format!(".{zone}"));
    PLANS.iter().map(|plan| plan.name).filter(|zone| holds(zone)).max_by_key(|zone| zone.len()).expect("the root")
}

fn zone_above(zone: &str) -> Option<&'static str> {
    match zone.split_once('.') {
        Some(("", _)) | None => None,
        Some((_, "")) => Some("."),
        Some((_, above)) => Some(zone_of(above)),
    }
}

fn file(zone: &str) -> String {
    format!("zone-{}", if zone == "." { "root" } else { zone.trim_end_matches('.') })
}

/// Makes a key that signs all of the zone, and names its files.
fn key(folder: &Path, zone: &str) -> String {
    let name = tool("dnssec-keygen", folder, &["-q", "-a", "ECDSAP256SHA256", "-f", "KSK", "-n", "ZONE", zone]);
    name.trim().to_owned()
}

fn dnskey(folder: &Path, key: &str) -> String {
    let text = std::fs::read_to_string(folder.join(format!("{key}.key"))).expect("the key");
    text.lines().filter(|line| !line.starts_with(';')).fold(String::new(), |text, line| text + line + "\n")
}

fn sign(folder: &Path, plan: &Plan, key: &str, damages: &[Damage]) {
    let source = file(plan.name);
    let signed = format!("{source}.signed");
    let sign_at = |to: &str, when: &[&str]| {
        let mut arguments = vec!["-q", "-z", "-P", "-O", "full", "-o", plan.name, "-f", to];
        if plan.signing == Signing::Nsec3 {
            arguments.extend(["-3", "-", "-H", "0"]);
        }
        arguments.extend(when);
        arguments.extend([source.as_str(), key]);
        tool("dnssec-signzone", folder, &arguments);
        std::fs::read_to_string(folder.join(to)).expect("the signed zone")
    };
    let always: &[&str] = if plan.signing == Signing::Expired { &EXPIRED } else { &[] };
    let mut text = sign_at(&signed, always);
    for damage in damages {
        text = match damage {
            Damage::Forged(owner, of) if zone_of(owner) == plan.name => forge(&text, |line| covers(line, owner, of)),
            Damage::Expired(owner, of) if zone_of(owner) == plan.name => {
                let old = sign_at(&format!("{source}.old"), &EXPIRED);
                let old = old.lines().find(|line| covers(line, owner, of)).expect("an old signature").to_owned();
                each(&text, |line| if covers(line, owner, of) { old.clone() } else { line.to_owned() })
            }
            Damage::NoProof(zone) if *zone == plan.name => {
                forge(&text, |line| line.split_whitespace().nth(4).is_some_and(|of| of.starts_with("NSEC")))
            }
            _ => text,
        };
    }
    std::fs::write(folder.join(signed), text).expect("a file");
}

/// Whether a line of a signed zone is the signature of these records.
fn covers(line: &str, owner: &str, of: &str) -> bool {
    let fields: Vec<&str> = line.split_whitespace().take(5).collect();
    matches!(fields[..], [name, _, _, "RRSIG", covered] if name == owner && covered == of)
}

/// Changes the first letter of the signatures that are chosen.
fn forge(text: &str, is_chosen: impl Fn(&str) -> bool) -> String {
    /// Where the signature itself is, in one line of a signed zone.
    const SIGNATURE: usize = 12;
    let mut count = 0;
    let forged = each(text, |line| {
        let mut fields: Vec<&str> = line.split_whitespace().collect();
        if fields.get(3) != Some(&"RRSIG") || !is_chosen(line) {
            return line.to_owned();
        }
        count += 1;
        let rest = &fields[SIGNATURE][1..];
        let other = format!("{}{rest}", if fields[SIGNATURE].starts_with('A') { 'B' } else { 'A' });
        fields[SIGNATURE] = &other;
        fields.join(" ")
    });
    assert!(count > 0, "there is no signature to forge");
    forged
}

fn each(text: &str, change: impl FnMut(&str) -> String) -> String {
    text.lines().map(change).fold(String::new(), |text, line| text + &line + "\n")
}

fn configuration(folder: &Path) -> String {
    let mut text = format!(
        "options {{ directory \"{}\"; listen-on {{ {AUTHORITY}; }}; listen-on-v6 {{ none; }}; recursion no; \
         dnssec-validation no; notify no; pid-file none; session-keyfile none; }};\ncontrols {{ }};\n",
        folder.display()
    );
    for plan in &PLANS {
        let signed = if plan.signing == Signing::None { "" } else { ".signed" };
        let refused = if plan.name == REFUSED { " allow-query { none; };" } else { "" };
        let (zone, file) = (plan.name, file(plan.name));
        writeln!(text, "zone \"{zone}\" {{ type primary; file \"{file}{signed}\";{refused} }};").expect("a string");
    }
    text
}

/// Runs one of BIND's tools to a good end.
fn tool(program: &str, folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(folder).output().expect("the tool starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
