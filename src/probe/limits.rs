//! How long, how much and how many: every limit of a probe, with its reason.

use std::time::Duration;

use crate::observation::{Purpose, Stage};

/// A SYN is sent again after 1 s and 3 s (RFC 6298): three chances to be answered.
pub(super) const CONNECT: Duration = Duration::from_secs(5);

/// How long one try of an endpoint may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct TryLimits {
    /// The connection.
    pub(super) connect: Duration,
    /// Whether the connection may be given up earlier, where what other ports show makes that safe.
    pub(super) may_give_up_early: bool,
    /// All its stages.
    pub(super) whole: Duration,
}

/// How many connection requests of its own, each with a new socket, a port gets that is silent beside others which answered.
/// With one that the system repeats, none of them is answered in one of 4,000 cases on a link that loses every tenth packet
/// both ways, and in one of a million where every fourteenth is lost.
pub(super) const REQUESTS: u32 = 4;

/// From one of them to the next, at least: losses come in bursts, and firewalls count.
pub(super) const LEAST_GAP: Duration = Duration::from_millis(150);

/// How long the last of them is waited for, at least.
pub(super) const LEAST_GRACE: Duration = Duration::from_millis(250);

/// Where an answer takes longer, the system's own requests are as close as is useful.
pub(super) const FARTHEST_TO_ASK_SOON: Duration = Duration::from_millis(330);

/// When the system repeats a request that is not answered, as far as it is waited for (RFC 6298; Linux since 6.5 also in
/// between).
pub(super) const SYSTEM_REPEATS: [Duration; 2] = [SYSTEM_REPEATS_FIRST, SYSTEM_REPEATS_LAST];
pub(super) const SYSTEM_REPEATS_FIRST: Duration = Duration::from_secs(1);
pub(super) const SYSTEM_REPEATS_LAST: Duration = Duration::from_secs(3);

/// How long a further request is waited for: nearly three times the longest round trip, and not until the system repeats it.
pub(super) const REPEAT_PATIENCE: Duration = Duration::from_millis(950);

/// From one silent port that is asked again to the next: senders of ICMP errors that limit them allow one a second.
pub(super) const ASK_AGAIN_PAUSE: Duration = Duration::from_millis(1100);

/// How long the connection to a port that is asked again may take, at least: the SYN is sent twice.
pub(super) const ASK_AGAIN_CONNECT: Duration = Duration::from_millis(2500);

/// How much later than expected an ICMP message may come.
pub(super) const ASK_AGAIN_MARGIN: Duration = Duration::from_secs(1);

/// Some servers greet late on purpose; Postfix with its login back end down was measured to greet after 20 s. On a port
/// with TLS from the start they are as late, and it is the first byte of the handshake that is waited for.
pub(super) const GREETING: Duration = Duration::from_secs(25);

/// Every further reply, and a handshake once it is under way. Honest servers answer at once; RFC 5321 would allow minutes.
pub(super) const REPLY: Duration = Duration::from_secs(10);

/// The answer to a sender without a login, which nobody asked to have asked for. What is worth telling, that nothing is held
/// against it, comes at once. Refusals, which are in order, some servers hold back: Exchange for 5 s.
pub(super) const SENDER_WITHOUT_LOGIN: Duration = Duration::from_secs(3);

/// No time limit is longer than a year: instants can be computed with it, and nobody waits for its end.
pub(super) const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How many endpoints of one target are connected to. Large providers have up to thirty for a mail domain; whoever names
/// thousands in the DNS wants others to be connected to.
pub(super) const ENDPOINTS_PER_TARGET: usize = 64;

/// One endpoint, all its stages.
pub(super) const ENDPOINT: Duration = Duration::from_secs(45);

/// How much of an endpoint's time is kept for a second look, at most; of a short time a quarter. One reply's worth.
pub(super) const RESERVE: Duration = REPLY;

/// How many endpoints at once: 256 descriptors are the smallest limit in use (macOS), and name lookups need their share.
pub(super) const CONCURRENCY: usize = 100;

/// How many endpoints of a list at once, unless the user says otherwise: enough to keep a core busy with servers a tenth
/// of a second away, few enough for a home router's table of connections.
pub const LIST_CONCURRENCY: usize = 500;

