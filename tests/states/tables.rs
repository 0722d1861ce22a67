//! What the lab's servers do, and what mailprobe is to say of it.

/// One line of a table.
#[derive(Debug)]
pub(crate) struct Case {
    /// The lab's words: `protocol:security:fault`. A `*` stands for all three protocols, or for both ways to TLS, and
    /// `relay` for SMTP between servers, where TLS is optional.
    words: &'static str,
    pub(crate) state: &'static str,
    pub(crate) stage: Option<&'static str>,
    /// Those that must be there. No other may accuse.
    pub(crate) findings: &'static [&'static str],
    /// The purposes of the connections made after the first, in order.
    pub(crate) looks: &'static [&'static str],
}

impl Case {
    const fn looks(self, looks: &'static [&'static str]) -> Self {
        Self { looks, ..self }
    }

    /// The servers that the line stands for.
    pub(crate) fn servers(&self) -> Vec<String> {
        let mut words = self.words.splitn(3, ':');
        let mut alternatives = |all: &[&'static str]| match words.next() {
            Some("*") => all.to_vec(),
            one => vec![one.unwrap_or_default()],
        };
        let protocols = alternatives(&["smtp", "imap", "pop3"]);
        let securities = alternatives(&["starttls", "implicit"]);
        let fault = words.next().map_or_else(String::new, |fault| format!(":{fault}"));
        let with = |protocol| securities.iter().map(move |security| format!("{protocol}:{security}"));
        protocols.iter().flat_map(with).map(|server| server + &fault).collect()
    }
}

/// The words as the lab knows them.
pub(crate) fn for_the_lab(words: &str) -> String {
    words.replacen("relay:", "smtp:", 1)
}

/// The URL scheme under which such a server is probed.
pub(crate) fn scheme(words: &str) -> &'static str {
    let mut words = words.split(':');
    match (words.next(), words.next()) {
        (Some("relay"), _) => "smtp",
        (Some("smtp"), Some("implicit")) => "submissions",
        (Some("smtp"), _) => "submission",
        (Some("imap"), Some("implicit")) => "imaps",
        (Some("imap"), _) => "imap",
        (_, Some("implicit")) => "pop3s",
        _ => "pop3",
    }
}

