//! The words that servers' replies are known by, and how they are looked for.

use crate::protocol::Reply;

/// The reply's text in lower case and on one line.
pub(super) fn readable(reply: &Reply) -> String {
    let text = if reply.text.is_empty() { reply.lines.join(" ") } else { reply.text.clone() };
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The same without addresses and links: what they are made of says nothing, `<greylist@spamhaus.example>` for instance.
pub(super) fn spoken(reply: &Reply) -> String {
    let is_spoken = |word: &&str| !word.contains('@') && !word.contains("://") && !word.starts_with("www.");
    readable(reply).split(' ').filter(is_spoken).collect::<Vec<_>>().join(" ")
}

/// Words to the effect of "later it may work".
pub(super) const TEMPORARY: &[&str] = &[
    "too many",
    "try again",
    "try later",
    "retry later",
    "come back later",
    "temporarily",
    "temporary",
    "busy",
    "overloaded",
    "high load",
    "rate limit",
    "rate limited",
    "throttled",
    "not available at this time",
    "currently unavailable",
    "under maintenance",
];
pub(super) const RATE: &[&str] = &[
    "too many",
    "rate limit",
    "rate limited",
    "rate limiting",
    "throttled",
    "throttling",
    "connection limit",
    "connection rate",
    "limit exceeded",
    "concurrent connections",
];
/// Words about who connects, where the address is all that is known of him.
pub(super) const OUR_ADDRESS: &[&str] = &[
    "from you",
    "from your ip",
    "from your address",
    "from your host",
    "from your network",
    "your ip address",
    "your ip",
    "client host rejected",
];
pub(super) const BLOCKLIST: &[&str] = &[
    "blocked using",
    "blocklist",
    "blocklisted",
    "block list",
    "block listed",
    "blocklists",
    "blacklist",
    "blacklisted",
    "black list",
    "black listed",
    "dnsbl",
    "rbl",
    "banned sending ip",
    "listed by",
    "listed at",
    "listed in",
    "is listed",
    "denylist",
    "deny list",
    "spamhaus",
    "spamcop",
];
pub(super) const REPUTATION: &[&str] = &["reputation", "sender score", "senderscore"];
pub(super) const REVERSE_NAME: &[&str] = &[
    "ptr",
    "reverse dns",
    "rdns",
    "reverse lookup",
    "reverse hostname",
    "reverse host name",
    "reverse mapping",
    "reverse name",
    "cannot find your hostname",
    "no reverse",
    "reverse resolution",
];

/// Whether one of the phrases stands in the text, which is in lower case, as whole words.
pub(super) fn has_any(text: &str, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| has_phrase(text, phrase))
}

/// Whether a phrase stands in the text as whole words. A dot or hyphen that goes on into more letters belongs to the
/// word, so that the host name `busy.example.org` is not busy.
fn has_phrase(text: &str, phrase: &str) -> bool {
    text.match_indices(phrase).any(|(start, _)| {
        let before = text.get(..start).unwrap_or_default();
        let after = text.get(start + phrase.len()..).unwrap_or_default();
        ends_a_word(before.chars().rev()) && ends_a_word(after.chars())
    })
}

fn ends_a_word(mut neighbours: impl Iterator<Item = char>) -> bool {
    match neighbours.next() {
        Some('.' | '-' | '_') => !neighbours.next().is_some_and(char::is_alphanumeric),
        Some(next) => !next.is_alphanumeric(),
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::smtp;

    #[test]
    fn a_phrase_counts_as_whole_words_and_not_inside_a_host_name() {
        assert!(has_phrase("server busy, try later", "busy"));
        assert!(has_phrase("server busy.", "busy"));
        assert!(!has_phrase("busy.example.org ready", "busy"));
        assert!(!has_phrase("mail-busy.example.org ready", "busy"));
        assert!(!has_phrase("scripted", "ptr"));
        assert!(has_phrase("no ptr record", "ptr"));
    }

    #[test]
    fn addresses_and_links_are_not_spoken() {
        let reply = smtp::read_reply("550 <Greylist@spamhaus.example>: Refused, see https://rbl.example/full").unwrap();
        assert_eq!(spoken(&reply), "refused, see");
    }
}
