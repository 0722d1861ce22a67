//! The words by which answers to MAIL FROM and RCPT TO are known.

use crate::diagnosis::agreement::Wording;
use crate::diagnosis::finding_id::FindingId::{
    AddressBlocklisted, AddressRefused, HeloRefused, LoginWanted, MailServerFault, MailThrottled, NoReverseName,
    PoorReputation, RecipientDisabled, RecipientGreylisted, RecipientMailboxFull, RecipientRestricted,
    RecipientUnknown, RelayDenied, SenderDomainRefused, SenderRefused, TlsWanted,
};
use crate::diagnosis::phrases::{BLOCKLIST, OUR_ADDRESS, RATE, REPUTATION, REVERSE_NAME};

/// Words that say different things, by their author's own account.
pub(super) const UNCLEAR: &[&str] = &[
    // Mimecast: greylisting, or a poor reputation.
    "internal resource temporarily unavailable",
    "internal resources are temporarily unavailable",
    // Tencent: too much mail for the recipient, or a policy.
    "mailbox unavailable or access denied",
];

/// The most telling words first. Within a group, two meanings in one text contradict each other unless a code settles it.
pub(super) const GROUPS: &[&[Wording]] = &[
    &[Wording::new(RecipientGreylisted, GREYLISTED)],
    SPECIFIC,
    &[Wording::new(AddressBlocklisted, BLOCKLIST)],
    &[Wording::new(PoorReputation, REPUTATION), Wording::new(PoorReputation, COMPLAINTS)],
    &[Wording::new(NoReverseName, REVERSE_NAME)],
    // Before what is said of recipients: "Sender address rejected: User unknown".
    &[Wording::new(SenderRefused, SENDER_REFUSED)],
    PLAIN,
    &[Wording::new(MailServerFault, SERVER_FAULT)],
    &[Wording::new(MailThrottled, RATE), Wording::new(MailThrottled, TOO_MUCH)],
    &[Wording::new(LoginWanted, LOGIN_WANTED)],
    &[Wording::new(AddressRefused, OUR_ADDRESS), Wording::new(AddressRefused, ADDRESS_REFUSED)],
];

const GREYLISTED: &[&str] = &[
    "greylisted",
    "graylisted",
    "grey listed",
    "grey-listed",
    "gray-listed",
    "greylist",
    "graylist",
    "greylisting",
    "graylisting",
    "grey-listing",
    "postgrey",
];

/// Words of one server, or of one kind, that hold words of other meanings.
const SPECIFIC: &[Wording] = &[
    // Exchange Online, for recipients that its directory does not have; elsewhere a policy says the same.
    Wording {
        meaning: RecipientUnknown,
        with: &["4.1", "7.504"],
        phrases: &["recipient address rejected: access denied", "all recipient addresses rejected"],
    },
    // Postfix, `permit_sasl_authenticated, reject_sender_login_mismatch` and restrictions of one's own.
    Wording::new(LoginWanted, &["address rejected: authentication required", "address rejected: not logged in"]),
    Wording::new(AddressRefused, &["using customer block list", "a problem occurred. (ask your postmaster for help"]),
    Wording::new(
        SenderDomainRefused,
        &[
            "sender address rejected: domain",
            "sender address rejected: malformed dns server reply",
            "domain of sender address",
            "sender domain",
            "domain in mail from",
            "domain must resolve",
            "sender's domain",
        ],
    ),
    Wording::new(MailThrottled, &["submission quota", "sending quota", "sending limit", "receiving mail at a rate"]),
    Wording::new(
        HeloRefused,
        &[
            "helo command rejected",
            "ehlo command rejected",
            "invalid ehlo domain",
            "invalid helo",
            "bad helo",
            "helo domain",
            "helo name",
            "ehlo name",
        ],
    ),
];

const COMPLAINTS: &[&str] = &["user complaints", "unsolicited mail", "unsolicited email", "spam abuse detected"];

