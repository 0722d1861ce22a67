//! What really goes over the wire: every TCP packet on a loopback interface, in order.
//!
//! A raw packet socket needs no more than root over the network that it listens in, so the recorder is a few lines of
//! Python that are started there.

#![allow(dead_code, reason = "every test that includes this module uses a part of it")]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};

/// Writes a line for each TCP packet: source, destination, flags, sequence number and payload. Ends once the standard
/// input has ended and nothing has come for a while. Packets of the loopback are seen twice; the second time counts.
const RECORDER: &str = r"
import select, socket, struct, sys
packets = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
packets.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
packets.bind(('lo', 3))
print('ready', flush=True)
waiting = [packets, sys.stdin]
while True:
    readable = select.select(waiting, [], [], None if sys.stdin in waiting else 0.5)[0]
    if not readable:
        break
    if sys.stdin in readable:
        waiting.remove(sys.stdin)
    if packets not in readable:
        continue
    data, (_, kind, direction, *_) = packets.recvfrom(1 << 17)
    if direction == socket.PACKET_OUTGOING:
        continue
    if kind == 0x0800 and data[9] == 6:
        family, segment, source, target = socket.AF_INET, data[(data[0] & 15) * 4:], data[12:16], data[16:20]
    elif kind == 0x86dd and data[6] == 6:
        family, segment, source, target = socket.AF_INET6, data[40:], data[8:24], data[24:40]
    else:
        continue
    ports = struct.unpack('!HH', segment[:4])
    number, flags, payload = struct.unpack('!I', segment[4:8])[0], segment[13], segment[(segment[12] >> 4) * 4:]
    ends = [f'[{socket.inet_ntop(family, address)}]:{port}' for address, port in zip((source, target), ports)]
    print(*ends, flags, number, payload.hex() or '-', flush=True)
";

/// The flags of a TCP header (RFC 9293, section 3.1).
const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
const ACK: u8 = 16;

/// A recorder at work. It ends with the value.
pub(crate) struct Capture(Child);

impl Capture {
    /// Starts one. `enter`: turns a program and its arguments into a command that runs it in the network to listen in.
    pub(crate) fn start(enter: impl FnOnce(&str, &[&str]) -> Command) -> Self {
        let mut recorder = enter("python3", &["-c", RECORDER])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 starts");
        let mut first = [0; 6];
        let ready = recorder.stdout.as_mut().expect("a pipe").read_exact(&mut first);
        assert!(ready.is_ok() && &first == b"ready\n", "packets cannot be recorded; the reason is above");
        Self(recorder)
    }

