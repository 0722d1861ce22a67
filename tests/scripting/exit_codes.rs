//! Every exit code, reached from a shell script.

use std::process::Command;

use mailprobe_lab::{Behaviour, Pki, Server};

use crate::netns;

/// The servers that the script asks: a variable each, holding a URL.
const SERVERS: [(&str, &str, &str); 11] = [
    ("GOOD", "imaps", "imap:implicit"),
    ("SOON", "imaps", "imap:implicit:expires-soon"),
    ("SILENT", "smtp", "smtp:starttls:silent"),
    ("RESETS", "smtp", "smtp:starttls:reset-on-accept"),
    ("REJECTS", "smtp", "smtp:starttls:greeting-554-other"),
    ("FOREIGN", "smtp", "smtp:starttls:ssh"),
    ("UNENCRYPTED", "submission", "smtp:starttls:no-starttls"),
    ("ALERTS", "imaps", "imap:implicit:alert-handshake-failure"),
    ("EXPIRED", "imaps", "imap:implicit:expired"),
    ("SHIELDED", "smtp", "smtp:starttls:mail-shield-greeting"),
    ("SLOW", "smtp", "smtp:starttls:slow-greeting"),
];

#[test]
fn every_exit_code_is_reached_from_a_shell_script() {
    const TEST: &str = "exit_codes::every_exit_code_is_reached_from_a_shell_script";
    netns::in_own_network(TEST, || {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("ca.pem"), Pki::shared().ca_pem()).expect("a file");
        let network = netns::Network::new(TEST, &[]);
        network.run(
            "ip route add unreachable 192.0.2.7
            nft 'table inet filter {
                chain input { type filter hook input priority 0; tcp dport 26 drop; }
            }'",
        );
        let servers = SERVERS.map(|(name, scheme, words)| {
            let behaviour: Behaviour = words.parse().expect("a behaviour");
            (name, scheme, Server::start(behaviour))
        });
        let mut script = Command::new("bash");
        script.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scripting/exit_codes.sh")).current_dir(folder.path());
        script.env("MAILPROBE", env!("CARGO_BIN_EXE_mailprobe")).env("MAILPROBE_CA_FILE", "ca.pem");
        for (name, scheme, server) in &servers {
            script.env(name, server.url(scheme));
        }
        let output = script.output().expect("bash starts");
        let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{said}\n{complained}");
        // The script tells each code that it reached; none of the table may be missing.
        for code in [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 130, 141, 143] {
            assert!(said.lines().any(|line| line == format!("reached {code}")), "{code}\n{said}\n{complained}");
        }
    });
}
