//! How much a report tells.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Only what needs attention; nothing at all when everything passes.
    Quiet,
    /// Every endpoint, and what is worth telling.
    Normal,
    /// Also every stage, TLS, certificates, capabilities and what was said.
    Verbose,
}
