//! The words of reports that a newcomer may not know.

/// A word, and what it means in two or three sentences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    pub name: &'static str,
    /// The same in other words.
    also: &'static [&'static str],
    pub meaning: &'static str,
}

/// Looks a word up, in any case and by any of its names.
pub fn look_up(word: &str) -> Option<&'static Word> {
    GLOSSARY.iter().find(|known| known.names().any(|name| name.eq_ignore_ascii_case(word)))
}

impl Word {
    /// Its name, and the others that it goes by.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.also.iter().copied())
    }
}

const fn word(name: &'static str, also: &'static [&'static str], meaning: &'static str) -> Word {
    Word { name, also, meaning }
}

pub const GLOSSARY: &[Word] = &[
    word(
        "autoconfig",
        &["autoconfiguration", "config-v1.1.xml"],
        "A file with a mail domain's servers, which mail programs look for: at autoconfig.DOMAIN (which alone gets the \
         whole mail address, over HTTPS) and on the domain's web server, then in the ISPDB, then at the operator of the \
         first MX host, who is not told the domain. mailprobe stops at the first that has the file; --from leaves places \
         out.",
    ),
    word(
        "blocklist",
        &["blacklist", "dnsbl", "rbl", "denylist"],
        "A public list of addresses that sent spam, which servers consult before they accept a connection. Home and \
         cloud addresses are often on one without any fault of their user; the list's own web page says why, and how \
         to be removed.",
    ),
    word(
        "ca",
        &["authority", "root", "certificate authority"],
        "A certificate authority: it vouches for the names in the certificates that it issues. Programs trust a list \
         of them, Mozilla's or the operating system's (--trust); your own one is added with --ca-file.",
    ),
    word(
        "chain",
        &["intermediate", "certificate chain", "leaf"],
        "The server's certificate, and those that lead from it to an authority that is trusted here. A server must \
         send all of them but the last; where one in the middle is missing, some programs work and others do not.",
    ),
    word(
        "dane",
        &["tlsa", "tlsa record"],
        "TLSA records in the DNS say which certificate or key a mail host shows on port 25 (RFC 7672), proven by DNSSEC. \
         Senders who check them keep the mail where the host shows another one: a new key needs a new record, published \
         before it.",
    ),
    word(
        "dnssec",
        &["secure", "insecure", "bogus"],
        "Signatures in the DNS. An answer is secure where they lead to the root's key, insecure where the zone is proven not \
         to be signed, and bogus where they should be there and do not hold. Some name servers leave them out: then \
         nothing can be told (--dns-server asks another one).",
    ),
    word(
        "ehlo",
        &["helo"],
        "The first command to an SMTP server, with the name of who is asking. The server answers with what it offers: \
         STARTTLS, logins, sizes. Some servers refuse names that do not exist; --helo sets another.",
    ),
    word(
        "greeting",
        &["banner"],
        "The line that a mail server sends before it is asked anything: 220 in SMTP, * OK in IMAP, +OK in POP3. An open \
         port without it is not a working service.",
    ),
    word(
        "handshake",
        &["tls handshake"],
        "How both sides of a connection agree on the encryption before anything else is said. Here the server shows its \
         certificate.",
    ),
    word(
        "hello",
        &["clienthello", "client hello", "large hello", "small hello"],
        "The first message of TLS, in which the client says what it can do. With today's post-quantum keys it no longer \
         fits into one packet: some old devices lose such a large hello, which is why a small one is tried as well. \
         (SMTP's own hello is the command EHLO.)",
    ),
    word(
        "hop",
        &["route", "traceroute", "trace"],
        "One router on the way to the server, counted from here; hop 1 is your own. --trace says after which one \
         nothing comes back.",
    ),
    word(
        "icmp",
        &["icmpv6"],
        "The messages with which hosts and routers say that a packet could not be delivered. The numbers are its type and \
         code: 3/3 means that nothing listens on the port, 3/1 that the host cannot be reached, 3/13 that a firewall \
         forbids it. The sender is the machine that refused.",
    ),
    word(
        "ispdb",
        &["v1.ispdb.net"],
        "The public collection of autoconfiguration files at v1.ispdb.net, run by a third party. Where a mail domain has no \
         such file itself, it is asked, and so learns the name of the domain and of its MX host's operator, never the part \
         of an address before the @. --from mx,srv,pacc,autoconfig,builtin leaves it out.",
    ),
    word(
        "mta-sts",
        &["sts", "mta-sts policy"],
        "A file on the web server mta-sts.DOMAIN, announced in the DNS, that names a domain's mail hosts (RFC 8461). With \
         `mode: enforce`, senders deliver only to these, and only with a certificate that is valid for the host.",
    ),
    word(
        "mx",
        &["mx record"],
        "The DNS record of a mail domain that names the hosts which accept its mail, on port 25. Mail programs do not use \
         it; `mailprobe @example.org` looks it up and checks those hosts.",
    ),
    word(
        "os-error",
        &["os error", "errno", "error"],
        "The operating system's own number for what went wrong, here on this machine. On Linux 111 is a refused \
         connection, 113 no route to the host, 101 no route to the network, and 110 no answer in time.",
    ),
    word(
        "pacc",
        &["ua-auto-config"],
        "A file on the web server ua-auto-config.DOMAIN with a mail domain's servers, and its digest in the DNS (an Internet \
         draft). Where the two disagree, mail programs cannot use the file: whoever changes it must publish the new \
         digest. Where they agree, the servers that it names are checked.",
    ),
    word(
        "promise",
        &["promises", "policy"],
        "What a mail domain publishes about its servers: DANE, MTA-STS, TLS reporting, PACC. mailprobe holds it against what \
         it sees, and says whether it is kept. --no-policies leaves that out.",
    ),
    word(
        "ptr",
        &["reverse dns", "reverse name", "rdns"],
        "The DNS record that gives the name of an address. Many servers accept no mail from an address without one, or \
         from one whose name does not lead back to it; whoever provides the address sets it.",
    ),
    word(
        "reset",
        &["rst", "a reset came back"],
        "The packet with which a TCP connection is refused or torn down at once (RST). In answer to the first packet it \
         means that nothing listens on the port, or that a firewall says so in the host's place; later on, that the \
         server or something on the way cut the connection off.",
    ),
    word(
        "sasl",
        &["auth", "login method", "mechanism"],
        "How a mail program proves who it is: PLAIN and LOGIN send the password as it is, so only inside TLS; SCRAM does \
         not send it; XOAUTH2 and OAUTHBEARER use a sign-in in the browser. A server lists those that it offers.",
    ),
    word(
        "starttls",
        &["stls"],
        "The command that turns a connection which began unencrypted into one with TLS (STLS in POP3). It is used on \
         ports 25, 587, 143 and 110; in mail programs the choice is called STARTTLS, sometimes just TLS.",
    ),
    word(
        "syn",
        &["syn-ack"],
        "The first packet of a TCP connection. A server answers it with a SYN-ACK, or with a reset where nothing listens; \
         no answer at all means that a firewall drops it, or that the host is down.",
    ),
    word(
        "tls",
        &["ssl", "ssl/tls"],
        "The encryption of a connection, with a certificate that says whose server it is; SSL is its old name. SSL/TLS in \
         a mail program means encrypted from the start, on ports 465, 993 and 995.",
    ),
    word(
        "tls-rpt",
        &["tlsrpt", "tls reporting", "smtp tls reporting"],
        "A record at _smtp._tls.DOMAIN that says where senders report on TLS that failed (RFC 8460). The reports tell a \
         domain that DANE or MTA-STS keeps mail away from it.",
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::diagnosis::reference;

    #[test]
    fn a_word_is_found_by_any_of_its_names_and_hides_no_finding() {
        let mut seen = BTreeSet::new();
        for word in GLOSSARY {
            assert!(word.meaning.ends_with(['.', ')']) && word.meaning.len() < 420, "{}", word.name);
            for name in word.names() {
                assert!(seen.insert(name), "{name} stands for two words");
                assert_eq!(look_up(&name.to_uppercase()), Some(word));
                assert!(reference::look_up(name).is_none(), "{name} is a state or finding");
            }
        }
        assert!(GLOSSARY.is_sorted_by_key(|word| word.name));
    }
}
