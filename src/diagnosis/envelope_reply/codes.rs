//! What reply codes and enhanced status codes stand for in answer to MAIL FROM and RCPT TO: by RFC 5321, 3463, 5248, 7372 and
//! 7505, and by what servers use them for beside that.

use crate::diagnosis::agreement::Testimony;
use crate::diagnosis::finding_id::FindingId::{
    self, AddressBlocklisted, AddressRefused, HeloRefused, LoginWanted, MailServerFault, MailThrottled, NoReverseName,
    PoorReputation, RecipientDisabled, RecipientGreylisted, RecipientMailboxFull, RecipientRestricted,
    RecipientUnknown, RelayDenied, SenderDomainRefused, SenderRefused, TlsWanted,
};

/// What a policy can refuse, without what is about one mailbox.
const POLICY: &[FindingId] = &[
    RelayDenied,
    AddressBlocklisted,
    PoorReputation,
    AddressRefused,
    NoReverseName,
    HeloRefused,
    RecipientGreylisted,
    MailThrottled,
    LoginWanted,
    TlsWanted,
    SenderDomainRefused,
    SenderRefused,
    RecipientRestricted,
];

/// The code for everything that has no better one: X.7.1, "delivery not authorized".
const NOT_AUTHORIZED: &[FindingId] = &[
    RelayDenied,
    AddressBlocklisted,
    PoorReputation,
    AddressRefused,
    NoReverseName,
    HeloRefused,
    RecipientGreylisted,
    MailThrottled,
    LoginWanted,
    TlsWanted,
    SenderDomainRefused,
    SenderRefused,
    RecipientRestricted,
    RecipientUnknown,
    RecipientDisabled,
];

/// What 421 can be about: the whole connection.
const CONNECTION: &[FindingId] = &[
    MailThrottled,
    MailServerFault,
    AddressBlocklisted,
    PoorReputation,
    NoReverseName,
    RecipientGreylisted,
    TlsWanted,
];

/// What the reply code stands for; `None` where it stands for anything, or is not known.
#[expect(clippy::match_same_arms, reason = "a table, in the order of its codes")]
pub(super) fn of_code(code: &str) -> Option<Testimony> {
    let admits: &[FindingId] = match code {
        "421" => CONNECTION,
        "452" => &[RecipientMailboxFull, MailServerFault, MailThrottled],
        "454" => &[RelayDenied, LoginWanted, TlsWanted],
        "455" => &[MailThrottled],
        "500" | "502" | "555" => &[],
        "501" => &[HeloRefused, SenderDomainRefused, SenderRefused],
        "503" => &[LoginWanted, TlsWanted],
        "504" => &[HeloRefused, SenderDomainRefused, SenderRefused],
        "521" => &[AddressBlocklisted, PoorReputation, AddressRefused, NoReverseName],
        "523" | "538" => &[TlsWanted],
        "530" => &[LoginWanted, TlsWanted, SenderRefused],
        "534" | "535" => &[LoginWanted],
        "551" => &[RecipientUnknown, RelayDenied],
        "552" => &[RecipientMailboxFull, RecipientDisabled, RecipientUnknown],
        "553" => &[
            RecipientUnknown,
            SenderRefused,
            SenderDomainRefused,
            RelayDenied,
            AddressBlocklisted,
            PoorReputation,
            AddressRefused,
            LoginWanted,
        ],
        "556" => &[RecipientUnknown, SenderDomainRefused],
        _ => return None,
    };
    Some(Testimony::one_of(admits))
}