const fn ok(words: &'static str, findings: &'static [&'static str]) -> Case {
    Case { words, state: "ok", stage: None, findings, looks: &[] }
}

const fn case(words: &'static str, state: &'static str, at: &'static str, ids: &'static [&'static str]) -> Case {
    Case { words, state, stage: Some(at), findings: ids, looks: &[] }
}

// What is looked at again, and how
const OFFER_TLS: &[&str] = &["offer-tls"];
// Beside the silent connection, then once it has ended
const OFFER_TLS_TWICE: &[&str] = &["offer-tls", "offer-tls"];
const COMMAND_IN_TLS: &[&str] = &["command-in-tls"];
const INSIDE_TLS: &[&str] = &["command-in-tls", "hello-in-tls", "command-in-tls"];
const TRY_STARTTLS: &[&str] = &["try-starttls"];
const OLD_TLS: &[&str] = &["old-tls"];
const SMALLER_PACKETS_AND_HELLO: &[&str] = &["small-segments", "classic-hello"];
const SMALLER_AND_AGAIN: &[&str] = &["small-segments", "classic-hello", "classic-hello", "probe"];
const SMALLER_THEN_OLDER: &[&str] = &["classic-hello", "old-tls"];

pub(crate) const GOOD: &[Case] = &[
    ok("relay:starttls", &[]),
    ok("*:*", &[]),
    // Certificates
    ok("*:*:ip-only", &[]),
    ok("smtp:*:ecdsa-p384", &[]),
    ok("imap:*:ed25519", &[]),
    ok("pop3:*:rsa-2048", &[]),
    ok("smtp:*:wrong-order", &["certificate-chain-order"]),
    ok("smtp:*:superfluous-root", &["certificate-needless-root"]),
    ok("*:*:tls-1-2-only", &[]),
    ok("*:*:tls-1-3-only", &[]),
    // Odd, and within the rules
    ok("*:*:bytewise", &[]),
    ok("*:*:bare-line-feeds", &[]),
    ok("*:*:nul-in-greeting", &[]),
    ok("*:*:escapes-in-greeting", &[]),
    ok("*:*:bidi-in-greeting", &[]),
    ok("*:*:8bit-greeting", &[]),
    ok("*:*:carriage-return-in-greeting", &[]),
    ok("imap:*:plain-greeting", &[]),
    ok("smtp:implicit:ehlo-unknown-500", &["ehlo-not-supported"]),
    ok("smtp:implicit:ehlo-unknown-502", &["ehlo-not-supported"]),
    ok("pop3:implicit:capa-unknown", &["capa-not-supported"]),
    ok("pop3:starttls:capa-unknown-stls-works", &["capa-not-supported"]),
    // Between servers a delay is a usual guard against spammers
    ok("relay:starttls:slow-greeting", &["slow-greeting"]),
    ok("relay:starttls:teaser", &["slow-greeting"]),
    // What only looks like a device, a portal or another protocol
    ok("*:*:host-named-like-a-shield", &[]),
    ok("*:*:host-named-like-protocols", &[]),
    ok("*:*:mail-filter-in-greeting", &[]),
    ok("*:*:proxy-in-greeting", &[]),
    ok("*:*:rules-in-greeting", &[]),
    ok("*:*:stars-in-greeting", &[]),
    // What the server says for people
    ok("imap:*:alert", &["server-notice"]),
    ok("smtp:*:banner", &["server-notice"]),
    // How the farewell goes says nothing about the service
    ok("*:*:close-on-quit", &[]),
    ok("*:*:reset-on-quit", &[]),
    ok("*:*:stall-on-quit", &[]),
    ok("*:*:stall-after-secured-capabilities", &[]),
];

pub(crate) const GOOD_OVER_IPV6: &[Case] = &[ok("*:*", &[]), ok("*:*:ip-only", &[])];

pub(crate) const PLAIN_TEXT: &[Case] = &[ok("*:plaintext", &[])];

pub(crate) const WARNING: &[Case] = &[
    ok("*:*:expires-soon", &["certificate-expires-soon"]),
    ok("*:*:slow-greeting", &["slow-greeting"]),
    ok("*:implicit:slow-handshake", &["slow-greeting"]),
    ok("*:starttls:login-in-the-clear", &["plaintext-login-offered"]),
    ok("imap:implicit:greeting-preauth", &["imap-preauth"]),
    // It never finishes the hello, and that is enough
    case("*:*:old-suite-only", "tls-unsupported-here", "tls", &["tls-unsupported-here"]).looks(OLD_TLS),
    // Looks inspected, and nothing is missing
    ok("smtp:*:asterisk-greeting", &["inspection-device-suspected"]),
    // Between servers TLS is optional, and its certificate too
    case("relay:starttls:no-starttls", "starttls-not-offered", "starttls", &["starttls-not-offered"]),
    case("relay:starttls:ehlo-unknown-500", "starttls-not-offered", "starttls", &["starttls-not-offered"]),
    case("relay:starttls:expired", "certificate-invalid", "tls", &["certificate-expired"]),
    case("relay:starttls:self-signed", "certificate-invalid", "tls", &["certificate-self-signed"]),
    case(
        "relay:starttls:expired-wrong-name",
        "certificate-invalid",
        "tls",
        &["certificate-expired", "certificate-wrong-name"],
    ),
];

pub(crate) const SILENT: &[Case] = &[
    case("relay:starttls:silent", "no-greeting", "greeting", &["no-greeting"]).looks(OFFER_TLS_TWICE),
    case("*:starttls:silent", "no-greeting", "greeting", &["no-greeting"]).looks(OFFER_TLS_TWICE),
    case("*:implicit:silent", "no-greeting", "greeting", &["no-greeting"]).looks(INSIDE_TLS),
    case("*:starttls:stall-on-accept", "no-greeting", "greeting", &["no-greeting"]).looks(OFFER_TLS_TWICE),
    case("*:implicit:stall-on-accept", "no-greeting", "tls", &["no-greeting"]).looks(SMALLER_PACKETS_AND_HELLO),
    case("*:implicit:stall-in-handshake", "no-greeting", "tls", &["no-greeting"]).looks(SMALLER_PACKETS_AND_HELLO),
    case("*:implicit:stall-after-tls", "no-greeting", "greeting", &["no-greeting"]).looks(INSIDE_TLS),
    // Bytes came, and no whole line
    case("*:*:half-greeting", "greeting-too-slow", "greeting", &["greeting-too-slow"]),
    case("*:*:dripped-greeting", "greeting-too-slow", "greeting", &["greeting-too-slow"]),
    case("*:*:tarpit", "greeting-too-slow", "greeting", &["greeting-too-slow"]),
    // Greeted, and fell silent later
    case("smtp:starttls:stall-after-greeting", "reply-timeout", "capabilities", &["reply-timeout"]),
    case("pop3:starttls:stall-after-greeting", "reply-timeout", "capabilities", &["reply-timeout"]),
    case("imap:starttls:stall-after-greeting", "reply-timeout", "starttls", &["reply-timeout"]),
    case("smtp:starttls:stall-on-capabilities", "reply-timeout", "capabilities", &["reply-timeout"]),
    case("pop3:starttls:stall-on-capabilities", "reply-timeout", "capabilities", &["reply-timeout"]),
    case("smtp:starttls:stall-after-capabilities", "reply-timeout", "starttls", &["reply-timeout"]),
    case("*:starttls:stall-on-starttls", "reply-timeout", "starttls", &["reply-timeout"]),
    case("*:starttls:stall-after-tls", "reply-timeout", "secured-capabilities", &["reply-timeout"]),
    case("*:starttls:stall-on-secured-capabilities", "reply-timeout", "secured-capabilities", &["reply-timeout"]),
    case("smtp:implicit:stall-after-greeting", "reply-timeout", "secured-capabilities", &["reply-timeout"]),
    case("pop3:implicit:stall-after-greeting", "reply-timeout", "secured-capabilities", &["reply-timeout"]),
];

pub(crate) const BROKEN_OFF: &[Case] = &[
    case("*:starttls:close-on-accept", "connection-closed", "greeting", &["connection-closed"]).looks(OFFER_TLS),
    case("*:implicit:close-on-accept", "connection-closed", "tls", &["connection-closed"]).looks(SMALLER_THEN_OLDER),
    case("smtp:starttls:close-after-greeting", "connection-closed", "capabilities", &["connection-closed"]),
    case("pop3:starttls:close-after-greeting", "connection-closed", "capabilities", &["connection-closed"]),
    case("imap:starttls:close-after-greeting", "connection-closed", "starttls", &["connection-closed"]),
    case("smtp:implicit:close-after-greeting", "connection-closed", "secured-capabilities", &["connection-closed"]),
    case("smtp:starttls:close-on-capabilities", "connection-closed", "capabilities", &["connection-closed"]),
    case("pop3:starttls:close-on-capabilities", "connection-closed", "capabilities", &["connection-closed"]),
    case("smtp:starttls:close-after-capabilities", "connection-closed", "starttls", &["connection-closed"]),
    case("*:starttls:close-on-starttls", "connection-closed", "starttls", &["connection-closed"]),
    case("*:*:close-in-handshake", "connection-closed", "tls", &["connection-closed"]).looks(SMALLER_THEN_OLDER),
    case("*:implicit:close-after-tls", "connection-closed", "greeting", &["connection-closed"]),
    case("*:implicit:cut-after-tls", "connection-closed", "greeting", &["connection-closed"]),
    case("*:starttls:close-after-tls", "connection-closed", "secured-capabilities", &["connection-closed"]),
    case("*:starttls:cut-after-tls", "connection-closed", "secured-capabilities", &["connection-closed"]),
    case(
        "*:starttls:close-on-secured-capabilities",
        "connection-closed",
        "secured-capabilities",
        &["connection-closed"],
    ),
    case(
        "smtp:implicit:cut-on-secured-capabilities",
        "connection-closed",
        "secured-capabilities",
        &["connection-closed"],
    ),
    // Greeted by this network's own page, as it seems; a good certificate speaks against it
    case(
        "smtp:starttls:captive-portal-greeting",
        "connection-closed",
        "capabilities",
        &["connection-closed", "captive-portal-suspected"],
    ),
    case(
        "pop3:starttls:captive-portal-greeting",
        "connection-closed",
        "capabilities",
        &["connection-closed", "captive-portal-suspected"],
    ),
    case(
        "imap:starttls:captive-portal-greeting",
        "connection-closed",
        "capabilities",
        &["connection-closed", "captive-portal-suspected"],
    ),
    case("*:implicit:captive-portal-greeting", "connection-closed", "secured-capabilities", &["connection-closed"]),
    // Accepted and reset at once is no refusal: the port is open
    case("*:starttls:reset-on-accept", "connection-reset", "greeting", &["connection-reset"]).looks(OFFER_TLS),
    case("*:implicit:reset-on-accept", "connection-reset", "tls", &["connection-reset"]).looks(SMALLER_THEN_OLDER),
    case("smtp:starttls:reset-on-capabilities", "connection-reset", "capabilities", &["connection-reset"]),
    case("pop3:starttls:reset-on-capabilities", "connection-reset", "capabilities", &["connection-reset"]),
    case("*:starttls:reset-on-starttls", "connection-reset", "starttls", &["connection-reset"]),
    case("*:*:reset-in-handshake", "connection-reset", "tls", &["connection-reset"]).looks(SMALLER_THEN_OLDER),
    case("*:implicit:reset-after-tls", "connection-reset", "greeting", &["connection-reset"]),
    case("*:starttls:reset-on-secured-capabilities", "connection-reset", "secured-capabilities", &["connection-reset"]),
];

pub(crate) const REFUSING: &[Case] = &[
    case("relay:starttls:greeting-554-spamhaus", "service-rejected", "greeting", &["address-blocklisted"]),
    case("smtp:*:greeting-554-spamhaus", "service-rejected", "greeting", &["address-blocklisted"]),
    case("smtp:*:greeting-550-banned", "service-rejected", "greeting", &["address-blocklisted"]),
    case("smtp:*:greeting-554-reputation", "service-rejected", "greeting", &["poor-reputation"]),
    case("smtp:*:greeting-554-other", "service-rejected", "greeting", &["service-rejected"]),
    case("smtp:*:greeting-554-stays", "service-rejected", "greeting", &["no-mail-service"]),
    case("smtp:*:greeting-554-no-service", "service-rejected", "greeting", &["no-mail-service"]),
    case("smtp:*:refuses-as-blocklist-host", "service-rejected", "greeting", &["no-mail-service"]),
    case("smtp:*:greeting-521-no-mail", "service-rejected", "greeting", &["no-mail-service"]),
    case("smtp:*:greeting-450-no-ptr", "service-unavailable", "greeting", &["no-reverse-name"]),
    case("smtp:*:greeting-421-too-many", "service-unavailable", "greeting", &["rate-limited"]),
    case("smtp:*:greeting-421-host-limit", "service-unavailable", "greeting", &["rate-limited"]),
    case("imap:*:greeting-bye", "service-rejected", "greeting", &["service-rejected"]),
    case("imap:*:greeting-bye-unavailable", "service-unavailable", "greeting", &["service-unavailable"]),
    case("imap:*:greeting-bye-too-many", "service-unavailable", "greeting", &["rate-limited"]),
    case("pop3:*:greeting-err", "service-rejected", "greeting", &["service-rejected"]),
    case("pop3:*:greeting-err-permanent", "service-rejected", "greeting", &["service-rejected"]),
    case("pop3:*:greeting-err-temporary", "service-unavailable", "greeting", &["service-unavailable"]),
    case("pop3:*:greeting-err-in-use", "service-unavailable", "greeting", &["rate-limited"]),
    // The name in EHLO
    case("smtp:starttls:ehlo-refused-501", "service-rejected", "capabilities", &["helo-refused"]),
    case("smtp:starttls:ehlo-refused-504", "service-rejected", "capabilities", &["helo-refused"]),
    case("smtp:starttls:ehlo-refused-550", "service-rejected", "capabilities", &["helo-refused"]),
    case("smtp:starttls:ehlo-refused-450", "service-unavailable", "capabilities", &["helo-refused"]),
    case("smtp:implicit:ehlo-refused-550", "service-rejected", "secured-capabilities", &["helo-refused"]),
    // 421 says nothing about what was asked
    case("smtp:starttls:ehlo-421", "service-unavailable", "capabilities", &["service-unavailable"]),
    case("smtp:starttls:starttls-refused-421", "service-unavailable", "starttls", &["service-unavailable"]),
];

pub(crate) const WRONG_PROTOCOL: &[Case] = &[
    case("*:starttls:http-greeting", "wrong-protocol", "greeting", &["wrong-protocol", "captive-portal-suspected"]),
    // Its certificate is good.
    case("*:implicit:http-greeting", "wrong-protocol", "greeting", &["wrong-protocol"]),
    case("*:starttls:http", "wrong-protocol", "greeting", &["wrong-protocol"]).looks(OFFER_TLS),
    // Silent inside TLS, until they are asked on another connection
    case("*:implicit:http", "wrong-protocol", "greeting", &["wrong-protocol"]).looks(COMMAND_IN_TLS),
    case("*:implicit:tls-twice", "wrong-protocol", "greeting", &["tls-twice"]).looks(COMMAND_IN_TLS),
    case("*:*:ssh", "wrong-protocol", "greeting", &["wrong-protocol"]),
    case("*:*:noise", "wrong-protocol", "greeting", &["wrong-protocol"]),
    case("imap:*:ftp", "wrong-protocol", "greeting", &["wrong-protocol"]),
    case("pop3:*:nntp", "wrong-protocol", "greeting", &["wrong-protocol"]),
    case("smtp:starttls:ftp", "wrong-protocol", "capabilities", &["wrong-protocol"]),
    case("smtp:starttls:lmtp", "wrong-protocol", "capabilities", &["wrong-protocol"]),
    case("smtp:*:nntp", "wrong-protocol", "greeting", &["wrong-protocol"]),
    case("smtp:*:speaks-imap", "wrong-protocol", "greeting", &["wrong-protocol"]),
    case("smtp:*:speaks-pop3", "wrong-protocol", "greeting", &["wrong-protocol"]),
    case("imap:*:speaks-smtp", "wrong-protocol", "greeting", &["wrong-protocol"]),
    case("imap:*:speaks-pop3", "wrong-protocol", "greeting", &["wrong-protocol"]),
    case("pop3:*:speaks-smtp", "wrong-protocol", "greeting", &["wrong-protocol"]),
    case("pop3:*:speaks-imap", "wrong-protocol", "greeting", &["wrong-protocol"]),
    case("imap:starttls:capability-bad", "protocol-error", "capabilities", &["protocol-error"]),
    case("pop3:starttls:inject-line", "protocol-error", "starttls", &["protocol-error"]),
    // TLS and plaintext swapped
    case("*:starttls:tls-on-plaintext-port", "tls-on-plaintext-port", "greeting", &["tls-on-plaintext-port"])
        .looks(OFFER_TLS),
    case("*:implicit:plaintext-on-tls-port", "plaintext-on-tls-port", "tls", &["plaintext-on-tls-port"]),
    case("*:implicit:starttls-on-tls-port", "plaintext-on-tls-port", "tls", &["plaintext-on-tls-port"]),
    // The protocol broken
    case("*:starttls:endless-greetings", "protocol-error", "capabilities", &["protocol-error"]),
    case("*:implicit:endless-greetings", "protocol-error", "secured-capabilities", &["protocol-error"]),
    case("*:*:endless-line", "protocol-error", "greeting", &["protocol-error"]),
    case("*:*:endless-greeting", "protocol-error", "greeting", &["protocol-error"]),
    case("smtp:*:greeting-250", "protocol-error", "greeting", &["protocol-error"]),
    case("relay:starttls:greeting-354", "protocol-error", "greeting", &["protocol-error"]),
    case("*:*:empty-greeting", "protocol-error", "greeting", &["protocol-error"]),
    case("smtp:starttls:endless-capabilities", "protocol-error", "capabilities", &["protocol-error"]),
    case("imap:starttls:endless-capabilities", "protocol-error", "secured-capabilities", &["protocol-error"]),
    case("pop3:starttls:endless-capabilities", "protocol-error", "capabilities", &["protocol-error"]),
    case("smtp:starttls:mixed-codes", "protocol-error", "capabilities", &["protocol-error"]),
];

pub(crate) const NO_UPGRADE: &[Case] = &[
    case("*:starttls:no-starttls", "starttls-not-offered", "starttls", &["starttls-not-offered"]),
    case("*:starttls:hidden-starttls", "starttls-not-offered", "starttls", &["starttls-not-offered"]),
    case(
        "smtp:starttls:ehlo-unknown-500",
        "starttls-not-offered",
        "starttls",
        &["starttls-not-offered", "ehlo-not-supported"],
    ),
    case(
        "smtp:starttls:ehlo-unknown-502",
        "starttls-not-offered",
        "starttls",
        &["starttls-not-offered", "ehlo-not-supported"],
    ),
    case(
        "pop3:starttls:capa-unknown",
        "starttls-not-offered",
        "starttls",
        &["starttls-not-offered", "capa-not-supported"],
    ),
    case(
        "imap:starttls:greeting-preauth",
        "starttls-not-offered",
        "starttls",
        &["starttls-not-offered", "imap-preauth"],
    ),
    case("smtp:starttls:x-keywords", "starttls-not-offered", "starttls", &["starttls-not-offered"]),
    case("smtp:starttls:masked-starttls", "starttls-stripped", "starttls", &["starttls-stripped"]).looks(TRY_STARTTLS),
    case("relay:starttls:masked-starttls", "starttls-stripped", "starttls", &["starttls-stripped"]).looks(TRY_STARTTLS),
    // Looks stripped, and is not proven to be
    case(
        "smtp:starttls:masked-starttls-refused",
        "starttls-not-offered",
        "starttls",
        &["starttls-not-offered", "inspection-device-suspected"],
    )
    .looks(TRY_STARTTLS),
    case("smtp:starttls:starttls-refused-454", "starttls-refused", "starttls", &["starttls-refused"]),
    case("relay:starttls:starttls-refused-454", "starttls-refused", "starttls", &["starttls-refused"]),
    case("smtp:starttls:starttls-refused-502", "starttls-refused", "starttls", &["starttls-refused"]),
    case("smtp:starttls:starttls-refused-540", "starttls-refused", "starttls", &["starttls-refused"]),
    case("imap:starttls:starttls-refused-bad", "starttls-refused", "starttls", &["starttls-refused"]),
    case("imap:starttls:starttls-refused-no", "starttls-refused", "starttls", &["starttls-refused"]),
    case("pop3:starttls:starttls-refused-err", "starttls-refused", "starttls", &["starttls-refused"]),
    case("relay:starttls:inject-line", "starttls-injection", "starttls", &["starttls-injection"]),
    case("smtp:starttls:inject-line", "starttls-injection", "starttls", &["starttls-injection"]),
    case("imap:starttls:inject-line", "starttls-injection", "starttls", &["starttls-injection"]),
    case("*:starttls:inject-half-line", "starttls-injection", "starttls", &["starttls-injection"]),
    case("*:starttls:inject-lines", "starttls-injection", "starttls", &["starttls-injection"]),
];

pub(crate) const NO_TLS: &[Case] = &[
    case("*:starttls:starttls-then-failure", "tls-handshake-failed", "tls", &["tls-handshake-failed"]),
    case("*:starttls:starttls-then-alert-and-failure", "tls-handshake-failed", "tls", &["tls-handshake-failed"])
        .looks(OLD_TLS),
    case("*:*:alert-handshake-failure", "tls-handshake-failed", "tls", &["tls-handshake-failed"]).looks(OLD_TLS),
    case("*:*:alert-internal-error", "tls-handshake-failed", "tls", &["tls-handshake-failed"]).looks(OLD_TLS),
    case("*:*:alert-unrecognized-name", "tls-handshake-failed", "tls", &["tls-handshake-failed"]).looks(OLD_TLS),
    case("*:*:garbage-records", "tls-handshake-failed", "tls", &["tls-handshake-failed"]).looks(SMALLER_THEN_OLDER),
    case("*:*:endless-hello", "tls-handshake-failed", "tls", &["tls-handshake-failed"]).looks(SMALLER_THEN_OLDER),
    case("*:*:endless-empty-records", "tls-handshake-failed", "tls", &["tls-handshake-failed"]),
    case("*:*:dripped-handshake", "tls-handshake-failed", "tls", &["tls-handshake-failed"])
        .looks(SMALLER_PACKETS_AND_HELLO),
    case("*:starttls:text-in-handshake", "tls-handshake-failed", "tls", &["tls-handshake-failed"]),
    case("*:starttls:stall-in-handshake", "tls-handshake-failed", "tls", &["tls-handshake-failed"])
        .looks(SMALLER_PACKETS_AND_HELLO),
    case("*:*:drops-large-hello", "tls-handshake-failed", "tls", &["large-hello-dropped"]).looks(SMALLER_AND_AGAIN),
    case("*:*:tls-1-0-only", "tls-version-unsupported", "tls", &["tls-version-unsupported"]).looks(OLD_TLS),
    case("*:*:tls-1-1-only", "tls-version-unsupported", "tls", &["tls-version-unsupported"]).looks(OLD_TLS),
];

pub(crate) const BAD_CERTIFICATE: &[Case] = &[
    case("*:*:expired", "certificate-invalid", "tls", &["certificate-expired"]),
    case("*:*:not-yet-valid", "certificate-invalid", "tls", &["certificate-not-yet-valid"]),
    case("*:*:wrong-name", "certificate-invalid", "tls", &["certificate-wrong-name"]),
    case("*:*:self-signed", "certificate-invalid", "tls", &["certificate-self-signed"]),
    case("*:*:unknown-issuer", "certificate-invalid", "tls", &["certificate-unknown-issuer"]),
    case("*:*:namesake-issuer", "certificate-invalid", "tls", &["certificate-unknown-issuer"]),
    case("*:*:unknown-root", "certificate-invalid", "tls", &["certificate-unknown-issuer"]),
    case("*:*:missing-intermediate", "certificate-invalid", "tls", &["certificate-unknown-issuer"]),
    case("smtp:*:wildcard", "certificate-invalid", "tls", &["certificate-wrong-name"]),
    case("smtp:*:no-names", "certificate-invalid", "tls", &["certificate-wrong-name"]),
    case("smtp:*:client-auth-only", "certificate-invalid", "tls", &["certificate-wrong-purpose"]),
    case("smtp:*:sha1", "certificate-invalid", "tls", &["certificate-unusable"]),
    case("smtp:*:rsa-1024", "certificate-invalid", "tls", &["certificate-unusable"]),
    // Several at once, all listed
    case(
        "*:*:all-wrong",
        "certificate-invalid",
        "tls",
        &["certificate-expired", "certificate-wrong-name", "certificate-self-signed", "certificate-wrong-purpose"],
    ),
    case("*:*:expired-wrong-name", "certificate-invalid", "tls", &["certificate-expired", "certificate-wrong-name"]),
    case("smtp:*:x509-v1", "certificate-invalid", "tls", &["certificate-unusable", "certificate-wrong-name"]),
    case(
        "imap:implicit:mail-shield-certificate",
        "certificate-invalid",
        "tls",
        &["certificate-unknown-issuer", "interception-suspected"],
    ),
];

pub(crate) const BAD_CERTIFICATE_OVER_IPV6: &[Case] = &[
    case("*:*:expired", "certificate-invalid", "tls", &["certificate-expired"]),
    case("*:*:wrong-name", "certificate-invalid", "tls", &["certificate-wrong-name"]),
];

pub(crate) const INTERCEPTED: &[Case] = &[
    case("*:*:mail-shield-greeting", "intercepted", "greeting", &["intercepted"]),
    case("*:*:mail-shield-without-server", "intercepted", "greeting", &["intercepted"]),
];
