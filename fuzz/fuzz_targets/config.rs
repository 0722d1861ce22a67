//! Configuration files.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mailprobe::internals::cli::mistake_in_config;

fuzz_target!(|text: &str| {
    if let Some(message) = mistake_in_config(text) {
        assert!(message.starts_with("mailprobe.toml:"), "{message}");
        assert_eq!(message.lines().count(), 1, "{message}");
    }
});
