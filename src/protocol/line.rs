//! line
/// The longest line taken, in bytes.
pub const MAX_LINE_BYTES: usize = 16 * 1024;