const SENDER_REFUSED: &[&str] = &[
    "sender address rejected",
    "sender rejected",
    "sender denied",
    "sender verify failed",
    "sender verification failed",
    "sender address not allowed",
    "use of sender address",
    "bad outbound sender",
    "banned sender",
    "not allowed to send from",
    "not authorized to send from",
    "denies the sender",
    "spf policy",
    "spf check",
    "spf validation",
    "sender policy framework",
];

/// What is said in plain words, whoever says it.
const PLAIN: &[Wording] = &[
    Wording::new(
        RecipientRestricted,
        &[
            "sendernotauthenticatedforgroup",
            "not authenticated for group",
            "not authenticated for mailbox",
            "not authenticated for public folder",
            "sender was not authenticated",
            "not authenticated by organization",
            "not in allowed-senders list",
        ],
    ),
    Wording::new(
        RecipientUnknown,
        &[
            "user unknown",
            "unknown user",
            "unknown recipient",
            "recipient unknown",
            "unknown or illegal alias",
            "no such user",
            "no such recipient",
            "no such mailbox",
            "no such address",
            "no mailbox here by that name",
            "does not exist",
            "doesn't exist",
            "user not found",
            "mailbox not found",
            "recipient not found",
            "address not found",
            "recipientnotfound",
            "invalid recipient",
            "invalid mailbox",
            "not a valid mailbox",
            "this user doesn't have a",
            "unrouteable address",
            "marked as invalid",
            "does not accept mail (nullmx)",
        ],
    ),
    Wording::new(
        RecipientMailboxFull,
        &[
            "mailbox full",
            "mailbox is full",
            "mailbox too full",
            "over quota",
            "overquota",
            "quota exceeded",
            "exceeded quota",
            "exceeded its quota",
            "out of storage space",
            "exceeded storage allocation",
            "storage limit",
            "not enough space in mailbox",
        ],
    ),
    Wording::new(
        RecipientDisabled,
        &[
            "is disabled",
            "account disabled",
            "mailbox disabled",
            "user disabled",
            "is inactive",
            "account inactive",
            "inactive email address",
            "due to inactivity",
            "account suspended",
            "user suspended",
            "has been suspended",
            "has been disabled",
            "user is locked",
            "deactivated",
        ],
    ),
    Wording::new(
        RelayDenied,
        &[
            "relay access denied",
            "relay denied",
            "relay not permitted",
            "relay not allowed",
            "relay prohibited",
            "relaying denied",
            "relaying not permitted",
            "relaying not allowed",
            "relaying prohibited",
            "relaying is not allowed",
            "relaying disallowed",
            "unable to relay",
            "not allowed to relay",
            "not permitted to relay",
            "we do not relay",
            "denies relay",
            "allowed rcpthosts",
            "list of allowed hosts",
        ],
    ),
    Wording::new(
        TlsWanted,
        &[
            "must issue a starttls",
            "starttls first",
            "tls required",
            "tls conversation required",
            "encryption required",
            "encryption is required",
            "without ssl/tls encryption",
        ],
    ),
];

const SERVER_FAULT: &[&str] = &[
    "temporary local problem",
    "local error in processing",
    "server configuration error",
    "temporary lookup failure",
    "insufficient system storage",
    "insufficient system resources",
    "insufficient disk space",
    "mail system full",
    "internal server error",
    "internal error",
    "temporary system problem",
    "temporary server error",
    "queue file write error",
    "temporary internal",
];

const TOO_MUCH: &[&str] = &[
    "too quickly",
    "too frequent",
    "too fast",
    "too much mail",
    "excessive volume",
    "excessive rate",
    "frequency limited",
    "exceeded permitted limits",
    "submission rate",
    "message rate",
    "rate that prevents",
    "rate limit exceeded",
    "receive limit",
    "slow down",
    "server busy",
];

const LOGIN_WANTED: &[&str] = &[
    "authentication required",
    "authentication is required",
    "authentication needed",
    "must authenticate",
    "authenticate first",
    "must issue an auth command",
    "client was not authenticated",
    "client not authenticated",
    "auth required",
    "login required",
    "log in first",
    "not logged in",
];

const ADDRESS_REFUSED: &[&str] =
    &["from this ip", "banned ip", "connections will not be accepted from", "rejected by recipient"];