/// What the subject and the detail of an enhanced code stand for; `None` where they stand for anything, or are not known.
#[expect(clippy::match_same_arms, reason = "a table, in the order of its codes")]
pub(super) fn of_enhanced(detail: &str) -> Option<Testimony> {
    Some(match detail {
        "1.0" => Testimony::one_of(&[
            RecipientUnknown,
            SenderRefused,
            SenderDomainRefused,
            AddressBlocklisted,
            PoorReputation,
        ]),
        "1.1" => Testimony::mostly(&[RecipientUnknown, RecipientDisabled]),
        "1.2" => Testimony::one_of(&[RecipientUnknown, RelayDenied]),
        // By RFC 7505 the domain has a null MX; Exchange Online has not found the recipient.
        "1.3" | "1.4" | "1.6" | "1.10" => Testimony::one_of(&[RecipientUnknown]),
        "1.7" => Testimony::mostly(&[SenderRefused, SenderDomainRefused]),
        "1.8" => Testimony::mostly(&[SenderDomainRefused, SenderRefused]),
        "2.0" => Testimony::one_of(&[
            RecipientGreylisted,
            RecipientMailboxFull,
            RecipientDisabled,
            RecipientUnknown,
            MailThrottled,
        ]),
        "2.1" => Testimony::mostly(&[RecipientDisabled, MailThrottled]),
        "2.2" => Testimony::mostly(&[RecipientMailboxFull, MailThrottled]),
        "2.121" | "2.122" | "4.5" | "5.3" => Testimony::mostly(&[MailThrottled]),
        "3.0" | "3.1" | "3.5" => Testimony::mostly(&[MailServerFault]),
        "3.2" => Testimony::one_of(&[MailServerFault, MailThrottled]),
        "4.1" => Testimony::one_of(&[RecipientUnknown, RelayDenied]),
        "4.2" => Testimony::one_of(&[MailThrottled, MailServerFault]),
        "4.3" => Testimony::mostly(&[MailServerFault]),
        "5.1" => Testimony::one_of(&[LoginWanted, TlsWanted]),
        "5.2" | "5.4" => Testimony::one_of(&[HeloRefused, SenderDomainRefused, SenderRefused]),
        "7.0" => Testimony::one_of(POLICY),
        "7.1" => Testimony::one_of(NOT_AUTHORIZED),
        "7.7" | "7.10" | "7.11" => Testimony::mostly(&[TlsWanted]),
        "7.8" | "7.57" => Testimony::mostly(&[LoginWanted]),
        "7.12" | "7.13" | "7.124" | "7.129" | "7.133" | "7.134" | "7.135" | "7.136" => {
            Testimony::mostly(&[RecipientRestricted])
        }
        "7.23" => Testimony::mostly(&[SenderRefused]),
        "7.25" => Testimony::mostly(&[NoReverseName]),
        "7.27" => Testimony::mostly(&[SenderDomainRefused, SenderRefused]),
        "7.28" => Testimony::mostly(&[MailThrottled, PoorReputation]),
        "7.54" | "7.64" => Testimony::mostly(&[RelayDenied]),
        _ => return of_others(detail),
    })
}

/// Exchange Online's own ranges, and what whole subjects cannot be about.
fn of_others(detail: &str) -> Option<Testimony> {
    let (subject, number) = detail.split_once('.')?;
    let number: u16 = number.parse().ok()?;
    Some(match (subject, number) {
        ("7", 501..=503 | 511) => Testimony::mostly(&[SenderRefused]),
        ("7", 504 | 505) => Testimony::one_of(&[RecipientUnknown]),
        ("7", 506) => Testimony::mostly(&[HeloRefused]),
        ("7", 507 | 513) => Testimony::mostly(&[AddressRefused, AddressBlocklisted]),
        ("7", 508) => Testimony::mostly(&[MailThrottled]),
        ("7", 500 | 509..=599) => {
            Testimony::one_of(&[MailThrottled, PoorReputation, AddressRefused, AddressBlocklisted])
        }
        ("7", 606..=649) => Testimony::mostly(&[AddressBlocklisted]),
        ("7", 600..=605 | 650..=750) => {
            Testimony::one_of(&[AddressRefused, AddressBlocklisted, PoorReputation, MailThrottled, SenderRefused])
        }
        ("1", _) => Testimony::one_of(&[RecipientUnknown, RecipientDisabled, SenderRefused, SenderDomainRefused]),
        ("2", _) => Testimony::one_of(&[RecipientDisabled, RecipientMailboxFull, RecipientUnknown, MailThrottled]),
        ("3", _) => Testimony::one_of(&[MailServerFault]),
        // The contents of a message, which has not been sent.
        ("6", _) => Testimony::one_of(&[]),
        _ => return None,
    })
}