    /// Ends it: every connection that began meanwhile, in the order in which they began.
    pub(crate) fn stop(mut self) -> Vec<Connection> {
        drop(self.0.stdin.take());
        let lines = BufReader::new(self.0.stdout.take().expect("a pipe")).lines();
        let packets: Vec<Packet> = lines.map_while(Result::ok).map(|line| Packet::read(&line)).collect();
        connections(packets)
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Packet {
    from: String,
    to: String,
    flags: u8,
    number: u32,
    payload: Vec<u8>,
}

impl Packet {
    fn read(line: &str) -> Self {
        let words: Vec<&str> = line.split(' ').collect();
        let [from, to, flags, number, payload] = words[..] else { panic!("not a packet: {line}") };
        let byte = |at: usize| u8::from_str_radix(payload.get(at..at + 2)?, 16).ok();
        Self {
            from: from.to_owned(),
            to: to.to_owned(),
            flags: flags.parse().expect("flags"),
            number: number.parse().expect("a number"),
            payload: (0..payload.len() / 2).filter_map(|at| byte(at * 2)).collect(),
        }
    }
}

fn connections(packets: Vec<Packet>) -> Vec<Connection> {
    let mut connections: Vec<Connection> = Vec::new();
    let mut open: BTreeMap<(String, String), usize> = BTreeMap::new();
    for packet in packets {
        if packet.flags & (SYN | ACK) == SYN {
            let server = packet.to.clone();
            let port = server.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
            open.insert((packet.from.clone(), packet.to.clone()), connections.len());
            connections.push(Connection { port, ..Connection::default() });
        }
        let (there, back) = ((packet.from.clone(), packet.to.clone()), (packet.to.clone(), packet.from.clone()));
        if let Some(&place) = open.get(&there) {
            connections[place].sent(Side::Client, packet);
        } else if let Some(&place) = open.get(&back) {
            connections[place].sent(Side::Server, packet);
        }
    }
    connections
}

/// Who sent something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Client,
    Server,
}

/// A connection as the wire saw it.
#[derive(Debug, Default)]
pub(crate) struct Connection {
    /// The server's.
    pub(crate) port: u16,
    /// Who sent bytes, in order; what one side sent in a row is one piece.
    pub(crate) pieces: Vec<(Side, Vec<u8>)>,
    /// Who sent a FIN.
    pub(crate) ended_by: Vec<Side>,
    /// Who sent a RST.
    pub(crate) reset_by: Vec<Side>,
    /// The next byte of the stream of each side.
    next: [Option<u32>; 2],
}

impl Side {
    fn place(self) -> usize {
        usize::from(self == Self::Server)
    }
}

impl Connection {
    fn sent(&mut self, side: Side, packet: Packet) {
        let next = &mut self.next[side.place()];
        // What was sent again, a keep-alive among it, is no news.
        let is_news = next.is_none_or(|next| packet.number == next);
        let length = u32::try_from(packet.payload.len()).expect("a packet");
        let beyond = packet.number.wrapping_add(length).wrapping_add(u32::from(packet.flags & (SYN | FIN) != 0));
        if packet.flags & RST != 0 {
            self.reset_by.push(side);
        } else if is_news {
            *next = Some(beyond);
            if packet.flags & FIN != 0 {
                self.ended_by.push(side);
            }
            match self.pieces.last_mut() {
                _ if packet.payload.is_empty() => {}
                Some((last, bytes)) if *last == side => bytes.extend(packet.payload),
                _ => self.pieces.push((side, packet.payload)),
            }
        }
    }

    /// All that one side sent.
    pub(crate) fn stream(&self, side: Side) -> Vec<u8> {
        self.pieces.iter().filter(|(from, _)| *from == side).flat_map(|(_, bytes)| bytes.clone()).collect()
    }

    /// The same as text.
    pub(crate) fn text(&self, side: Side) -> String {
        String::from_utf8_lossy(&self.stream(side)).into_owned()
    }

    /// Whether the client sent nothing but whole TLS records (RFC 8446, section 5.1).
    fn is_nothing_but_tls(&self) -> bool {
        let stream = self.stream(Side::Client);
        let mut rest = &stream[..];
        while let [kind, 3, _, high, low, more @ ..] = rest {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            match more.get(length..) {
                Some(next) if (20..=23).contains(kind) => rest = next,
                _ => return false,
            }
        }
        rest.is_empty() && !stream.is_empty()
    }
}

/// The ports on which TLS begins with the first byte.
const IMPLICIT: [u16; 3] = [465, 993, 995];

/// Holds the connections of a check of `ports` to good manners: one for each, in which the server speaks first unless TLS
/// does, and which the client ends and never cuts off.
pub(crate) fn assert_polite(connections: &[Connection], ports: &[u16]) {
    let mut seen: Vec<u16> = connections.iter().map(|connection| connection.port).collect();
    seen.sort_unstable();
    assert_eq!(seen, ports, "one connection for each port");
    for connection in connections {
        let port = connection.port;
        if IMPLICIT.contains(&port) {
            assert!(connection.is_nothing_but_tls(), "port {port}: {connection:?}");
        } else {
            let first = connection.pieces.first().map(|(side, _)| *side);
            assert_eq!(first, Some(Side::Server), "port {port}: the client spoke first");
        }
        // A server that has closed already answers TLS's own goodbye with a RST, and takes no FIN.
        let was_gone = connection.ended_by == [Side::Server] && connection.reset_by.contains(&Side::Server);
        let said_goodbye = was_gone || connection.ended_by.contains(&Side::Client);
        assert!(said_goodbye, "port {port}: no FIN from the client: {connection:?}");
        assert!(!connection.reset_by.contains(&Side::Client), "port {port}: the client reset the connection");
    }
}
