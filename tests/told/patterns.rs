//! Patterns that many situations share. They are matched without regard to case, on text whose blanks are single.

/// Silence, in words.
pub(crate) const SILENT: &str = r"never answer|(no|nor|without an?) (answer|reply|response)|nothing (came back|answers)|(did|do|does) not answer|silent";
/// What may be said of 25 alone: of other ports that are silent in the same way it would be a guess.
pub(crate) const LOOKS_BLOCKED: &str =
    r"(what|how) a blocked port looks|looks like a blocked port|typical of a blocked port";
/// "Not offered" is what a server does; silence is no evidence of it. In the table, too.
pub(crate) const SILENCE_AS_OFFER: &str = r"not offered\W+connection-timeout";
/// The advice to use a port for submission, which must have worked.
pub(crate) const USE_465_OR_587: &str = r"(?:^|[^t] )\b(?:uses?|try|tries|choose|enter)(?: ports?)? (?:465|587)\b|(?:465|587) (?:or|and) (?:465|587) instead";
/// A sentence that begins with what cannot be done: sending.
pub(crate) const SENDING: &str = r"send|submi|hand in|outgoing";
/// Two stories about one rule.
pub(crate) const SECOND_STORIES: [&str; 3] = [r"different causes", r"other reasons", r"without a word"];
/// The deed that takes a working mail host away.
pub(crate) const REMOVE_MX: &str = r"remove (its|the|this) MX";
/// What an address of the same host is not.
pub(crate) const OTHER_HOST: &str = r"another host|of another host|other host answers";
/// A login back end, in words.
pub(crate) const LOGIN_BACK_END: &str = r"log ?in|authenticat|back.?end";
