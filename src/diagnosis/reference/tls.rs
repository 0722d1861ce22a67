//! The entries about TLS and the certificate.

use super::{Entry, entry};

pub(super) const RETIRED_SUITES_ONLY: Entry = entry(
    "Only old cipher suites",
    "The server takes only old cipher suites, without forward secrecy or authenticated encryption on elliptic curves. Mail programs of today do not offer them.",
    "The usual suites refused, and an old one chosen in TLS 1.2 when it was offered on a second connection.",
    "Turn on suites with ECDHE and AES-GCM or ChaCha20 in the server, and TLS 1.3, or update it.",
);

pub(super) const LARGE_HELLO_DROPPED: Entry = entry(
    "Large TLS hellos are dropped",
    "The TLS handshake fails with the usual large hello each time and works with a smaller one. Probably something on the way, or the server, drops hellos that do not fit into one packet.",
    "Four connections in a row: no handshake with a hello that has a post-quantum key, two completed ones without it, and again none with it.",
    "Update the firewall or load balancer in front of the server: it must take a hello in several packets.",
);

pub(super) const CERTIFICATE_EXPIRED: Entry = entry(
    "The certificate has expired",
    "The time of the server's certificate is over.",
    "Its last day, compared with this machine's clock.",
    "Renew it. If it was renewed already, make the server load the new one.",
);

pub(super) const CERTIFICATE_EXPIRES_SOON: Entry = entry(
    "The certificate expires soon",
    "The certificate expires in less than two weeks; one made for a week or less, in the last third of its time.",
    "Its last day, compared with this machine's clock.",
    "Renew it now. If renewal is automatic, find out why it has not run, or why the server still uses the old one.",
);

pub(super) const CERTIFICATE_NOT_YET_VALID: Entry = entry(
    "The certificate is not valid yet",
    "The time of the server's certificate has not come.",
    "Its first day, compared with this machine's clock.",
    "Check this machine's clock first. If it is right, the certificate was issued with the wrong dates.",
);

pub(super) const CERTIFICATE_WRONG_NAME: Entry = entry(
    "The certificate does not name the host",
    "The certificate does not name the host that was asked for: it is for other names, which are shown, or names none where clients look.",
    "The alternative names of the certificate; the common name alone does not count.",
    "Use a name that the certificate is for, or have it issued again with this name added.",
);

pub(super) const CERTIFICATE_ISSUER_EXPIRED: Entry = entry(
    "A certificate in the chain has expired",
    "The server's certificate is in time, and one between it and the trusted authority is not.",
    "The dates of the certificates that the server sent.",
    "Make the server send the authority's current intermediate certificate.",
);

pub(super) const CERTIFICATE_UNKNOWN_ISSUER: Entry = entry(
    "No trusted authority behind the certificate",
    "The chain of certificates ends before it reaches an authority that is trusted here. The message tells whether it ends at an unknown root, lacks a certificate, or was signed with another key than a trusted authority of the same name has.",
    "No path to Mozilla's or the system's authorities (--trust), nor to those in --ca-file. Missing certificates are never fetched.",
    "Make the server send the full chain. If the authority is your own, name its root with --ca-file.",
);

pub(super) const CERTIFICATE_SELF_SIGNED: Entry = entry(
    "The certificate is self-signed",
    "The certificate is self-signed, and nothing here vouches for it.",
    "Issuer and subject are the same, its own key signed it, and it is not in --ca-file.",
    "Get a certificate from a public authority. If this one is meant so, name it with --ca-file.",
);

pub(super) const CERTIFICATE_WRONG_PURPOSE: Entry = entry(
    "The certificate is not for servers",
    "The certificate is meant for something else than servers.",
    "Its extended key usage does not name server authentication.",
    "Have it issued again for server authentication.",
);

pub(super) const CERTIFICATE_UNUSABLE: Entry = entry(
    "The certificate cannot be used",
    "The certificate, or one in its chain, cannot be used as TLS of today demands. The evidence says why.",
    "X.509 version 1, an RSA key under 2048 bits, a signature with SHA-1 or MD5, a bad encoding, signatures in its chain that do not fit, or a key that the server did not prove to hold.",
    "Have a new one issued: X.509 version 3, signed with SHA-256, with an RSA key of 2048 bits or more or an elliptic-curve key.",
);

pub(super) const CERTIFICATE_CHAIN_ORDER: Entry = entry(
    "The chain is in the wrong order",
    "The server sends its certificates in the wrong order. Most programs sort them; some old ones give up.",
    "A certificate that stands before one that it vouches for.",
    "Put the server's own certificate first in the file, then each one's issuer after it.",
);

pub(super) const CERTIFICATE_NEEDLESS_ROOT: Entry = entry(
    "The chain has its root, too",
    "The server sends the root certificate too. It helps nobody: who trusts it has it already.",
    "A certificate of the chain that issued itself and whose name is that of a trusted authority.",
    "Leave the root out of the file with the chain. It only makes every handshake longer.",
);