/// How many connections at once to one host name of a list: a survey of two addresses fits.
pub const LIST_PER_HOST: usize = 14;

/// How many connections at once to one address of a list: a survey fits.
pub const LIST_PER_ADDRESS: usize = 7;

/// How many endpoints a service checks at once, unless the user says otherwise: as many as come together when some hundred
/// hosts are silent.
pub const SERVICE_CONCURRENCY: usize = 2000;

/// How many connections at once to one address a service makes, whoever asked for them: a survey fits, with a second look at
/// each port.
pub const SERVICE_PER_ADDRESS: usize = 14;

/// How long a server that asks to come back later is left alone at first.
pub(super) const FIRST_BACKOFF: Duration = Duration::from_secs(1);

/// Longer ones would look like a run that hangs.
pub(super) const LONGEST_BACKOFF: Duration = Duration::from_secs(60);

/// The same where a service checks again and again, at intervals that its user chose: a check that had to wait until its
/// time is over would say nothing of a server that says clearly that it is busy.
pub(super) const SERVICE_LONGEST_BACKOFF: Duration = Duration::from_secs(4);

/// How many servers are left alone at the same time; more busy ones than this, and it is not the servers.
pub(super) const MOST_BACKOFFS: usize = 10_000;

/// The pauses before another try where this machine lacked something: others give back descriptors and ports meanwhile.
pub(super) const OWN_FAULT_PAUSES: [Duration; 3] =
    [Duration::from_millis(100), Duration::from_millis(500), Duration::from_secs(2)];

/// Bytes of dialogue at one endpoint. The longest real one (Cyrus, twice) is under 4 KiB; this leaves room for 512
/// capability lines of 512 bytes (RFC 5321, section 4.5.3.1.5).
pub(super) const DIALOGUE_BYTES: usize = 256 * 1024;

/// How long the other side may take to close after the farewell. Closing on an unread reply would reset it.
pub(super) const DRAIN: Duration = Duration::from_secs(1);

/// A handshake that is a second look, with another hello. A server that speaks TLS answers at once, and two such looks fit
/// into [`RESERVE`].
const HANDSHAKE_AGAIN: Duration = Duration::from_secs(5);

/// The same where the first hello was waited for in vain: two such looks end within 30 s of the first connection. Where
/// connecting took long, so will a handshake.
pub(super) fn handshake_after_silence(connecting: Duration) -> Duration {
    const NEARBY: Duration = Duration::from_millis(2250);
    const ROUND_TRIPS: u32 = 10;
    (connecting * ROUND_TRIPS).clamp(NEARBY, HANDSHAKE_AGAIN)
}

/// How long a server may say nothing before second looks ask what speaks there, beside the connection that waits on; of a
/// shorter wait, half. Longer than the usual delays before a greeting: postscreen's is 6 s.
pub(super) const SILENT: Duration = Duration::from_secs(8);

/// The same where plaintext is expected on a port of TLS from the first byte: there silence most likely waits for a TLS hello,
/// and no server takes a second connection amiss, as mail programs make several.
pub(super) const SILENT_ON_TLS_PORT: Duration = Duration::from_secs(3);

/// A server that says nothing and hangs up sooner than this refuses; later, it waited for something.
pub(super) const ENDED_LATE: Duration = Duration::from_secs(2);

/// From the end of a connection to the next one, where the server serves one client at a time: until it has seen the end.
pub(super) const NEXT_CLIENT: Duration = Duration::from_millis(300);

/// When a server that did not answer a command inside TLS gets a web request: of a command some web servers take no notice.
pub(super) const REQUEST_AFTER: Duration = Duration::from_millis(1500);

/// Each step of a second look into a silence: the question inside TLS, what comes before it, and TLS that is offered. After
/// a whole wait for the greeting in vain, one more look ends within 30 s.
const INTO_SILENCE: Duration = Duration::from_secs(4);

pub(super) fn of_stage(stage: Stage, purpose: Purpose) -> Duration {
    match (stage, purpose) {
        (_, Purpose::OfferTls | Purpose::CommandInTls | Purpose::HelloInTls) => INTO_SILENCE,
        (Stage::Greeting, _) => GREETING,
        (Stage::Tls, Purpose::SmallSegments | Purpose::ClassicHello) => HANDSHAKE_AGAIN,
        _ => REPLY,
    }
}
