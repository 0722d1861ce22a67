//! The entries about how a mail domain's servers are found.

use super::{Entry, entry};

pub(super) const NO_SERVER_NAMED: Entry = entry(
    "No server was found",
    "No source names a server of the mail domain.",
    "The answers of every source that was asked: MX and SRV records, autoconfiguration, the built-in table.",
    "Check the spelling. If you know the mail host, probe it by its name; --guess tries the usual names.",
);

pub(super) const MX_MISSING: Entry = entry(
    "There is no MX record",
    "The domain has no MX record, so mail for it goes to the host of the domain's own name (RFC 5321, section 5.1).",
    "The DNS knows the name and has no MX record for it.",
    "Publish an MX record that names the mail host; or a null MX (RFC 7505) if the domain takes no mail.",
);

pub(super) const MX_IS_ALIAS: Entry = entry(
    "An MX record names an alias",
    "An MX record names an alias instead of a host. RFC 2181 forbids it, and some mail servers refuse to follow it.",
    "The name in the MX record has a CNAME record.",
    "Put the host's own name into the MX record.",
);

pub(super) const MX_IS_NO_NAME: Entry = entry(
    "An MX record names no host",
    "An MX record holds an address, or something else that is no host name. Mail servers cannot use it.",
    "What stands in the record.",
    "Give the host a name, and put that into the MX record.",
);

pub(super) const UNUSABLE_SERVER: Entry = entry(
    "A server cannot be used",
    "A source names a server by something that is no host name or no port; or its name needs the part of the mail address before the @, which mailprobe tells nobody.",
    "What the source says.",
    "If you run the domain, repair the record or the file.",
);

pub(super) const PLAINTEXT_PUBLISHED: Entry = entry(
    "Mail programs are told to go without encryption",
    "The domain's autoconfiguration file names a server without TLS: mail programs send passwords where everybody on the way can read them.",
    "The file's socketType is \"plain\".",
    "Offer TLS on that server, and say so in the file: socketType SSL, or STARTTLS.",
);

pub(super) const RECORD_LOOKUP_FAILED: Entry = entry(
    "Records could not be looked up",
    "The domain's MX or SRV records are not known, so servers may be missing from the report.",
    "No name server answered in time, or one answered with a failure; which one, the evidence says.",
    "Check this machine's name servers. If other names work, the fault is in the domain's DNS.",
);

pub(super) const SLOW_NAME_SERVER: Entry = entry(
    "The name servers are slow",
    "The lookup of the domain's records took more than three seconds. Mail servers and mail programs wait for it, and some give up.",
    "The time between the question and the answer.",
    "Try another name server with --dns-server. If it is as slow, check the domain's: one of them may be down.",
);

pub(super) const AUTOCONFIG_UNUSABLE: Entry = entry(
    "The autoconfiguration file cannot be used",
    "Mail programs look for a file with their settings. It is broken, too large, or redirects in a circle (a warning); or the place for it could not be asked (good to know).",
    "Where it was looked for, and what came instead.",
    "If you run the domain, repair the file, or see to it that nothing answers in its place.",
);

pub(super) const SOURCES_DISAGREE: Entry = entry(
    "Sources disagree",
    "SRV records and autoconfiguration name different servers for the same purpose. Which one a mail program asks is up to the program.",
    "Both name servers for that purpose, and not one is in both.",
    "Publish the same servers in both places.",
);

pub(super) const NO_PASSWORD_LOGIN: Entry = entry(
    "No login with a password",
    "The provider takes no password from mail programs, whatever login methods its servers list. Everything can work, and the login still fails.",
    "The built-in provider table says so, or the domain's autoconfiguration file.",
    "Use a mail program that knows OAuth, a sign-in in the browser.",
);

pub(super) const PROVIDER_REMARK: Entry = entry(
    "Something to know about the provider",
    "The built-in provider table has a remark about the domain's provider.",
    "The table, as `mailprobe providers` shows it with its source and date.",
    "Read the remark.",
);
