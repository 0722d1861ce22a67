//! The autoconfiguration files of mail domains.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mailprobe::internals::discovery::servers_in_client_config;

/// What the library promises; a domain that names more has them tried in vain.
const MAX_SERVERS: usize = 16;

fuzz_target!(|file: &[u8]| {
    match servers_in_client_config(file, "example.org") {
        Ok(servers) => {
            assert!(servers.len() <= MAX_SERVERS);
            for server in servers {
                assert!(server.port != 0 && !server.host.to_string().is_empty(), "{server:?}");
            }
        }
        Err(words) => assert!(!words.is_empty()),
    }
});
