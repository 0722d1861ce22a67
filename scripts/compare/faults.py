"""The faults that every tool is shown, each at an address of its own."""

from dataclasses import dataclass

HOST = "mail.test.example"
"""The name that the lab's certificates are for. Each command sees it at the address of its fault."""

ROUTER = "10.79.0.1"
"""The router that forbids one of the connections."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong."""

    id: str
    title: str
    state: str
    """What mailprobe must call it."""
    behaviour: str | None
    """What `mailprobe-lab serve` plays there; `None` where the network is at fault."""
    named: str = ""
    """A regular expression: an answer that it matches somewhere has named the cause."""
    rule: str = ""
    """The same for a reader."""
    shown: str = ""
    """The same for an answer that shows what it takes to find the cause, to those who know the protocols."""
    protocol: str = "smtp"
    port: int = 587
    security: str = "starttls"
    """What the tools are told to expect."""
    way: str = "open"
    """`open`, `dropped` (a firewall on this machine's way in), or `prohibited` (by a router)."""


NO_STARTTLS = (
    r"(starttls|tls).{0,60}(not (offer|support|advertis|avail)|no support)|"
    r"(not|n't|no) .{0,60}(offer|support|advertis|find).{0,60}(starttls|tls)|offers no TLS"
)
NO_STARTTLS_SHOWN = r"not recognized|BAD Unknown|8BITMIME|rejected"
INJECTED = r"inject|plaintext (after|into)|before TLS|unexpected data"
# What the lab sends, which has the word itself, is taken out first.
INJECTED_SHOWN = r"<the line from the lab>|250-mail\.test\.ex(?!ample)"
SLOW = r"slow|drip|tarpit|byte by byte|incomplete greeting"

