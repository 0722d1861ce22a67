//! The machine's own name, for EHLO (RFC 5321, section 4.1.1.1).

use std::time::Duration;

use dns_lookup::{AddrInfoHints, SockType, get_hostname, getaddrinfo};

use super::system::in_own_thread;
use crate::target::Host;

/// How long the name may take. Without it there is the address literal, and nobody waits longer for that.
const OWN_NAME_TIMEOUT: Duration = Duration::from_secs(1);

/// `AI_CANONNAME`, the same on Linux, macOS, the BSDs and Windows.
const AI_CANONNAME: i32 = 2;

/// The machine's own fully qualified domain name. `None` where it has none that means anything to another machine; the
/// address literal is the right EHLO argument then.
pub async fn own_name() -> Option<String> {
    let name = get_hostname().ok()?;
    if let Some(known) = fully_qualified(&name) {
        return Some(known);
    }
    let hints = AddrInfoHints { flags: AI_CANONNAME, socktype: SockType::Stream.into(), ..AddrInfoHints::default() };
    let canonical = move || getaddrinfo(Some(&name), None, Some(hints)).ok()?.flatten().find_map(|info| info.canonname);
    in_own_thread(OWN_NAME_TIMEOUT, move || fully_qualified(&canonical()?)).await.flatten()
}

/// The name in lower case, when it is one that a mail server can make sense of: it has a dot, consists of letters,
/// digits and hyphens, and does not belong to every machine or only to this network.
fn fully_qualified(name: &str) -> Option<String> {
    let Ok(Host::Name(name)) = name.parse() else { return None };
    let (first, _) = name.split_once('.')?;
    let (_, last) = name.rsplit_once('.')?;
    let hyphens_inside = |label: &str| !label.starts_with('-') && !label.ends_with('-');
    let meaningful = !first.starts_with("localhost")
        && !matches!(last, "localhost" | "localdomain" | "local")
        && !name.contains('_')
        && name.split('.').all(hyphens_inside);
    meaningful.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_name_that_others_understand_is_used() {
        assert_eq!(fully_qualified("Host.Example.ORG").as_deref(), Some("host.example.org"));
        assert_eq!(fully_qualified("host.example.org.").as_deref(), Some("host.example.org"));
        for name in [
            "",
            "host",
            "localhost",
            "localhost.localdomain",
            "localhost6.example.org",
            "host.localdomain",
            "macbook.local",
            "a.localhost",
            "192.0.2.1",
            "::1",
            "my_host.example.org",
            "-host.example.org",
            "host-.example.org",
            "host..example.org",
            "host.example.org\r\nRSET",
        ] {
            assert_eq!(fully_qualified(name), None, "{name}");
        }
    }
}
