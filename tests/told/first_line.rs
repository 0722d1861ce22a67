//! Servers that answer our TLS hello in plaintext: their first line says what they are, whatever they repeat after it.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::command::{only_endpoint, report};
use crate::suite::cases;

cases!(first_line: network {} loopback {
    an_echo_of_our_hello_changes_nothing,
    other_protocols_are_told_by_their_first_line,
});

/// How many runs at a time, and in all.
const AT_ONCE: usize = 20;
const RUNS: usize = 200;

/// When a server greets that answers our hello with a refusal which repeats it.
#[derive(Debug, Clone, Copy)]
enum Greets {
    /// In one segment with the answer.
    WithTheAnswer,
    /// Before the answer, in a segment of its own.
    Before,
    /// A byte at a time.
    Slowly,
    /// After the answer: the first line is the echo.
    After,
}

const ORDERS: [Greets; 4] = [Greets::WithTheAnswer, Greets::Before, Greets::Slowly, Greets::After];

/// A server on loopback that lives as long as the test binary.
fn serve(talk: impl Fn(TcpStream) -> std::io::Result<()> + Send + Sync + Copy + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port on loopback");
    let port = listener.local_addr().expect("its number").port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // That the client has left is its own affair.
            thread::spawn(move || drop(talk(stream)));
        }
    });
    port
}

fn echoing(greets: Greets, greeting: &'static [u8]) -> u16 {
    serve(move |mut stream| {
        match greets {
            Greets::Before => stream.write_all(greeting)?,
            Greets::Slowly => {
                stream.set_nodelay(true)?;
                for byte in greeting {
                    stream.write_all(&[*byte])?;
                    thread::sleep(Duration::from_millis(5));
                }
            }
            Greets::WithTheAnswer | Greets::After => {}
        }
        let mut hello = [0; 1024];
        let count = stream.read(&mut hello)?;
        let heard = hello.get(..count).unwrap_or_default();
        // A command's tag goes to the first blank; its line to the first line feed.
        let tag = heard.split(|byte| matches!(byte, b' ' | b'\r' | b'\n')).next().unwrap_or_default();
        let answer = [tag, b" BAD Unknown command\r\n"].concat();
        stream.write_all(&match greets {
            Greets::WithTheAnswer => [greeting, &answer].concat(),
            Greets::After => [&answer, greeting].concat(),
            Greets::Before | Greets::Slowly => answer,
        })?;
        stream.shutdown(Shutdown::Write)?;
        stream.read_to_end(&mut Vec::new()).map(|_| ())
    })
}

fn an_echo_of_our_hello_changes_nothing() {
    let ports = ORDERS.map(|order| echoing(order, b"* OK [CAPABILITY IMAP4rev1] ready\r\n"));
    let (sender, told) = mpsc::channel();
    for runner in 0..AT_ONCE {
        let sender = sender.clone();
        thread::spawn(move || {
            for run in (runner..RUNS).step_by(AT_ONCE) {
                let which = run % ORDERS.len();
                let (_, document) = report(&["--timeout", "20s", &format!("imaps://127.0.0.1:{}", ports[which])]);
                sender.send((ORDERS[which], only_endpoint(&document).clone())).expect("the test waits");
            }
        });
    }
    drop(sender);
    let told: Vec<(Greets, Value)> = told.iter().collect();
    assert_eq!(told.len(), RUNS);
    for (order, endpoint) in &told {
        assert_eq!(endpoint["state"], "plaintext-on-tls-port", "{order:?}: {endpoint:#}");
    }
}

fn other_protocols_are_told_by_their_first_line() {
    for (scheme, greeting, state, name) in [
        ("submissions", "220 mail.test.example ESMTP\r\n", "plaintext-on-tls-port", "plaintext"),
        ("pop3s", "+OK ready\r\n", "plaintext-on-tls-port", "plaintext"),
        ("imaps", "SSH-2.0-OpenSSH_9.9\r\n", "wrong-protocol", "SSH"),
        ("submissions", "220 (vsFTPd 3.0.5)\r\n", "wrong-protocol", "FTP"),
        ("pop3s", "* OK ready\r\n", "wrong-protocol", "IMAP"),
    ] {
        for order in [Greets::WithTheAnswer, Greets::Before, Greets::Slowly] {
            let port = echoing(order, greeting.as_bytes());
            let (_, document) = report(&[&format!("{scheme}://127.0.0.1:{port}")]);
            let endpoint = only_endpoint(&document);
            let message = endpoint["findings"][0]["message"].as_str().unwrap_or_default();
            assert_eq!(endpoint["state"], state, "{greeting}{order:?}: {endpoint:#}");
            assert!(message.contains(name), "{greeting}{order:?}: {message}");
        }
    }
}
