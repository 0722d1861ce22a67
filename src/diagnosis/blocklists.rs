//! Blocklists of addresses that mail servers commonly ask, by the names under which replies mention them.
//!
//! A reply chooses its words; what mailprobe says in its own name comes from this table and nowhere else.

/// The zones of the lists, as their operators document them.
const ZONES: &[&str] = &[
    "zen.spamhaus.org",
    "sbl.spamhaus.org",
    "xbl.spamhaus.org",
    "sbl-xbl.spamhaus.org",
    "pbl.spamhaus.org",
    "bl.spamcop.net",
    "b.barracudacentral.org",
    "bb.barracudacentral.org",
    "dnsbl-1.uceprotect.net",
    "dnsbl-2.uceprotect.net",
    "dnsbl-3.uceprotect.net",
    "ips.backscatterer.org",
    "psbl.surriel.com",
    "bl.mailspike.net",
    "z.mailspike.net",
    "ix.dnsbl.manitu.net",
    "dnsbl.dronebl.org",
    "all.s5h.net",
    "truncate.gbudb.net",
    "hostkarma.junkemailfilter.com",
    "bl.blocklist.de",
    "all.spamrats.com",
    "dyna.spamrats.com",
    "noptr.spamrats.com",
    "spam.spamrats.com",
];

/// The list that a text names by its zone, in the table's own words.
pub(super) fn known_list(text: &str) -> Option<&'static str> {
    // What belongs to a name; a full stop at the end belongs to the sentence.
    let names = text.split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '-' | '_' | '/' | ':' | '@'));
    names.map(|name| name.trim_matches(['.', ':', '/'])).find_map(zone)
}

fn zone(name: &str) -> Option<&'static str> {
    ZONES.iter().copied().find(|zone| zone.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_list_of_the_table_is_named() {
        for (text, list) in [
            ("554 blocked using Zen.Spamhaus.org; see https://removal.example/", Some("zen.spamhaus.org")),
            ("554 listed at bl.spamcop.net.", Some("bl.spamcop.net")),
            ("554 blocked using rbl.example", None),
            ("554 blocked using zen.spamhaus.org.example", None),
            ("554 blocked, see https://zen.spamhaus.org/pay or a@bl.spamcop.net", None),
        ] {
            assert_eq!(known_list(text), list, "{text}");
        }
    }
}
