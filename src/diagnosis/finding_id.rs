//! The ids of findings. Everything that is said of one in general stands in its one entry here.

use super::entry::Entry;
use super::state::State;
use crate::named::named_enum;

/// Declares [`FindingId`] from a table, by the part of a check that a finding is about: title, meaning, evidence and
/// advice. A finding without them explains the state whose name it bears, and shares that state's.
macro_rules! findings {
    ($($topic:literal {
        $($id:ident = $name:literal $(: $title:literal, $meaning:literal, $evidence:literal, $advice:literal)?;)+
    })+) => {
        named_enum! {
            /// The stable ids of findings. Where one explains a state, it bears the state's name.
            #[non_exhaustive]
            pub enum FindingId { $($(#[doc = summary!($name $($title)?)] $id = $name,)+)+ }
        }

        impl FindingId {
            /// Its entry in the reference. A finding that explains a state shares that state's.
            pub const fn entry(self) -> Entry {
                match self { $($(Self::$id => explained!($id $($title, $meaning, $evidence, $advice)?),)+)+ }
            }

            /// What part of a check it is about, in the order of a check.
            pub const fn topic(self) -> &'static str {
                match self { $($(Self::$id)|+ => $topic,)+ }
            }
        }
    };
}

macro_rules! summary {
    ($name:literal) => {
        concat!("It explains the state `", $name, "`.")
    };
    ($name:literal $title:literal) => {
        concat!($title, ".")
    };
}

macro_rules! explained {
    ($state:ident) => {
        State::$state.entry()
    };
    ($id:ident $title:literal, $meaning:literal, $evidence:literal, $advice:literal) => {
        Entry { title: $title, meaning: $meaning, evidence: $evidence, advice: $advice }
    };
}

findings! {
    "The name" {
        DnsNoSuchName = "dns-no-such-name";
        DnsNoAddress = "dns-no-address";
        DnsNoMail = "dns-no-mail";
        DnsTimeout = "dns-timeout";
        DnsFailed = "dns-failed";
        NameServerUnreachable = "name-server-unreachable":
            "No name server could be reached",
            "None of the name servers that this machine uses could be reached: nothing listens there, the network refuses, or a link-local address is written without its interface. The name was not asked for, so nothing is known about it.",
            "The system's error, with the address of the name server.",
            "This is about this machine or its network, not about the name: check the name servers in use (on Linux in /etc/resolv.conf), or name another one with --dns-server.";
        NoNetwork = "no-network":
            "This machine has no network",
            "This machine has no route to the name servers or to the host, so nothing could be asked or sent.",
            "The system's error before anything was sent.",
            "Check this machine's network: the cable or Wi-Fi, a VPN, its routes. `mailprobe blocked` looks closer.";
        AddressFamilyLookupFailed = "address-family-lookup-failed":
            "One address family could not be looked up",
            "The lookup of the host's IPv4 or IPv6 addresses failed, while that of the other family answered.",
            "A failure or a timeout for one family, an answer for the other.",
            "Some mail programs will wait or fail. Ask whoever runs the domain's DNS to look at the answers for that family.";
        NameBlocked = "name-blocked":
            "The name is answered as DNS blockers do",
            "The name leads to 0.0.0.0 or :: and to no other address. DNS blockers and hosts files answer so for the names on their lists. Nothing is connected to, since that address means this machine itself.",
            "The answer of the name server, or the line of the hosts file.",
            "Look at what filters names here: this machine's hosts file, a blocker such as Pi-hole or AdGuard, the name server in use; let the name through there. To ask another name server, past the hosts file: --dns-server. If that one answers the same, the record itself is wrong.";
        ServerAtPrivateAddress = "server-at-private-address":
            "A name leads to an address that is not public",
            "A public name, or a record of a mail domain, leads to a private, loopback, link-local, documentation or otherwise reserved address. Elsewhere that address is another machine or none. It is a warning where other mail servers or mail programs must reach it, and good to know where a host was named: inside a network, names often lead to private addresses.",
            "The answer of the DNS, and the registries of special addresses (RFC 6890).",
            "Publish the server's public address. If the name servers give another one outside this network, nothing needs to be done.";
        AddressFamilySkipped = "address-family-skipped":
            "One address family was skipped",
            "This machine has no route at all for IPv4 or for IPv6, so those addresses were not tried.",
            "No route for the family in this machine's routing table.",
            "Nothing, if this machine is meant to be without it. Otherwise check its network connection.";
    }
    "The servers of a mail domain" {
        EndpointsLeftOut = "endpoints-left-out":
            "Not all addresses and ports were checked",
            "The target has more addresses and ports than are checked of one target (64 unless --max-endpoints says otherwise). The first address of each family of each host is checked before the second ones, mail exchangers first, by preference.",
            "The records of the domain and the addresses of its hosts.",
            "Raise --max-endpoints, or check a host or an address by itself.";
        NoServerNamed = "no-server-named":
            "No server was found",
            "No source names a server of the mail domain.",
            "The answers of every source that was asked: MX and SRV records, autoconfiguration, the ISPDB (the public collection of autoconfiguration files), the built-in table.",
            "Check the spelling. If you know the mail host, probe it by its name; --guess tries the usual names.";
        MailHostElsewhere = "mail-host-elsewhere":
            "The mail host has another name",
            "None of the ports of this name works, and the domain of the same name has its mail elsewhere: its MX record names another host.",
            "The MX record of the name that was typed.",
            "Check the mail domain, which leads to its mail hosts: mailprobe @example.org.";
        MxMissing = "mx-missing":
            "There is no MX record",
            "The domain has no MX record, so mail for it goes to the host of the domain's own name (RFC 5321, section 5.1).",
            "The DNS knows the name and has no MX record for it.",
            "Publish an MX record that names the mail host, or a null MX (RFC 7505) if the domain accepts no mail.";
        MxIsAlias = "mx-is-alias":
            "An MX record points to an alias",
            "An MX record points to an alias instead of a host. RFC 2181 forbids that, and some mail servers refuse to follow it.",
            "The name in the MX record has a CNAME record.",
            "Put the host's own name into the MX record.";
        MxIsNoName = "mx-is-no-name":
            "An MX record names no host",
            "An MX record holds an address, or something else that is not a host name. Mail servers cannot use it.",
            "The content of the record.",
            "Give the host a name, and put that into the MX record.";
        UnusableServer = "unusable-server":
            "A server cannot be used",
            "A source names a server by something that is not a host name or a port; or its name needs the part of the mail address before the @, which mailprobe does not pass on.",
            "What the source says.",
            "If you run the domain, fix the record or the file.";
        PlaintextPublished = "plaintext-published":
            "Mail programs are told to use no encryption",
            "An autoconfiguration file for the domain names a server without TLS: mail programs send passwords that anyone on the path can read.",
            "The file's socketType is \"plain\".",
            "Offer TLS on that server, and say so in the file: socketType SSL, or STARTTLS.";
        RecordLookupFailed = "record-lookup-failed":
            "Records could not be looked up",
            "The domain's MX or SRV records are not known, so servers may be missing from the report.",
            "No name server answered in time, or one answered with a failure; the evidence says which.",
            "Check this machine's name servers. If other names work, the fault is in the domain's DNS.";
        SlowNameServer = "slow-name-server":
            "The name servers are slow",
            "The lookup of the domain's records took more than three seconds. Mail servers and mail programs wait for it, and some give up.",
            "The time between the query and the answer.",
            "Try another name server with --dns-server. If it is just as slow, check the domain's: one of them may be down.";
        AutoconfigUnusable = "autoconfig-unusable":
            "The autoconfiguration file cannot be used",
            "Mail programs look for a file with their settings. It is broken, too large or in a redirect loop (a warning); or its location could not be queried (good to know).",
            "Where mailprobe looked for it, and what it got instead.",
            "If you run the domain, fix the file, or make sure that nothing answers in its place.";
        AutoconfigPlainHttp = "autoconfig-plain-http":
            "The autoconfiguration file is not protected",
            "Mail programs find a file with their settings over unencrypted HTTP, and none over HTTPS. Anyone on the path can put other servers into it, and so learn passwords. mailprobe does not use it.",
            "HTTPS gave no file at the domain's own locations, and a request over HTTP (without the mail address) gave one.",
            "If you run the domain, offer the same file over HTTPS with a certificate that is valid for autoconfig.DOMAIN, or remove it.";
        SourcesDisagree = "sources-disagree":
            "Sources disagree",
            "SRV records and an autoconfiguration file (the domain's, or the one of the ISPDB) name different servers for the same purpose. Which one a mail program uses is up to the program.",
            "Both name servers for that purpose, and they have none in common.",
            "Publish the same servers in both places.";
        NoPasswordLogin = "no-password-login":
            "No login with a password",
            "The provider accepts no passwords from mail programs, whatever login methods its servers list. Everything else can work and the login still fail.",
            "The built-in provider table says so, or an autoconfiguration file for the domain.",
            "Use a mail program that supports the login that is required: mostly OAuth (sign-in with a browser).";
        ProviderRemark = "provider-remark":
            "Something to know about the provider",
            "The built-in provider table has a note about the domain's provider.",
            "The table, as `mailprobe providers` shows it with its source and date.",
            "Read the note.";
    }
    "The connection" {
        ConnectionRefused = "connection-refused";
        ConnectionTimeout = "connection-timeout";
        NothingAnswers = "nothing-answers":
            "Nothing answers on any port",
            "No port of the host, or of one of its addresses, answers: the host is down, the address is wrong, or a firewall drops everything, perhaps because it has banned this machine's address.",
            "Silence on every port that was tried, refusals included.",
            "Check that the host is up and the address is right. Then try from another network: if it answers there, a firewall drops the connections from here.";
        AddressFamilyFails = "address-family-fails":
            "One address family fails",
            "Over IPv6 or over IPv4 no port of the host can be reached, while over the other family the host answers.",
            "The same failure on every port over one family, and connections over the other.",
            "Check the host's AAAA or A record, its firewall for that family, and whether this network carries it. To leave a family out: -4 or -6.";
        Port25Silent = "port-25-silent":
            "Port 25 does not answer",
            "Port 25 does not answer. Where other ports of the host do, that is typical of a network that blocks outbound port 25; where nothing else was tried, the host may also be down.",
            "Silence on port 25, compared with the other ports and hosts of the run.",
            "Run `mailprobe blocked`: it tells whether this network blocks port 25, and where. Mail programs do not need it: they use the submission ports.";
        NoSubmissionPort = "no-submission-port":
            "No port for sending mail",
            "None of the ports through which mail programs send (465 and 587) could be reached, although other ports of the host work.",
            "Silence or refusals on every submission port that was tried.",
            "Try from another network: some block these ports. If they fail there, too, ask whoever runs the host, or find out which host takes mail from programs.";
        RejectedByHost = "rejected-by-host":
            "The host's own address refused",
            "An ICMP message from the host's own address refused the connection. Probably its firewall.",
            "An ICMP error sent by the address that was probed.",
            "Allow the port in the host's firewall.";
        RejectedByRouter = "rejected-by-router":
            "A router on the path refused",
            "A router or firewall on the path refused the connection, not the host; or there is a routing loop.",
            "An ICMP error sent by an address other than the one probed.",
            "Ask whoever runs the address shown to allow the port, or to check its routes.";
        RejectedByThisMachine = "rejected-by-this-machine":
            "This machine refused",
            "A firewall rule, a route or a security module on this machine itself forbids the connection.",
            "An error before anything was sent, or an ICMP message from one of this machine's own addresses.",
            "Check this machine's firewall rules for outgoing connections, and `ip route get` with the address.";
        RefusedByOption = "refused-by-option":
            "Not connected to, as the option says",
            "The address is not public, and --no-private refuses to connect to such addresses. Nothing was sent.",
            "The address, and the option.",
            "To check it, run mailprobe inside its network and leave out --no-private.";
        RejectedByUnknown = "rejected-by-unknown":
            "The connection was refused by an unknown sender",
            "The network refuses the connection, and this system does not report who says so.",
            "Only the system's error.",
            "Check this machine's routes and firewall first, then try from another network.";
        NoNeighbour = "no-neighbour":
            "No answer on the local network",
            "No machine answered for the address, or for the gateway to it, on the local network.",
            "An error that Linux reports as an ICMP message from this machine itself when ARP or NDP gets no answer.",
            "Check that the host (or the gateway) is up, and that its address is right.";
        NoRoute = "no-route":
            "No route to the address",
            "This machine has no route to the address.",
            "The system's error before anything was sent.",
            "Check this machine's network connection. To use only one address family, give -4 or -6.";
        ConnectFailed = "connect-failed":
            "The connection failed for another reason",
            "The connection failed, and the error does not say why.",
            "A system error that fits none of the other findings.",
            "The evidence is the system's error message. Check this machine's routes and firewall rules.";
    }
    "The route to the port" {
        BlockedNearby = "blocked-nearby":
            "Blocked on this machine or at the first hop",
            "Packets to the port vanish, or are refused, before the first router answers for them. Those to another port of the same host get through.",
            "Silence or a reset for the port from the first hop on, while the other port's packets get further.",
            "Check this machine's own firewall for outgoing connections and any antivirus mail shield, then the first router.";
        BlockedOnPath = "blocked-on-path":
            "Blocked on the path",
            "Between two hops on the route to the host, packets to the port vanish or are refused. Those to another port of the same host get through.",
            "Routers that answered for the port up to a hop, none beyond it, and answers for the other port beyond it.",
            "Ask whoever runs the network between the two hops to let the port through.";
        BlockedAtDestination = "blocked-at-destination":
            "Blocked at the host or just in front of it",
            "Packets to the port get as far as the last router. There, or at the host, they vanish or are refused; the two cannot be told apart.",
            "Routers that answered for the port up to the last hop before the host.",
            "Ask whoever runs the host: its firewall, or the one in front of it, blocks the port.";
        PathOpen = "path-open":
            "The route is open now",
            "The port answered when the route was traced. The earlier failure has passed.",
            "A connection that failed before and succeeded while the route was traced.",
            "Probe again.";
        PathUnclear = "path-unclear":
            "Where it stops is unknown",
            "The routers on the route do not answer, or the other port gets no further, so it is not known where the port is blocked.",
            "Silence for both ports, or answers that contradict each other.",
            "Trace again from another network, or towards another host.";
        PathNotTraced = "path-not-traced":
            "The route could not be traced",
            "This system does not report which router answered, or this machine lacked what tracing needs.",
            "What the system reports.",
            "Trace from a Linux machine with kernel 5.9 or later.";
    }
    "The connection" {
        PortNotOffered = "port-not-offered":
            "A port is not offered",
            "The whole host was probed: this port is closed while others work, which is assumed to be intentional. Or the provider is known not to offer it.",
            "The port is closed on every address, and another port of the host passes; or the built-in provider table says so.",
            "Nothing. If the port should work, name it: mailprobe host:port. `mailprobe providers` lists what a provider offers.";
    }
    "The dialogue" {
        NoGreeting = "no-greeting";
        GreetingTooSlow = "greeting-too-slow";
        SlowGreeting = "slow-greeting":
            "The greeting took long",
            "The greeting took more than three seconds. Users notice that, and some mail programs give up after ten.",
            "The time from the connection to the end of the greeting, with the TLS handshake where that comes first. Between servers (port 25), a delay is a common defence against spammers.",
            "Check what the server does before it greets: a name lookup of the client, a blocklist, or a login backend that is down.";
        ReplyTimeout = "reply-timeout";
        ConnectionClosed = "connection-closed";
        ConnectionReset = "connection-reset";
        ServerNotice = "server-notice":
            "The server has something to say",
            "The server says something that is meant for people.",
            "An IMAP reply with [ALERT], an untagged NO or BAD, Dovecot's word that it waits for its login process, or sentences in a greeting of several lines.",
            "Read it. It is the server's own text, and nobody else vouches for it.";
        ServiceRejected = "service-rejected";
        ServiceUnavailable = "service-unavailable";
        RateLimited = "rate-limited":
            "Too many connections",
            "The server refuses for now because of too many connections, or too many in a short time.",
            "Words to that effect in the refusal.",
            "Wait a few minutes and try again, with fewer checks at a time.";
        AddressBlocklisted = "address-blocklisted":
            "Your address is on a blocklist",
            "The server refuses this machine's public address because it is on a blocklist. The problem is your address, not the port.",
            "Words to that effect in the refusal, which often has the list's name and its lookup page. mailprobe itself names only lists that it knows, and repeats no link of a server as advice.",
            "Look up the address on the list and request removal there. From homes and clouds, send through the provider's submission port.";
        PoorReputation = "poor-reputation":
            "Your address has a poor reputation",
            "The server refuses this machine's public address because of its poor reputation. The problem is your address, not the port.",
            "Words to that effect in the refusal.",
            "Look up the address at the service that the reply names. Meanwhile, send through your provider's submission port.";
        AddressRefused = "address-refused":
            "Your address is refused",
            "The server refuses this machine's public address. The problem is your address, not the port.",
            "A permanent refusal in words such as \"from you\" or \"your IP\".",
            "Tell whoever runs the server your public address, and ask why it is refused. Meanwhile, send through your provider's submission port.";
        NoReverseName = "no-reverse-name":
            "Your address has no reverse DNS name",
            "The server refuses this machine's public address because it has no proper reverse DNS name (PTR).",
            "Words to that effect in the refusal.",
            "Ask the provider of your address to set a PTR record that matches the host's name.";
        NoMailService = "no-mail-service":
            "The host accepts no mail",
            "The server says that it accepts no mail at all (RFC 7504).",
            "The code 521, or words to that effect.",
            "Look up the domain's mail hosts (MX) and probe those instead.";
        HeloRefused = "helo-refused":
            "The name in EHLO was refused",
            "The server rejects the name that mailprobe sent with EHLO or HELO. The port itself works.",
            "EHLO and HELO refused with the code 501 or 504, or with words about the name.",
            "Give a name that matches this machine's public address with --helo.";
        WrongProtocol = "wrong-protocol";
        CaptivePortalSuspected = "captive-portal-suspected":
            "Probably a captive portal",
            "Probably the login page of a hotspot or hotel network answers instead of the server.",
            "A web server that redirects or asks for a login, or a greeting that asks for a login on a web page, without a good certificate.",
            "Open a web page in a browser, log in to the network, then try again.";
        ProtocolError = "protocol-error";
    }
    "The upgrade to TLS" {
        StarttlsNotOffered = "starttls-not-offered";
        StarttlsStripped = "starttls-stripped";
        StarttlsRefused = "starttls-refused";
        StarttlsInjection = "starttls-injection";
        InspectionDeviceSuspected = "inspection-device-suspected":
            "Probably a firewall rewrites the dialogue",
            "Probably a firewall that inspects mail rewrites the dialogue and hides what the server offers.",
            "A greeting of asterisks, or a capability replaced by a row of X. It is not proven that TLS was removed: that would be starttls-stripped.",
            "Ask whoever runs the firewall to turn off its SMTP inspection (Cisco: `inspect esmtp`).";
        EhloNotSupported = "ehlo-not-supported":
            "EHLO is not supported",
            "The server supports only HELO, not EHLO: it is very old, or something in between rejects EHLO.",
            "EHLO rejected as unknown, HELO accepted.",
            "Update the server, or look for a device on the path that inspects SMTP.";
        CapaNotSupported = "capa-not-supported":
            "CAPA is not supported",
            "The server does not support CAPA (RFC 2449), so what it offers was determined by trying.",
            "CAPA rejected.",
            "Nothing: it is an old server, but it follows the standard.";
        ImapPreauth = "imap-preauth":
            "Logged in from the start",
            "The IMAP server greets with PREAUTH: the session is logged in without a password, and TLS can no longer be requested.",
            "The word PREAUTH in the greeting.",
            "If this is not intended, check the server's trusted addresses, and look for a device in between.";
    }
    "TLS" {
        TlsOnPlaintextPort = "tls-on-plaintext-port";
        PlaintextOnTlsPort = "plaintext-on-tls-port";
        TlsHandshakeFailed = "tls-handshake-failed";
        TlsVersionUnsupported = "tls-version-unsupported";
        TlsUnsupportedHere = "tls-unsupported-here";
        RetiredSuitesOnly = "retired-suites-only":
            "Only old cipher suites",
            "The server accepts only old cipher suites, without elliptic-curve key exchange (forward secrecy) and authenticated encryption. Most common TLS clients do not offer them by default.",
            "The usual suites refused, and an old one chosen in TLS 1.2 when offered on a second connection; the same for what common clients offer.",
            "Enable suites with ECDHE and AES-GCM or ChaCha20 on the server, and TLS 1.3, or update it.";
        TlsTwice = "tls-twice":
            "TLS is ended twice",
            "Inside TLS the server expects TLS once more. That happens where a proxy ends TLS and passes the connection on to a port that expects TLS itself. Mail programs get no greeting there.",
            "Silence after the TLS handshake, and on another connection a ServerHello or a TLS alert in answer to what was sent inside TLS.",
            "Turn TLS off at the proxy, so that it passes the connection through as it is, or have it connect to a port of the server that expects no TLS.";
        LargeHelloDropped = "large-hello-dropped":
            "Large TLS ClientHellos are dropped",
            "The TLS handshake fails each time with the usual large ClientHello and works with a smaller one. Probably something on the path, or the server, drops a ClientHello that does not fit into one packet.",
            "Connections in a row: no handshake with a ClientHello that has a post-quantum key, also not in small packets; two completed ones without it, and again none with it.",
            "Update the firewall or load balancer in front of the server: it must accept a ClientHello in several packets.";
        MtuBlackHole = "mtu-black-hole":
            "Large packets get lost on the way",
            "The TLS handshake stalls with packets of the usual size and works when no packet has more than 1280 bytes. Probably a link on the way (often a VPN, a tunnel or PPPoE) carries only smaller packets, and the ICMP messages that say so (\"fragmentation needed\", \"packet too big\") do not arrive where they must: an MTU black hole (RFC 2923). The message says which direction it is.",
            "Further connections: small TCP segments (TCP_MAXSEG) always work, the usual ones fail again. A small ClientHello that works with the usual segments shows that packets to the server get lost; one that stalls, that packets from the server do.",
            "Let these ICMP messages through, or limit TCP segments on the router before that link (nftables: `tcp flags syn tcp option maxseg size set rt mtu`). For one machine, a smaller MTU is enough (Linux: `ip link set dev INTERFACE mtu 1280`).";
    }
    "The certificate" {
        CertificateExpired = "certificate-expired":
            "The certificate has expired",
            "The server's certificate is past its expiry date.",
            "Its expiry date, compared with this machine's clock.",
            "Renew it. If it has already been renewed, make the server load the new one.";
        CertificateExpiresSoon = "certificate-expires-soon":
            "The certificate expires soon",
            "The certificate is in the last quarter of its life, and has less than two weeks left: 14 days for one of 56 days or more, 11 for one of 45, a day and a half for one of six. Or that is so of one above it, of an intermediate or the root CA. With --min-days, that number alone counts.",
            "Its expiry date, compared with this machine's clock.",
            "Renew it now. If renewal is automatic, find out why it did not run, or why the server still uses the old one.";
        CertificateNotYetValid = "certificate-not-yet-valid":
            "The certificate is not valid yet",
            "The validity of the server's certificate has not started.",
            "Its start date, compared with this machine's clock.",
            "Check this machine's clock first. If it is right, the certificate was issued with the wrong dates.";
        CertificateWrongName = "certificate-wrong-name":
            "The certificate does not name the host",
            "The certificate does not name the host that was asked for: it is for other names, which are shown, or has no subject alternative name. Where the common name alone names the host it is a warning: most programs still accept that.",
            "The certificate's subject alternative names; the common name alone does not count (RFC 9525).",
            "Use a name that the certificate is for, or have it reissued with this name added.";
        CertificateIssuerExpired = "certificate-issuer-expired":
            "A certificate in the chain has expired",
            "A certificate above the server's own has expired: one between it and the trusted root CA, or that of the root CA itself, where its dates are known. The message says which.",
            "The dates of the certificates that the server sent, and of the trusted one (from --ca-file or the system's store).",
            "Make the server send the CA's current intermediate certificate.";
        CertificateUnknownIssuer = "certificate-unknown-issuer":
            "The certificate has no chain to a trusted CA",
            "The certificate chain does not lead to a CA that is trusted here. The message says whether it ends at an unknown root, lacks a certificate, or was signed with a different key from that of a trusted CA of the same name.",
            "No path to Mozilla's or the system's root CAs (--trust), nor to those in --ca-file. Missing certificates are never fetched.",
            "Make the server send the full chain. If the CA is your own, trust its root with --ca-file.";
        CertificateSelfSigned = "certificate-self-signed":
            "The certificate is self-signed",
            "The certificate is self-signed and not trusted here.",
            "Issuer and subject are the same, its own key signed it, and it is not in --ca-file.",
            "Get a certificate from a public CA. If this one is intended, trust it with --ca-file.";
        CertificateDefault = "certificate-default":
            "The certificate is a product's default one",
            "The certificate is the one that a product shows until it is given one of its own: the message says which product, and what that means. It is told by its exact form.",
            "The row of the built-in table that it fits, with its source and the day when that was checked.",
            "Get a certificate for the host's name from a public CA, and configure the server, or what answers in front of it, to use it.";
        CertificateKeyPublic = "certificate-key-public":
            "The certificate's private key is public",
            "The certificate is one that comes with a published package, together with its private key: anyone on the way can pose as the server and read what is sent to it. Such programs are meant for tests.",
            "The certificate's fingerprint, or its exact form, in the built-in table, with its source and the day when that was checked.",
            "Give the server a certificate and a key of its own.";
        CertificateWrongPurpose = "certificate-wrong-purpose":
            "The certificate is not for servers",
            "The certificate is meant for something other than servers.",
            "Its extended key usage does not include server authentication.",
            "Have it reissued for server authentication.";
        CertificateUnusable = "certificate-unusable":
            "The certificate cannot be used",
            "The certificate, or one in its chain, does not meet the requirements of current TLS, or mailprobe's TLS library cannot check it. The message says which, and who else refuses it.",
            "X.509 version 1, an RSA key under 2048 bits, a signature with SHA-1 or MD5, a bad encoding, a signature in its chain that does not verify, an issuer that may not issue it, or a key that the server did not prove it holds.",
            "Have a new one issued: X.509 version 3, signed with SHA-256, with an RSA key of at least 2048 bits or an elliptic-curve key.";
        CertificateRefusedBySome = "certificate-refused-by-some":
            "Some programs refuse the certificate",
            "The certificate is good, and still some programs refuse it or its chain: programs do not agree on it. The message says which ones.",
            "A key usage without digitalSignature; critical certificate policies, a beginning before 1970 or more than six intermediates.",
            "See the message. Where the programs named are in use, have the certificate issued without that peculiarity.";
        CertificatesDiffer = "certificates-differ":
            "Not all ports show the same certificate",
            "Some ports or addresses of the host show another certificate than the rest. That is usual where services have certificates of their own; it is also what a service shows that was not reloaded after a renewal.",
            "The fingerprints of the certificates, with their dates.",
            "If the certificate was renewed, reload the services that still show the older one.";
        CertificateChainOrder = "certificate-chain-order":
            "The chain is in the wrong order",
            "The server sends its certificates in the wrong order. Most clients cope; some old ones fail.",
            "A certificate placed before one that it issued.",
            "Put the server's own certificate first in the file, then each issuer in turn.";
        CertificateNeedlessRoot = "certificate-needless-root":
            "The chain includes its root",
            "The server also sends the root certificate. That is useless: whoever trusts it already has it.",
            "A certificate of the chain that issued itself and has the name of a trusted CA.",
            "Remove the root from the chain file. It only makes every handshake longer.";
    }
    "What the domain promises" {
        DaneMatch = "dane-match":
            "The certificate matches the TLSA record",
            "What the server shows at port 25 matches a TLSA record of its host, as senders who check DANE (RFC 7672) want it. With usage 3 the key or the certificate alone counts: that it is self-signed, has expired or is for another name is no fault then.",
            "The chain that the server sent, held against each TLSA record of the host, which DNSSEC proves.",
            "Nothing. Before the key changes, publish the TLSA record of the new one beside the old, and wait until the old answer's time to live is over.";
        DaneMismatch = "dane-mismatch":
            "The key does not match the TLSA record",
            "The host has TLSA records that DNSSEC proves, and what the server shows at port 25 matches none of them. Senders who check DANE (RFC 7672) do not deliver there: they keep the mail and try again, and after some days it bounces. The usual reason is a certificate that was renewed with a new key.",
            "The TLSA records, and the chain that the server sent at this address.",
            "Publish the TLSA record of the key in use, which the report shows, beside the old one, or make the server use the old key again. Before the next renewal, publish the new record first, or keep the key (certbot: --reuse-key).";
        DaneNoStarttls = "dane-no-starttls":
            "There is no TLS where TLSA records promise it",
            "The host has TLSA records that DNSSEC proves, so senders who check DANE insist on TLS (RFC 7672, section 2.2), and port 25 has none for them. They keep the mail and try again, and after some days it bounces.",
            "The TLSA records, and what the server offers on port 25.",
            "Turn STARTTLS on for port 25, with the certificate and key that the TLSA records are for.";
        DaneBogus = "dane-bogus":
            "The DNSSEC signatures do not hold",
            "An answer of the DNS that delivery depends on (MX records, addresses or TLSA records of a mail host, or the proof that there are none) should be signed, and its signatures do not hold. Senders who check DNSSEC and DANE take it for forged and keep the mail: that is worse than no TLSA records at all.",
            "What the validator objects to: a signature that has expired, a DS record that fits no key, a proof of absence that proves nothing.",
            "Ask whoever runs the domain's DNS to sign the zone anew and to compare the DS record at the registry with the zone's keys. `delv` and dnsviz.net show where the chain breaks.";
        DaneLookupFailed = "dane-lookup-failed":
            "The TLSA records cannot be looked up",
            "The host is in a signed zone, and the question for its TLSA records got a failure or no answer. Senders who check DANE cannot tell whether there are records, and keep the mail (RFC 7672, section 2.1): that is worse than a plain answer that there are none.",
            "What the name servers answered to the question for TLSA records, while other questions were answered.",
            "Ask whoever runs the domain's DNS to look at the answer to the question for TLSA records. Some name servers and firewalls in front of them do not know that record type, and must at least say that there is none.";
        DaneUnsigned = "dane-unsigned":
            "The TLSA records are not signed",
            "There are TLSA records for a mail host, and DNSSEC does not prove them: the zone is not signed, or its parent has no DS record. No sender uses them.",
            "The TLSA records, and the proof that the zone is not signed.",
            "Sign the zone with DNSSEC and have its DS record published by the registrar. Check the records before: from then on they count.";
        DaneUnusable = "dane-unusable":
            "A TLSA record cannot be used for mail",
            "Senders pass over a TLSA record of the host: its usage is 0 or 1, which do not apply to mail between servers (RFC 7672, section 3.1.3), or it is not well formed. Where that is so of all of them (a warning), senders encrypt and do not check whose certificate it is.",
            "The record, with what is wrong with it.",
            "Publish a record with usage 3, selector 1 and matching type 1, the SHA-256 of the server's public key, and remove those that cannot be used.";
        DaneOneRecord = "dane-one-record":
            "There is only one TLSA record",
            "The host has one TLSA record for one key. That is right today. When the key changes, the record of the new key must have been published before, or senders who check DANE keep the mail until it is.",
            "The TLSA records of the host.",
            "Nothing today. To be ready for a change of keys, publish a second record for the next key, or keep the key when the certificate is renewed (certbot: --reuse-key).";
        DaneCannotTell = "dane-cannot-tell":
            "Whether there are TLSA records cannot be told here",
            "The name servers that this machine uses pass on no DNSSEC signatures, or could not be asked, so nothing can be said about the domain's TLSA records: neither that there are some nor that there are none. That is a matter of this machine and its network, and says nothing about the domain.",
            "The answers to a question for signatures that every validating name server has.",
            "Ask a name server that passes signatures on: --dns-server with the address of one. Many home routers, and the name servers of some containers and virtual private networks, pass on none.";
        MtaStsHostNotCovered = "mta-sts-host-not-covered":
            "The MTA-STS policy leaves out a mail host",
            "The MX records name a host that no `mx` line of the domain's MTA-STS policy covers (RFC 8461, section 4.1). With the mode `enforce`, senders who check MTA-STS do not deliver to it (an error); with `testing` they deliver and report it (a warning).",
            "The patterns of the policy, and the host in the MX record.",
            "Add the host to the policy with an `mx` line and give the record at _mta-sts a new id, or take the host out of the MX records.";
        MtaStsCertificateInvalid = "mta-sts-certificate-invalid":
            "The certificate is not valid for MTA-STS",
            "The domain's MTA-STS policy covers the mail host, and the certificate at its port 25 is not valid for it: it must name the host, be in date, and lead to a public CA (RFC 8461, section 4.2). With the mode `enforce`, senders who check MTA-STS do not deliver there (an error); with `testing` they deliver and report it (a warning). A TLSA record changes nothing for senders who check MTA-STS alone.",
            "The faults of the certificate that the server shows on port 25.",
            "Give port 25 a certificate of a public CA for the name of the MX record, with its whole chain.";
        MtaStsNoStarttls = "mta-sts-no-starttls":
            "There is no TLS where the MTA-STS policy promises it",
            "The domain has an MTA-STS policy, and port 25 of the mail host has no TLS for senders who check it (RFC 8461, section 4). With the mode `enforce` they do not deliver there (an error); with `testing` they deliver and report it (a warning).",
            "What the server offers on port 25.",
            "Turn STARTTLS on for port 25, with TLS 1.2 or later and a certificate of a public CA for the name of the MX record.";
        MtaStsRecordInvalid = "mta-sts-record-invalid":
            "The record for MTA-STS cannot be used",
            "There is a TXT record that is meant to announce an MTA-STS policy, and senders cannot use it: they act as if there were no policy (RFC 8461, section 3.1).",
            "The record, and what is wrong with it.",
            "Publish exactly one TXT record at _mta-sts.DOMAIN: `v=STSv1; id=20261101T000000;`, with letters and digits of your own as the id.";
        MtaStsPolicyUnreachable = "mta-sts-policy-unreachable":
            "The MTA-STS policy cannot be fetched",
            "A TXT record announces an MTA-STS policy, and the file could not be fetched from here. Senders who cannot fetch it either go by a copy that they have kept, and else as if there were no policy (RFC 8461, section 3.3).",
            "What came of the request for https://mta-sts.DOMAIN/.well-known/mta-sts.txt.",
            "Serve the file at exactly that address, over HTTPS, with a certificate that is valid for the name mta-sts.DOMAIN, the status 200 and no redirect.";
        MtaStsPolicyInvalid = "mta-sts-policy-invalid":
            "The MTA-STS policy cannot be used",
            "The file with the MTA-STS policy came and is not a policy that senders can use (RFC 8461, section 3.2): they go by a copy that they have kept, and else as if there were no policy.",
            "What is wrong with the file.",
            "Correct the file. It needs the lines `version: STSv1`, `mode:`, `max_age:` and an `mx:` line for each mail host.";
        MtaStsPolicyRemark = "mta-sts-policy-remark":
            "Something in the MTA-STS policy is odd",
            "Senders can use the MTA-STS policy, and something in it or in the record that announces it is not as it should be, or protects less than it could: a short life, a field that nobody knows, a field that stands there twice.",
            "The line of the file, or the part of the record.",
            "Correct what the message tells, and give the record at _mta-sts.DOMAIN a new id. With `max_age` of a week or more, senders remember the policy long enough for it to protect.";
        TlsRptInvalid = "tls-rpt-invalid":
            "The record for TLS reports cannot be used",
            "There is a TXT record that is meant to say where senders report failures of TLS to (RFC 8460), and senders cannot use it: no reports come.",
            "The record, and what is wrong with it.",
            "Publish exactly one TXT record at _smtp._tls.DOMAIN: `v=TLSRPTv1; rua=mailto:tls-reports@DOMAIN`, with an address that exists.";
        TlsRptRemark = "tls-rpt-remark":
            "Something in the record for TLS reports is odd",
            "Senders can use the record that says where they report failures of TLS to (RFC 8460), and a part of it is not as it should be: an address to which no report can go, a field that stands there twice.",
            "The record, and the part that is meant.",
            "Correct that part of the TXT record at _smtp._tls.DOMAIN, or leave it out. Addresses begin with `mailto:` or `https:` and have commas between them.";
        PaccDigestMismatch = "pacc-digest-mismatch":
            "The digest of the settings file is out of date",
            "The domain publishes a file with the settings for mail programs and its SHA-256 in the DNS (draft-ietf-mailmaint-pacc), and the two do not agree. Mail programs do not use the file then. The usual reason is a file that was changed after its digest was published.",
            "The digests in the TXT record, and the SHA-256 of the file that was fetched.",
            "Publish the SHA-256 of the file as it is now in the TXT record at _ua-auto-config.DOMAIN, beside the old one until that is out of every cache.";
        PaccUnreachable = "pacc-unreachable":
            "The settings file that the DNS announces cannot be fetched",
            "A TXT record announces a file with the settings for mail programs (draft-ietf-mailmaint-pacc), and it could not be fetched from here.",
            "What came of the request.",
            "Serve the file at https://ua-auto-config.DOMAIN/.well-known/user-agent-configuration.json, with a certificate that is valid for that name, or remove the TXT record.";
        PaccInvalid = "pacc-invalid":
            "The record or the file with settings for mail programs cannot be used",
            "The domain announces a file with the settings for mail programs (draft-ietf-mailmaint-pacc), and the TXT record or the file is not well formed. Mail programs do not use it.",
            "The record, or what is wrong with the file.",
            "Correct the TXT record at _ua-auto-config.DOMAIN (`v=UAAC1; a=sha256; d=` and the SHA-256 of the file in base64), or the file.";
    }
    "Logging in" {
        LoginBackendHangs = "login-backend-hangs":
            "The login process does not respond",
            "The server greets with the remark that it is still waiting for its authentication process, and then stays silent.",
            "A greeting that says so, as Dovecot's does, and no answer after it.",
            "On the server, look at the login process and what it asks (a database, LDAP, PAM), and restart it.";
        PlaintextLoginOffered = "plaintext-login-offered":
            "Logins are offered before TLS",
            "The server offers login before TLS: a careless mail program would send its password in the clear.",
            "AUTH with PLAIN or LOGIN, USER, or IMAP without LOGINDISABLED, in the list before TLS.",
            "Configure the server to allow logins only inside TLS.";
        LoginOfferedToOwnHost = "login-offered-to-own-host":
            "Logins before TLS are offered to this machine itself",
            "To this machine, where it runs itself, the server offers login before TLS. Whether it does so to others was not seen: Dovecot takes such connections for safe ones.",
            "A list before TLS with a login in the clear, from a Dovecot server whose address is also that of our own end.",
            "To see what others are offered, run mailprobe on another machine.";
        LoginNotOffered = "login-not-offered":
            "No login is offered",
            "A submission port offers no login (AUTH) inside TLS, so mail programs cannot submit mail with a password.",
            "A list of capabilities inside TLS without AUTH.",
            "Enable authentication for this port on the server, and check that its login backend is running.";
        LoginAccepted = "login-accepted":
            "The login is accepted",
            "The server accepted the name with the password or token. The mailbox was not opened.",
            "The server's positive reply at the end of the login, and its proof that it knows the password where the mechanism has one (SCRAM).",
            "Nothing.";
        LoginWrongPassword = "login-wrong-password":
            "The name or password is refused",
            "The server refuses the name and password, and does not say which of them it dislikes. Many servers say just the same where an app password is wanted, or where IMAP, POP or the whole account is switched off.",
            "SMTP: 535 with 5.7.8 or 5.7.3, or words such as \"authentication failed\". IMAP: [AUTHENTICATIONFAILED]. POP3: [AUTH].",
            "Check the name first: most servers want the whole mail address. Try the same name and password on the provider's web page. If they work there, look for app passwords and for IMAP, POP or SMTP in its settings. Do not try again and again: servers lock accounts for that.";
        LoginAppPasswordWanted = "login-app-password-wanted":
            "An app password is wanted",
            "The server does not take the account's own password from mail programs, only one that was made for a single program: an app password, application-specific password or authorization code.",
            "Words to that effect in the refusal.",
            "Make an app password in the account's security settings on the web, and use it in the mail program in place of the account's own. Most providers want two-step verification turned on first.";
        LoginPasswordsOff = "login-passwords-off":
            "Logins with a password are switched off",
            "The server takes no passwords, for this mailbox or for the whole organization. An administrator or the provider has switched that off (Microsoft calls it basic authentication, and SMTP AUTH for sending). The password may well be right.",
            "Words to that effect in the refusal: \"basic authentication is disabled\", \"SmtpClientAuthentication is disabled for the Tenant\".",
            "Use a mail program that signs in with OAuth. Where a device or script can only use a password, ask the administrator whether it can be allowed for that one mailbox.";
        LoginSecondFactorWanted = "login-second-factor-wanted":
            "More than the password is wanted",
            "The server wants a second factor, or a sign-in in the browser, before it lets a mail program in. A mail program cannot give that with a password.",
            "Words to that effect in the refusal: a second factor, or \"log in via your web browser\".",
            "Sign in to the account in a browser and answer what is asked there. Then use OAuth or an app password in the mail program.";
        LoginPasswordExpired = "login-password-expired":
            "The password has expired",
            "The server says that the password has expired, or must be changed before it is accepted again.",
            "IMAP: the response code [EXPIRED]. Elsewhere words to that effect.",
            "Change the password where the provider or the administrator says, then use the new one in the mail program.";
        LoginAccountLocked = "login-account-locked":
            "The account is locked",
            "The server says that the account is locked or blocked, mostly after too many failed logins or because something looked suspicious. The password may be right.",
            "Words to that effect in the refusal.",
            "Find the program or device that still tries an old password, and stop it. Then wait, or have the administrator or the provider unlock the account.";
        LoginThrottled = "login-throttled":
            "Too many logins or connections",
            "The server takes no login for now: there were too many logins, failed logins or connections, or another program has the mailbox open (POP3 allows one at a time). The password was perhaps not looked at.",
            "IMAP: [LIMIT] or [INUSE]. POP3: [IN-USE] or [LOGIN-DELAY]. SMTP: 421, 432, 451 or 454. Or words to that effect.",
            "Wait a quarter of an hour, close other mail programs that use the account, and try once more.";
        LoginAccountDisabled = "login-account-disabled":
            "The account is disabled",
            "The server says that the account is disabled, suspended or inactive.",
            "Words to that effect in the refusal, or 525 5.7.13.",
            "Ask the administrator or the provider. Some accounts only have to be signed in to on the web once.";
        LoginServiceOff = "login-service-off":
            "IMAP, POP or SMTP is switched off for the mailbox",
            "The server says that this mailbox may not be used over this protocol. Many providers have IMAP and POP switched off until the user turns them on.",
            "Words to that effect in the refusal.",
            "Turn on access for mail programs (IMAP, POP3 or SMTP) in the mailbox's settings on the web, or ask the administrator to allow it.";
        LoginMechanismRefused = "login-mechanism-refused":
            "The login method is refused",
            "The server does not take the login method (SASL mechanism) that was used, although it is on its list, or takes no login at this point at all. The password was not looked at.",
            "SMTP: 503 or 504 in answer to AUTH. Words such as \"no mechanism available\" or \"mechanism not supported\".",
            "On the server, compare the list of mechanisms it offers with what its login backend can do. A mechanism that needs the password itself, such as SCRAM or CRAM-MD5, does not work where only a hash of it is stored.";
        LoginTokenRefused = "login-token-refused":
            "The token is refused",
            "The server refuses the OAuth token: it has expired, it was issued for something else (its scope), or it belongs to another user.",
            "A refusal of XOAUTH2 or OAUTHBEARER, often after a challenge in JSON with a status such as 400, 401 or invalid_token.",
            "Get a new token: most are good for an hour. Check its scope (Google: https://mail.google.com/; Microsoft: IMAP.AccessAsUser.All, POP.AccessAsUser.All, SMTP.Send) and that the user name is the account it was issued for.";
        LoginBackendDown = "login-backend-down":
            "The login does not work for now",
            "The server cannot check logins for now: what it asks (a database, LDAP, PAM, an authentication process) is down or does not answer. This says nothing about the password.",
            "IMAP: [UNAVAILABLE]. POP3: [SYS/TEMP]. SMTP: 454 4.7.0, 435. Or words such as \"temporary authentication failure\".",
            "If you run the server, look at the log of its login process and at what that asks. Otherwise try again later, and tell whoever runs it.";
        LoginNoAnswer = "login-no-answer":
            "The login was not answered",
            "The server did not answer the login: it stayed silent or ended the connection. Some servers do that to refused passwords, Microsoft's among them.",
            "No reply to the login before the time was over or the connection ended.",
            "Check the name and password on the provider's web page. If you run the server, look at its log for that time.";
        LoginServerUnproven = "login-server-unproven":
            "The server did not prove that it knows the password",
            "The login broke the rules of its mechanism: with SCRAM, the server must prove that it knows the password, too, and it did not. It may not be the server that it claims to be, or it is faulty.",
            "A challenge or a final message that is not valid in the mechanism (RFC 5802, section 3).",
            "Do not log in there until that is explained. If you run the server, look at its log and update it.";
        LoginNoMechanism = "login-no-mechanism":
            "No login method can be used",
            "The server offers no login method that fits: none at all, none that takes a password, or none that takes a token.",
            "The list of mechanisms inside TLS.",
            "If it offers only OAuth, give a token instead of a password. If you run the server, check which mechanisms it is meant to offer.";
        LoginWithheld = "login-withheld":
            "The password was not sent",
            "No login was tried, so that the password or token stays safe: the connection is not encrypted, or the certificate does not prove whose server this is.",
            "No TLS, or a fault of the certificate, at the time of the login.",
            "Mend what the other findings say about TLS or the certificate, then run it again.";
        LoginNotTried = "login-not-tried":
            "No login was tried here",
            "No login was tried at this address: one attempt is made for a service in a run, and none after two have been refused, since servers lock accounts and addresses that fail too often.",
            "The attempts that were made elsewhere in the same run.",
            "Nothing. To log in at just this address, name it, and run it by itself.";
        LoginRefused = "login-refused";
        LoginUnavailable = "login-unavailable";
    }
    "Sending a message" {
        RecipientTaken = "recipient-taken":
            "The recipient is accepted",
            "The server accepted the recipient in answer to RCPT TO. That proves acceptance there and nothing more: a server may still refuse the message, or drop it, and many accept every name.",
            "A reply of 250 to RCPT TO. No message was sent.",
            "Nothing. To know that a mailbox is read, write to it.";
        RecipientGreylisted = "recipient-greylisted":
            "Greylisted: the server wants a second try",
            "The server puts off senders that it does not know yet (greylisting): it takes the same sender and recipient from the same address some minutes later. That is no fault, and says nothing about the recipient.",
            "A temporary refusal (4xx) that says so.",
            "Mail servers try again by themselves, so there is nothing to do. To ask again by hand, wait for the time that the reply names, or a quarter of an hour.";
        RecipientUnknown = "recipient-unknown":
            "The server knows no such address",
            "The server says that the recipient's address does not exist there.",
            "A permanent refusal with the code 5.1.1, or with words such as \"user unknown\" or \"no such user\".",
            "Check the spelling. If it is right, ask the recipient by other means; if you run the server, look for the mailbox or alias and for the list of domains it takes mail for.";
        RecipientMailboxFull = "recipient-mailbox-full":
            "The recipient's mailbox is full",
            "The server says that the recipient's mailbox has no room left.",
            "The code 4.2.2 or 5.2.2, or words such as \"over quota\".",
            "Tell the recipient by other means. If it is your mailbox, delete mail (and empty the trash) or have the quota raised.";
        RecipientDisabled = "recipient-disabled":
            "The recipient's mailbox is disabled",
            "The server says that the mailbox exists and takes no mail: it is disabled, suspended or inactive.",
            "A permanent refusal with the code 5.2.1, or with words to that effect.",
            "If it is your mailbox, sign in to it on the web or ask the provider. Otherwise reach the recipient by other means.";
        RecipientRestricted = "recipient-restricted":
            "The recipient takes mail only from some senders",
            "The recipient exists and is set up to take mail only from certain senders, mostly those of its own organization.",
            "Exchange's codes 5.7.12, 5.7.124 and 5.7.133 to 5.7.136, or words to that effect.",
            "Ask an administrator of the recipient's organization to allow senders from outside for this address.";
        RecipientsAllTaken = "recipients-all-taken":
            "The server accepts every recipient",
            "The server accepted a made-up recipient as well. So the acceptance of the real one does not show that it exists.",
            "A reply of 250 to RCPT TO for a random name of the same domain.",
            "Nothing, if the domain is meant to accept everything. If you run the server, have it refuse unknown recipients in the dialogue: what it accepts and cannot deliver it must bounce, mostly to forged senders.";
        RecipientNotVerified = "recipient-not-verified":
            "The server does not say whether the recipient exists",
            "The server takes the recipient without checking it, or passes it on to another server.",
            "A reply of 251 or 252 to RCPT TO.",
            "Nothing. Whether the address exists shows later, in a bounce.";
        RelayDenied = "relay-denied":
            "The server does not relay to this recipient",
            "The server takes mail for its own domains, and passes on mail for others only for those who log in. The recipient's domain is not one of its own. For a stranger that is the right answer.",
            "Words such as \"relay access denied\", \"relaying denied\" or \"unable to relay\".",
            "To send through this server, log in on port 465 or 587. To reach the recipient, ask the mail hosts of its domain (MX). If the domain is meant to be one of this server's own, add it there.";
        LoginWanted = "login-wanted":
            "A login is wanted first",
            "The server takes mail only after a login. On the submission ports (465 and 587) that is the right answer.",
            "The code 530, or words such as \"authentication required\".",
            "Mail programs: turn on the login for outgoing mail. Mail servers deliver to port 25 of the domain's mail hosts (MX) instead.";
        TlsWanted = "tls-wanted":
            "TLS is wanted first",
            "The server takes mail, or a login, only on an encrypted connection.",
            "The code 530 or 538, IMAP's [PRIVACYREQUIRED], or words such as \"must issue a STARTTLS command first\".",
            "Use STARTTLS, or the port with TLS from the start.";
        SenderDomainRefused = "sender-domain-refused":
            "The sender's domain is refused",
            "The server refuses the sender's address because of its domain: the domain has no mail host (MX) or address in the DNS, accepts no mail (null MX), or could not be looked up.",
            "The code 4.1.8, 5.1.8 or 5.7.27, or words such as \"domain of sender address does not exist\".",
            "Check the domain after the @ of the sender: it needs an MX record or an address. If it has one, the server's name lookup failed: try again later.";
        SenderRefused = "sender-refused":
            "The sender is refused",
            "The server refuses the sender's address: it does not exist, it is not yours to use with this login, it is banned, or this machine may not send for its domain (SPF).",
            "A permanent refusal with words to that effect, or the code 5.1.7 or 5.7.23.",
            "Use a sender address that exists and that belongs to the login. For SPF, add this machine's address to the domain's record, or send through the domain's own server.";
        Smtputf8NotOffered = "smtputf8-not-offered":
            "The server does not take addresses beyond ASCII",
            "The sender's or the recipient's address has letters beyond ASCII before the @, and the server does not offer the extension that such mail needs (SMTPUTF8). So nothing was asked: a mail server would send the message back.",
            "An address that is not ASCII, and a list of capabilities without SMTPUTF8.",
            "Ask the recipient for an address in ASCII. If you run the server, turn SMTPUTF8 on (Postfix: smtputf8_enable=yes).";
        MailThrottled = "mail-throttled":
            "Too much mail for now",
            "The server takes no mail from here, or for this recipient, for now: there was too much in too short a time.",
            "Words to that effect, or a code such as 4.7.28, 5.2.121 or 4.4.5.",
            "Wait, and send less at a time. Mail servers try again by themselves after a temporary refusal (4xx).";
        MailServerFault = "mail-server-fault":
            "The server has trouble of its own",
            "The server takes no mail for now because of something on its side: its disk, its settings, its database or its name lookup. That is no fault of yours.",
            "A temporary refusal with a code 4.3.x, or with words such as \"temporary local problem\".",
            "Try again later; mail servers do so by themselves. If you run the server, look at its log, its disk and its back ends.";
        SubmissionWithoutLogin = "submission-without-login":
            "A sender is taken for submission without a login",
            "A port for mail programs accepts a sender without a login. That does not show that it takes mail without one: many servers refuse only the recipient, as Postfix does by default.",
            "A reply of 250 to MAIL FROM:<> without a login on a submission port.",
            "If you run the server, ask it about a recipient as well: mailprobe --open-relay --i-run-this-server HOST:587.";
        StarttlsEnforced = "starttls-enforced":
            "STARTTLS is insisted on",
            "The server takes no sender before STARTTLS, so no mail reaches it unencrypted.",
            "A refusal of MAIL FROM:<> before STARTTLS with the code 530, or with words such as \"must issue a STARTTLS command first\" (--starttls-enforced asks for it).",
            "Nothing.";
        StarttlsNotEnforced = "starttls-not-enforced":
            "STARTTLS is not insisted on",
            "The server accepts a sender before STARTTLS. So it does not insist on TLS, or not before the recipient or the login.",
            "A reply of 250 to MAIL FROM:<> before STARTTLS (--starttls-enforced asks for it).",
            "On port 587, require TLS (Postfix: smtpd_tls_security_level=encrypt for it). On port 25 this is usual: public servers must take mail from those who have no TLS (RFC 3207).";
        StrangersRecipientAccepted = "strangers-recipient-accepted":
            "A stranger's recipient is accepted",
            "Without a login, the server accepted a recipient of a domain that is not its own. That is not yet proof of an open relay: some servers refuse only the message itself.",
            "A reply of 250 to RCPT TO for a domain that accepts no mail (--open-relay asks for it).",
            "Check which domains and addresses the server relays for, and whether it trusts this machine's address. Then ask with a foreign sender as well: --sender ADDRESS.";
        OpenRelay = "open-relay":
            "The server seems to relay for everybody",
            "Without a login, the server accepted a sender and a recipient of domains that are both not its own. Whoever finds that sends spam through it, and the server ends up on blocklists.",
            "Replies of 250 to MAIL FROM and RCPT TO, both with domains of others (--open-relay with --sender asks for it). No message was sent.",
            "Close it now: relay only for those who log in (Postfix: smtpd_relay_restrictions) and for addresses of your own network. Then ask again.";
        MailRefused = "mail-refused";
        MailDeferred = "mail-deferred";
    }
    "Who answers" {
        Intercepted = "intercepted";
        InterceptionSuspected = "interception-suspected":
            "Probably something decrypts TLS",
            "Probably a mail shield on this machine, or a firewall on this network, decrypts TLS in between.",
            "A certificate whose issuer has the name of such a product.",
            "Compare from another network. If the issuer differs there, look for the product on this machine or this network.";
        GreetingNamesAnotherHost = "greeting-names-another-host":
            "The greeting names another host",
            "The greeting names a host of another domain. That is common with hosted mail; it may also be a proxy that answers instead.",
            "The first word of an SMTP greeting, and no good certificate that shows whose server it is.",
            "Nothing, if the mail is hosted there. Otherwise compare from another network.";
    }
    "Outbound port 25" {
        SharedGreeting = "shared-greeting":
            "Different operators greet with the same name",
            "Mail hosts of different operators greet with the same name: one machine on the path answers for all of them.",
            "The first word of the greetings that `mailprobe blocked` got, where no good certificate shows whose servers they are.",
            "Ask whoever runs this network what intercepts connections to port 25.";
        SubmissionBlocked = "submission-blocked":
            "A port for mail programs is blocked too",
            "Port 465 or 587 could not be reached on any of several hosts, though other connections succeeded.",
            "Connections that `mailprobe blocked` tried to make to well-known submission hosts.",
            "Use the other of the two ports, if it is open. Ask whoever runs this network to open this one.";
        ReferenceDown = "reference-down":
            "One mail host of several does not answer",
            "A host that `mailprobe blocked` tried gave no answer on port 25 while the others did. Hosts fail: this proves nothing.",
            "The result of that one host.",
            "Nothing.";
        FamilyWithoutNetwork = "family-without-network":
            "An address family reaches nothing",
            "This machine has a route for IPv4 or IPv6, but nothing gets through on any port.",
            "Every connection that `mailprobe blocked` tried over this family failed.",
            "Fix it on this network, or turn it off: programs waste time trying it.";
        OwnHost = "own-host":
            "The host is this machine",
            "The host has an address of this machine. A connection from inside bypasses the firewalls that one from outside has to pass.",
            "The machine's own addresses, and those that servers see it as.",
            "Run the check on a machine in another network.";
        ReverseNameUnconfirmed = "reverse-name-unconfirmed":
            "The reverse DNS name does not resolve back",
            "This machine's public address has a reverse DNS name (PTR), but that name has another address or none. Receiving servers distrust such senders.",
            "The addresses that servers reported in their EHLO replies, their PTR records, and the addresses of those names.",
            "For a mail server: have the PTR record set to a name that resolves back to the address.";
        ReverseNameConfirmed = "reverse-name-confirmed":
            "The reverse DNS name resolves back",
            "This machine's public address has a reverse DNS name (PTR) that resolves back to it, as receiving servers expect of a sender.",
            "The addresses that servers reported in their EHLO replies, their PTR records, and the addresses of those names.",
            "Nothing.";
        HostingBlocksPorts = "hosting-blocks-ports":
            "The hosting company is reported to block mail ports",
            "The check seems to run at a company or on a platform that blocks outbound mail ports, by its own documentation or by what others report. The message says which, with the date. It comes from published sources, not from a measurement.",
            "What the machine's firmware says about its manufacturer (DMI, on Linux), and the environment variables that platforms set.",
            "If the port turns out to be blocked, do what the hint says; not every company opens it for those who ask.";
    }
    "Expectations" {
        ExpectationNotMet = "expectation-not-met":
            "An expectation is not met",
            "Something is not as you expected (--expect and the like, or a configuration file). The server need not be broken.",
            "The expectation and what was found. With --format json, all of them are listed, including those that are met.",
            "Correct the server, or the expectation.";
    }
    "Several tries" {
        Flapping = "flapping":
            "The server answers differently from one try to the next",
            "With --retries, several tries got different answers. A try without an answer does not count: packets get lost.",
            "The states of all tries, in order.",
            "Look for several servers behind one address, one of them broken, and for connection limits.";
    }
    "mailprobe itself" {
        DeadlineReached = "deadline-reached":
            "The run's time limit was reached",
            "The time limit of the whole run was reached before anything was proven.",
            "The limit of --deadline, reached during a check.",
            "Give the run more time with a longer --deadline.";
        Interrupted = "interrupted";
        LocalError = "local-error";
        InternalError = "internal-error";
        Inconclusive = "inconclusive";
    }
}
