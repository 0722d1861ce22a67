//! Where it listens, and whether it may.

use std::net::TcpListener;
use std::process::Command;

use super::command::run;
use super::service::{Service, ask, connect};

fn refused(arguments: &[&str], code: i32, expected: &str) {
    let outcome = run(&[&["serve"], arguments].concat());
    assert_eq!(outcome.code, code, "{arguments:?}: {}", outcome.stderr);
    assert!(outcome.stderr.contains(expected), "{arguments:?}: {}", outcome.stderr);
    let lines: Vec<_> = outcome.stderr.lines().collect();
    assert!(code == 2 || lines.len() == 1, "{lines:?}");
    assert!(!outcome.stderr.contains("listening on http"), "{lines:?}");
}

#[test]
fn an_address_that_is_taken_is_told_in_one_line() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let _holder = TcpListener::bind(taken).expect("the same");
    let taken = taken.to_string();
    refused(&["--listen", "127.0.0.1:0", "--listen", &taken], 18, &format!("cannot listen on {taken}: address in use"));
    refused(&["--listen", "localhost"], 2, "localhost");
}

#[test]
fn others_are_served_only_with_a_list_or_a_login() {
    for address in ["0.0.0.0:0", "[::]:0"] {
        for expected in ["--allow", "basic_auth_users"] {
            refused(&["--listen", address], 2, expected);
        }
    }
    let folder = tempfile::tempdir().expect("a folder");
    let web = folder.path().join("web.yml");
    std::fs::write(&web, "basic_auth_users: {}\n").expect("a file");
    refused(&["--listen", "0.0.0.0:0", "--web-config", web.to_str().expect("a name")], 2, "--allow");
}

#[test]
fn both_families_can_be_given_with_one_port() {
    let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let (v4, v6) = (format!("0.0.0.0:{port}"), format!("[::]:{port}"));
    let arguments = ["serve", "--allow", "127.0.0.1", "--listen", &v6];
    // Alone it is for both.
    let service = Service::start_as(Command::new(env!("CARGO_BIN_EXE_mailprobe")).args(arguments), 1);
    let stream = connect(([127, 0, 0, 1], port).into());
    assert_eq!(ask(stream, "127.0.0.1", "GET", "/-/healthy", &[]).status, 200);
    drop(service);
    let mut command = Command::new(env!("CARGO_BIN_EXE_mailprobe"));
    let service = Service::start_as(command.args(arguments).args(["--listen", &v4]), 2);
    assert_eq!(service.addresses.iter().filter(|address| address.is_ipv4()).count(), 1);
}
