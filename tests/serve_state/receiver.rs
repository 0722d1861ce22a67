//! What the service talks to: a webhook that does not always take what it is sent, and a mail server that is not always the
//! same.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

/// A webhook on loopback.
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    heard: Arc<Heard>,
}

#[derive(Default)]
struct Heard {
    /// Whether it takes everything.
    is_well: AtomicBool,
    requests: AtomicU32,
    taken: Mutex<Vec<Value>>,
}

impl Receiver {
    pub(crate) fn start(is_well: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let heard = Arc::new(Heard::default());
        heard.is_well.store(is_well, Ordering::Relaxed);
        let shared = Arc::clone(&heard);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let heard = Arc::clone(&shared);
                thread::spawn(move || heard.answer(&stream));
            }
        });
        Self { address, heard }
    }

    /// From now on it takes everything.
    pub(crate) fn recover(&self) {
        self.heard.is_well.store(true, Ordering::Relaxed);
    }

    /// All that it took, in order.
    pub(crate) fn taken(&self) -> Vec<Value> {
        self.heard.taken.lock().expect("no panic").clone()
    }

    pub(crate) fn ids(&self) -> BTreeSet<String> {
        self.taken().iter().map(|event| event["id"].as_str().expect("an id").to_owned()).collect()
    }
}

impl Heard {
    fn answer(&self, stream: &TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream.try_clone().ok()?);
        let (mut length, mut key) = (0, String::new());
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(": ").unwrap_or((line, ""));
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse().expect("a length"),
                "idempotency-key" => value.clone_into(&mut key),
                "user-agent" => assert!(value.starts_with("mailprobe/"), "{value}"),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let event: Value = serde_json::from_slice(&body).expect("JSON");
        assert_eq!(event["id"], key.as_str());
        let request = self.requests.fetch_add(1, Ordering::Relaxed);
        let reply = if self.is_well.load(Ordering::Relaxed) || request % 3 == 2 {
            self.taken.lock().expect("no panic").push(event);
            "204 No Content"
        } else if request % 3 == 1 {
            // It hangs up without a word.
            return None;
        } else {
            "503 Service Unavailable"
        };
        let reply = format!("HTTP/1.1 {reply}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        (&*stream).write_all(reply.as_bytes()).ok()
    }
}

/// A mail server without TLS that every second connection finds otherwise than the one before: it turns clients away, or talks.
pub(crate) fn fickle_server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for (number, stream) in listener.incoming().flatten().enumerate() {
            thread::spawn(move || greet(&stream, number / 7 % 2 == 0));
        }
    });
    address
}

fn greet(mut stream: &TcpStream, is_well: bool) -> Option<()> {
    if !is_well {
        return stream.write_all(b"554 mail.example.test not today\r\n").ok();
    }
    stream.write_all(b"220 mail.example.test ESMTP\r\n").ok()?;
    for line in BufReader::new(stream).lines() {
        let reply: &[u8] = match line.ok()?.get(..4)? {
            "EHLO" => b"250 mail.example.test\r\n",
            "QUIT" => b"221 bye\r\n",
            _ => b"502 no\r\n",
        };
        stream.write_all(reply).ok()?;
    }
    Some(())
}
