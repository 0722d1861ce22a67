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
        AddressFamilyLookupFailed = "address-family-lookup-failed":
            "One address family could not be looked up",
            "The lookup of the host's IPv4 or IPv6 addresses failed, while that of the other family answered.",
            "A failure or a timeout for one family, an answer for the other.",
            "Some mail programs will wait or fail. Ask whoever runs the domain's DNS to look at the answers for that family.";
        AddressFamilySkipped = "address-family-skipped":
            "One address family was left out",
            "This machine has no route at all for IPv4 or for IPv6, so those addresses were not tried.",
            "No route for the family in this machine's own table.",
            "Nothing, if this machine is meant to be without it. Else look at its network connection.";
    }
    "The servers of a mail domain" {
        NoServerNamed = "no-server-named":
            "No server was found",
            "No source names a server of the mail domain.",
            "The answers of every source that was asked: MX and SRV records, autoconfiguration, the built-in table.",
            "Check the spelling. If you know the mail host, probe it by its name; --guess tries the usual names.";
        MxMissing = "mx-missing":
            "There is no MX record",
            "The domain has no MX record, so mail for it goes to the host of the domain's own name (RFC 5321, section 5.1).",
            "The DNS knows the name and has no MX record for it.",
            "Publish an MX record that names the mail host; or a null MX (RFC 7505) if the domain takes no mail.";
        MxIsAlias = "mx-is-alias":
            "An MX record names an alias",
            "An MX record names an alias instead of a host. RFC 2181 forbids it, and some mail servers refuse to follow it.",
            "The name in the MX record has a CNAME record.",
            "Put the host's own name into the MX record.";
        MxIsNoName = "mx-is-no-name":
            "An MX record names no host",
            "An MX record holds an address, or something else that is no host name. Mail servers cannot use it.",
            "What stands in the record.",
            "Give the host a name, and put that into the MX record.";
        UnusableServer = "unusable-server":
            "A server cannot be used",
            "A source names a server by something that is no host name or no port; or its name needs the part of the mail address before the @, which mailprobe tells nobody.",
            "What the source says.",
            "If you run the domain, repair the record or the file.";
        PlaintextPublished = "plaintext-published":
            "Mail programs are told to go without encryption",
            "The domain's autoconfiguration file names a server without TLS: mail programs send passwords where everybody on the way can read them.",
            "The file's socketType is \"plain\".",
            "Offer TLS on that server, and say so in the file: socketType SSL, or STARTTLS.";
        RecordLookupFailed = "record-lookup-failed":
            "Records could not be looked up",
            "The domain's MX or SRV records are not known, so servers may be missing from the report.",
            "No name server answered in time, or one answered with a failure; which one, the evidence says.",
            "Check this machine's name servers. If other names work, the fault is in the domain's DNS.";
        SlowNameServer = "slow-name-server":
            "The name servers are slow",
            "The lookup of the domain's records took more than three seconds. Mail servers and mail programs wait for it, and some give up.",
            "The time between the question and the answer.",
            "Try another name server with --dns-server. If it is as slow, check the domain's: one of them may be down.";
        AutoconfigUnusable = "autoconfig-unusable":
            "The autoconfiguration file cannot be used",
            "Mail programs look for a file with their settings. It is broken, too large, or redirects in a circle (a warning); or the place for it could not be asked (good to know).",
            "Where it was looked for, and what came instead.",
            "If you run the domain, repair the file, or see to it that nothing answers in its place.";
        SourcesDisagree = "sources-disagree":
            "Sources disagree",
            "SRV records and autoconfiguration name different servers for the same purpose. Which one a mail program asks is up to the program.",
            "Both name servers for that purpose, and not one is in both.",
            "Publish the same servers in both places.";
        NoPasswordLogin = "no-password-login":
            "No login with a password",
            "The provider takes no password from mail programs, whatever login methods its servers list. Everything can work, and the login still fails.",
            "The built-in provider table says so, or the domain's autoconfiguration file.",
            "Use a mail program that knows OAuth, a sign-in in the browser.";
        ProviderRemark = "provider-remark":
            "Something to know about the provider",
            "The built-in provider table has a remark about the domain's provider.",
            "The table, as `mailprobe providers` shows it with its source and date.",
            "Read the remark.";
    }
    "The connection" {
        ConnectionRefused = "connection-refused";
        ConnectionTimeout = "connection-timeout";
        RejectedByHost = "rejected-by-host":
            "The host's own address refused",
            "An ICMP message with the host's own address refused the connection. Probably its firewall.",
            "An ICMP error whose sender is the address that was probed.",
            "Allow the port in the firewall of the host.";
        RejectedByRouter = "rejected-by-router":
            "Somebody on the way refused",
            "Not the host but a router or firewall on the way refused, or the packets went in circles.",
            "An ICMP error whose sender is another address than the one probed.",
            "Ask whoever runs the address that is named to allow the port, or to look at its routes.";
        RejectedByThisMachine = "rejected-by-this-machine":
            "This machine refused",
            "A firewall rule, a route or a security module on this machine itself forbids the connection.",
            "An error before anything was sent, or an ICMP message from one of this machine's own addresses.",
            "Look at this machine's firewall rules for outgoing connections and at `ip route get` with the address.";
        RejectedByUnknown = "rejected-by-unknown":
            "Somebody refused, and it is not known who",
            "The network refuses the connection, and this system does not tell who says so.",
            "The system's error alone.",
            "Check this machine's routes and firewall first, then try the same from another network.";
        NoNeighbour = "no-neighbour":
            "Nobody answers on the local network",
            "No machine answered for the address, or for the gateway to it, on the local network.",
            "An error that Linux reports as an ICMP message from this machine itself when ARP or NDP brings no answer.",
            "Check that the host (or the gateway) is up, and that its address is right.";
        NoRoute = "no-route":
            "No route to the address",
            "This machine has no route to the address.",
            "The system's error before anything was sent.",
            "Check this machine's network connection. To leave one address family out, use -4 or -6.";
        ConnectFailed = "connect-failed":
            "The connection failed for another reason",
            "The connection could not be made, and the error names no cause.",
            "An error of the system that fits none of the other findings.",
            "The system's words are the evidence. Look at this machine's routes and rules.";
    }
    "The way to the port" {
        BlockedNearby = "blocked-nearby":
            "Blocked on this machine or at the first hop",
            "Packets to the port vanish, or are refused, before the first router answers for them. Those to another port of the same host get through.",
            "Silence or a reset for the port from the first hop on, while the other port's packets travel on.",
            "Look at this machine's own firewall for outgoing connections, and at mail shields of antivirus programs. Then look at the first router.";
        BlockedOnPath = "blocked-on-path":
            "Blocked on the way",
            "Between two hops on the way to the host, packets to the port vanish or are refused. Those to another port of the same host get through.",
            "Routers that answered for the port up to a hop, none beyond it, and answers for the other port beyond it.",
            "Ask whoever runs the network between the two hops to let the port through. Mail programs can use 465 or 587 instead of 25.";
        BlockedAtDestination = "blocked-at-destination":
            "Blocked at the host or just before it",
            "Packets to the port come as far as the last router. There, or at the host, they vanish or are refused; the two cannot be told apart.",
            "Routers that answered for the port up to the last hop before the host.",
            "Ask whoever runs the host: its firewall, or the one in front of it, blocks the port.";
        PathOpen = "path-open":
            "The way is open now",
            "When the way was traced, the port answered. What kept it from answering before has passed.",
            "A connection that failed before and was made while the way was traced.",
            "Probe again.";
        PathUnclear = "path-unclear":
            "Where it stops cannot be told",
            "The routers on the way do not answer, or the other port gets no further, so the place of the block is not known.",
            "Silence for both ports, or answers that contradict each other.",
            "Trace again from another network, or towards another host.";
        PathNotTraced = "path-not-traced":
            "The way could not be traced",
            "This system does not tell which router answered, or this machine lacked what tracing needs.",
            "The system's own word.",
            "Trace from a Linux machine with a kernel of 5.9 or later.";
    }
    "The connection" {
        PortNotOffered = "port-not-offered":
            "A port is not offered",
            "A port of a host that was probed as a whole is closed, while others work, and that is taken as meant. Or the provider is known not to offer it.",
            "The port is closed on every address, and another port of the host passes; or the built-in provider table says so.",
            "Nothing. If the port should work, name it: mailprobe host:port. `mailprobe providers` lists what a provider offers.";
    }
    "The dialogue" {
        NoGreeting = "no-greeting";
        GreetingTooSlow = "greeting-too-slow";
        SlowGreeting = "slow-greeting":
            "The greeting took long",
            "The greeting took more than three seconds. People notice that, and some mail programs give up after ten.",
            "The time between the connection and the end of the greeting. Between servers (port 25) it is a usual guard against spammers.",
            "Look at what the server does before it greets: a name lookup, a blocklist, or a login back end that is down.";
        ReplyTimeout = "reply-timeout";
        ConnectionClosed = "connection-closed";
        ConnectionReset = "connection-reset";
        ServiceRejected = "service-rejected";
        ServiceUnavailable = "service-unavailable";
        RateLimited = "rate-limited":
            "Too many connections",
            "The server refuses for now because there were too many connections, or too fast.",
            "Words to that effect in the refusal.",
            "Wait some minutes and try again, with fewer checks at a time.";
        AddressBlocklisted = "address-blocklisted":
            "Your address is on a blocklist",
            "The server refuses because this machine's public address is on a blocklist. That is about your address, not about the port.",
            "Words to that effect in the refusal. The list's name and look-up page are shown where the reply has them.",
            "Look the address up at the list and ask for removal there. Homes and clouds send through their provider's submission port.";
        PoorReputation = "poor-reputation":
            "Your address has a poor reputation",
            "The server refuses because this machine's public address has a poor reputation. That is about your address, not about the port.",
            "Words to that effect in the refusal.",
            "Look the address up at the service that the reply names. Send through your provider's submission port meanwhile.";
        NoReverseName = "no-reverse-name":
            "Your address has no reverse name",
            "The server refuses because this machine's public address has no proper name in the reverse DNS (PTR).",
            "Words to that effect in the refusal.",
            "Ask the provider of your address to set a PTR record that matches the host's name.";
        NoMailService = "no-mail-service":
            "The host takes no mail",
            "The server says that it takes no mail at all (RFC 7504).",
            "The code 521, or words to that effect.",
            "Look up the domain's mail hosts (MX) and probe those.";
        HeloRefused = "helo-refused":
            "The name in EHLO was refused",
            "The server refuses the name that mailprobe gave with EHLO or HELO. The port itself works.",
            "A refusal of EHLO and HELO with the code 501 or 504, or with words about the name.",
            "Give a name that is right for this machine's public address, with --helo.";
        WrongProtocol = "wrong-protocol";
        CaptivePortalSuspected = "captive-portal-suspected":
            "Probably a captive portal",
            "Probably the login page of a hotspot or hotel network answers in the server's place.",
            "A web server that sends elsewhere or asks for a login, or a greeting that asks for a login on a web page, without a good certificate.",
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
            "A greeting of asterisks, or an offer replaced by a row of X. That TLS was removed is not proven: then it would be starttls-stripped.",
            "Ask whoever runs the firewall to turn its inspection of SMTP off (Cisco: `inspect esmtp`).";
        EhloNotSupported = "ehlo-not-supported":
            "EHLO is not known",
            "The server does not know EHLO, only HELO: it is very old, or something in between refuses EHLO.",
            "EHLO refused as unknown, HELO accepted.",
            "Update the server, or look for a device in between that inspects SMTP.";
        CapaNotSupported = "capa-not-supported":
            "CAPA is not known",
            "The server does not know CAPA (RFC 2449), so what it offers was found out by trying.",
            "CAPA refused.",
            "Nothing needs to be done: it is an old server, within the rules.";
        ImapPreauth = "imap-preauth":
            "Logged in from the start",
            "The IMAP server greets with PREAUTH: the session is logged in before anybody gave a password, and TLS cannot be asked for any more.",
            "The word PREAUTH in the greeting.",
            "If that is not meant so, look for somebody in between, and at the server's trusted addresses.";
    }
    "TLS" {
        TlsOnPlaintextPort = "tls-on-plaintext-port";
        PlaintextOnTlsPort = "plaintext-on-tls-port";
        TlsHandshakeFailed = "tls-handshake-failed";
        TlsVersionUnsupported = "tls-version-unsupported";
        RetiredSuitesOnly = "retired-suites-only":
            "Only old cipher suites",
            "The server takes only old cipher suites, without forward secrecy or authenticated encryption on elliptic curves. Mail programs of today do not offer them.",
            "The usual suites refused, and an old one chosen in TLS 1.2 when it was offered on a second connection.",
            "Turn on suites with ECDHE and AES-GCM or ChaCha20 in the server, and TLS 1.3, or update it.";
        LargeHelloDropped = "large-hello-dropped":
            "Large TLS hellos are dropped",
            "The TLS handshake fails with the usual large hello each time and works with a smaller one. Probably something on the way, or the server, drops hellos that do not fit into one packet.",
            "Four connections in a row: no handshake with a hello that has a post-quantum key, two completed ones without it, and again none with it.",
            "Update the firewall or load balancer in front of the server: it must take a hello in several packets.";
    }
    "The certificate" {
        CertificateExpired = "certificate-expired":
            "The certificate has expired",
            "The time of the server's certificate is over.",
            "Its last day, compared with this machine's clock.",
            "Renew it. If it was renewed already, make the server load the new one.";
        CertificateExpiresSoon = "certificate-expires-soon":
            "The certificate expires soon",
            "The certificate expires in less than two weeks; one made for a week or less, in the last third of its time.",
            "Its last day, compared with this machine's clock.",
            "Renew it now. If renewal is automatic, find out why it has not run, or why the server still uses the old one.";
        CertificateNotYetValid = "certificate-not-yet-valid":
            "The certificate is not valid yet",
            "The time of the server's certificate has not come.",
            "Its first day, compared with this machine's clock.",
            "Check this machine's clock first. If it is right, the certificate was issued with the wrong dates.";
        CertificateWrongName = "certificate-wrong-name":
            "The certificate does not name the host",
            "The certificate does not name the host that was asked for: it is for other names, which are shown, or names none where clients look.",
            "The alternative names of the certificate; the common name alone does not count.",
            "Use a name that the certificate is for, or have it issued again with this name added.";
        CertificateIssuerExpired = "certificate-issuer-expired":
            "A certificate in the chain has expired",
            "The server's certificate is in time, and one between it and the trusted authority is not.",
            "The dates of the certificates that the server sent.",
            "Make the server send the authority's current intermediate certificate.";
        CertificateUnknownIssuer = "certificate-unknown-issuer":
            "No trusted authority behind the certificate",
            "The chain of certificates ends before it reaches an authority that is trusted here. The message tells whether it ends at an unknown root, lacks a certificate, or was signed with another key than a trusted authority of the same name has.",
            "No path to Mozilla's or the system's authorities (--trust), nor to those in --ca-file. Missing certificates are never fetched.",
            "Make the server send the full chain. If the authority is your own, name its root with --ca-file.";
        CertificateSelfSigned = "certificate-self-signed":
            "The certificate is self-signed",
            "The certificate is self-signed, and nothing here vouches for it.",
            "Issuer and subject are the same, its own key signed it, and it is not in --ca-file.",
            "Get a certificate from a public authority. If this one is meant so, name it with --ca-file.";
        CertificateWrongPurpose = "certificate-wrong-purpose":
            "The certificate is not for servers",
            "The certificate is meant for something else than servers.",
            "Its extended key usage does not name server authentication.",
            "Have it issued again for server authentication.";
        CertificateUnusable = "certificate-unusable":
            "The certificate cannot be used",
            "The certificate, or one in its chain, cannot be used as TLS of today demands. The evidence says why.",
            "X.509 version 1, an RSA key under 2048 bits, a signature with SHA-1 or MD5, a bad encoding, signatures in its chain that do not fit, or a key that the server did not prove to hold.",
            "Have a new one issued: X.509 version 3, signed with SHA-256, with an RSA key of 2048 bits or more or an elliptic-curve key.";
        CertificateChainOrder = "certificate-chain-order":
            "The chain is in the wrong order",
            "The server sends its certificates in the wrong order. Most programs sort them; some old ones give up.",
            "A certificate that stands before one that it vouches for.",
            "Put the server's own certificate first in the file, then each one's issuer after it.";
        CertificateNeedlessRoot = "certificate-needless-root":
            "The chain has its root, too",
            "The server sends the root certificate too. It helps nobody: who trusts it has it already.",
            "A certificate of the chain that issued itself and whose name is that of a trusted authority.",
            "Leave the root out of the file with the chain. It only makes every handshake longer.";
    }
    "Logging in" {
        PlaintextLoginOffered = "plaintext-login-offered":
            "Logins are offered before TLS",
            "The server lets clients log in before TLS is up: a careless mail program would send its password in the clear.",
            "AUTH with PLAIN or LOGIN, USER, or IMAP without LOGINDISABLED, in the list before TLS.",
            "Set the server to allow logins only inside TLS.";
        LoginNotOffered = "login-not-offered":
            "No login is offered",
            "A submission port offers no login (AUTH) inside TLS, so mail programs cannot hand in mail with a password.",
            "A list of capabilities inside TLS without AUTH.",
            "Turn authentication on for this port in the server, and check that its login back end runs.";
    }
    "Somebody else" {
        Intercepted = "intercepted";
        InterceptionSuspected = "interception-suspected":
            "Probably somebody opens TLS",
            "Probably a mail shield on this machine, or a firewall of this network, opens TLS in between.",
            "A certificate whose issuer bears the name of such a product.",
            "Compare from another network. If the issuer differs there, look for the product on this machine or in this network.";
        GreetingNamesAnotherHost = "greeting-names-another-host":
            "The greeting names another host",
            "The greeting bears the name of another domain's host. That is usual with hosted mail; it may also be a proxy that answers instead.",
            "The first word of an SMTP greeting, and no good certificate that says whose server it is.",
            "Nothing, if the mail is hosted there. Else compare from another network.";
    }
    "Port 25 on the way out" {
        SharedGreeting = "shared-greeting":
            "Different operators greet with one name",
            "Mail hosts of different operators greet with the same name: one machine on the way answers for all of them.",
            "The first word of the greetings that `mailprobe blocked` got, where no good certificate says whose servers they are.",
            "Ask whoever runs this network what takes over its connections to port 25.";
        SubmissionBlocked = "submission-blocked":
            "A port for mail programs is blocked, too",
            "Port 465 or 587 gave no connection at any of several hosts, though other connections were made.",
            "Connections that `mailprobe blocked` tried to well-known submission hosts.",
            "Use the other of the two ports, if that is open. Ask whoever runs this network to open this one.";
        ReferenceDown = "reference-down":
            "One mail host of several does not answer",
            "A host that `mailprobe blocked` tried gave no answer on port 25 while the others did. Hosts fail: it proves nothing.",
            "The result of that one host.",
            "Nothing.";
        FamilyWithoutNetwork = "family-without-network":
            "A family of addresses reaches nothing",
            "This machine has a route for IPv4 or IPv6, and nothing gets through over it on any port.",
            "Every connection that `mailprobe blocked` tried over it failed.",
            "Repair it on this network, or turn it off: programs wait for it in vain.";
        OwnHost = "own-host":
            "The host is this very machine",
            "The host has an address of this machine. A connection from inside passes none of the firewalls that one from outside meets.",
            "The machine's own addresses, and those under which servers see it.",
            "Run the check on a machine in another network.";
        ReverseNameUnconfirmed = "reverse-name-unconfirmed":
            "The address's name does not lead back",
            "This machine's public address has a name in the reverse DNS (PTR), and that name has another address or none. Receivers of mail distrust such senders.",
            "The addresses that servers told in their EHLO replies, their PTR records, and the addresses of those names.",
            "For a mail server: have the PTR record set to a name that leads back to the address.";
        ReverseNameConfirmed = "reverse-name-confirmed":
            "The address's name leads back",
            "This machine's public address has a name in the reverse DNS (PTR) that leads back to it, as receivers of mail expect of a sender.",
            "The addresses that servers told in their EHLO replies, their PTR records, and the addresses of those names.",
            "Nothing.";
        HostingBlocksPorts = "hosting-blocks-ports":
            "The hosting company is documented to block mail ports",
            "The machine looks like one of a company that documents which outbound mail ports it blocks. That is what is written, not what was measured.",
            "What the machine's firmware says about its maker (DMI, on Linux).",
            "If the port is found blocked, ask the company as its documentation says.";
    }
    "What was expected" {
        ExpectationNotMet = "expectation-not-met":
            "What was expected is not so",
            "The user said what must be so (--expect and its kin, or a configuration file), and it is otherwise. The server need not be broken.",
            "The expectation beside what was found. With --format json, all of them are listed, those that hold as well.",
            "Correct the server, or the expectation.";
    }
    "Several tries" {
        Flapping = "flapping":
            "The server answers differently from try to try",
            "With --retries, several tries got answers that differ. A try without an answer is not counted: packets get lost.",
            "The states of all tries, in their order.",
            "Look for several servers behind one address, of which one is broken, and for limits on connections.";
    }
    "mailprobe itself" {
        DeadlineReached = "deadline-reached":
            "The run's time was over",
            "The time limit of the whole run was met before anything was proven.",
            "The limit of --deadline, met in the middle of a check.",
            "Give the run more time with a longer --deadline.";
        Interrupted = "interrupted";
        LocalError = "local-error";
        InternalError = "internal-error";
        Inconclusive = "inconclusive";
    }
}
