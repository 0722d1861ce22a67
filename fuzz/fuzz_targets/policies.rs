//! What mail domains announce in TXT records, and the files on their web servers.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mailprobe::internals::promises::read_published;

fuzz_target!(|published: &[u8]| {
    // A record's text is kept as it is, written here with escapes; whatever is said about it has an end.
    assert!(read_published(published).len() <= 64 * published.len() + 20_000);
});