FAULTS = [
    Fault("good", "nothing: a good server", "ok", "smtp:starttls"),
    Fault(
        "refused",
        "connection refused",
        "connection-refused",
        None,
        r"refused|rejected the connection|\bclosed\b",
        "refused, or (nmap) closed",
    ),
    Fault(
        "dropped",
        "SYN dropped",
        "connection-timeout",
        None,
        r"timed ?out|time-?out|filtered|never answer",
        "the connection timed out, is filtered, or was never answered",
        way="dropped",
    ),
    Fault(
        "prohibited",
        "forbidden by a router (ICMP)",
        "administratively-prohibited",
        None,
        ROUTER.replace(".", r"\."),
        "the address of the router that says no",
        r"no route|unreachable|filtered|prohibited",
        way="prohibited",
    ),
    Fault(
        "silent",
        "accepted, then silence",
        "no-greeting",
        "smtp:starttls:silent",
        r"no greeting|greeting.*tim|timeout.*(respon|read|wait)|(read|receiv|respon).*time|handshake.*timed out",
        "it was the greeting that did not come, not the connection",
        r"connected to|succeeded",
    ),
    Fault(
        "closed",
        "accepted, then closed",
        "connection-closed",
        "smtp:starttls:close-on-accept",
        r"clos(ed|es) |lost connection|hung up|\bEOF\b|connection.{0,20} closed|remote host closed",
        "the server closed the connection",
    ),
    Fault(
        "554",
        "554: the client is on a blocklist",
        "service-rejected",
        "smtp:starttls:greeting-554-spamhaus",
        r"spamhaus",
        "the server's words with the list's name",
        r"\b554\b",
    ),
    Fault(
        "421",
        "421: too many connections",
        "service-unavailable",
        "smtp:starttls:greeting-421-too-many",
        r"too many connections",
        "the server's words",
        r"\b421\b",
    ),
    Fault("ssh", "SSH greets", "wrong-protocol", "smtp:starttls:ssh", r"SSH", "SSH"),
    Fault(
        "no-starttls",
        "no STARTTLS",
        "starttls-not-offered",
        "smtp:starttls:no-starttls",
        NO_STARTTLS,
        "STARTTLS is not offered, not found or not supported",
        NO_STARTTLS_SHOWN,
    ),
    Fault(
        "masked",
        "STARTTLS masked as XXXXXXXA",
        "starttls-stripped",
        "smtp:starttls:masked-starttls",
        r"stripped|removed on|masked",
        "the offer was removed on the way",
        "XXXXXXXA|" + NO_STARTTLS,
    ),
    Fault(
        "454",
        "STARTTLS answered with 454",
        "starttls-refused",
        "smtp:starttls:starttls-refused-454",
        r"TLS not available|refuses|rejected|denied",
        "the server's words, or that STARTTLS was refused",
        r"\b454\b",
    ),
    Fault(
        "inject",
        "a line injected after “220 go”",
        "starttls-injection",
        "smtp:starttls:inject-line",
        INJECTED,
        "there is plaintext that does not belong there",
        INJECTED_SHOWN,
    ),
    Fault(
        "inject-half",
        "half a line injected there",
        "starttls-injection",
        "smtp:starttls:inject-half-line",
        INJECTED,
        "there is plaintext that does not belong there",
        INJECTED_SHOWN,
    ),
    Fault(
        "self-signed",
        "self-signed certificate",
        "certificate-invalid",
        "smtp:starttls:self-signed",
        r"self-?\s?signed",
        "self-signed",
        r"issuer|trusted|verify failed",
    ),
    Fault(
        "expired",
        "expired certificate",
        "certificate-invalid",
        "smtp:starttls:expired",
        r"expired|not valid at validation time",
        "expired, or not valid now",
        r"not (valid )?after|verify failed",
    ),
    Fault(
        "wrong-name",
        "certificate for another name",
        "certificate-invalid",
        "smtp:starttls:wrong-name",
        r"name.{0,80}(mismatch|not match)|no .{0,60}name matches|no matching subjectAltName|"
        r"not for mail\.test|another name",
        "the name does not match",
        r"other\.test\.example",
    ),
    Fault(
        "tls-on-plain",
        "STARTTLS port that speaks TLS at once",
        "tls-on-plaintext-port",
        "smtp:starttls:tls-on-plaintext-port",
        r"speaks TLS|implicit TLS|wrapper",
        "the port speaks TLS itself",
        r"ssl-cert:",
    ),
    Fault(
        "plain-on-tls",
        "TLS port that speaks plaintext",
        "plaintext-on-tls-port",
        "smtp:implicit:plaintext-on-tls-port",
        r"plaintext|plain text|speaks no TLS",
        "the port speaks no TLS",
        r"wrong version number|unexpected TLS packet|220 mail|smtp-commands: mail|could not find a TLS version",
        port=465,
        security="implicit",
    ),
    Fault(
        "tarpit",
        "a greeting that drips without end",
        "greeting-too-slow",
        "smtp:starttls:tarpit",
        SLOW,
        "the greeting is too slow",
        r"timeout while reading|timeout .{0,12}waiting|220 mail\.test\.example( ES\w*)?( re\w*)?\s*$",
    ),
    Fault(
        "imap-no-starttls",
        "IMAP: no STARTTLS",
        "starttls-not-offered",
        "imap:starttls:no-starttls",
        NO_STARTTLS + "|START ?TLS was rejected",
        "STARTTLS is not offered, not found or not supported",
        NO_STARTTLS_SHOWN + "|LOGINDISABLED",
        protocol="imap",
        port=143,
    ),
    Fault(
        "imap-inject",
        "IMAP: a line injected after OK",
        "starttls-injection",
        "imap:starttls:inject-line",
        INJECTED,
        "there is plaintext that does not belong there",
        INJECTED_SHOWN,
        protocol="imap",
        port=143,
    ),
    Fault(
        "imap-tarpit",
        "IMAP: a greeting that drips without end",
        "greeting-too-slow",
        "imap:starttls:tarpit",
        SLOW,
        "the greeting is too slow",
        r"timeout while reading|timeout .{0,12}waiting|\* OK mail\.test\.example( IM\w*)?( re\w*)?\s*$",
        protocol="imap",
        port=143,
    ),
]

CERTIFICATES = {"self-signed", "expired", "wrong-name"}
"""The faults of certificates."""


def address(fault):
    """Where a fault is."""
    number = FAULTS.index(fault) + 1
    return f"10.78.0.{number}" if fault.way == "prohibited" else f"10.77.1.{number}"
