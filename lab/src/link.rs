//! A network link that takes its time: two TUN devices in two network namespaces, and a forwarder that holds each packet
//! for the delay. (Not every kernel has `netem`.) It loses packets, and swaps neighbours, only where it is told to.

use std::io;
use std::process::Command;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tokio_tun::Tun;

/// The addresses of the near end, in the namespace of whoever starts the link.
pub const NEAR: [&str; 2] = ["10.77.0.1", "fd77::1"];
/// The addresses of the far end.
pub const FAR: [&str; 2] = ["10.77.0.2", "fd77::2"];

/// The names of the devices.
const NEAR_DEVICE: &str = "labnear";
const FAR_DEVICE: &str = "labfar";
/// No packet is longer: the devices' MTU is 1500.
const MAX_PACKET: usize = 2048;
/// Packets under way in one direction. TCP never has so many here; a sender that has waits.
const UNDER_WAY: usize = 8192;

/// How a link treats packets, in each direction.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct LinkManner {
    /// How long a packet takes.
    pub delay: Duration,
    /// The share of packets that are lost: 0.1 is every tenth.
    pub loss: f64,
    /// The share of packets that arrive after the one sent next.
    pub reorder: f64,
    /// What chance begins with: the same seed loses the same packets of the same sequence. Each direction has a chance
    /// of its own.
    pub seed: u64,
}

/// A running link. It goes down when it is dropped.
#[derive(Debug)]
pub struct Link {
    runtime: Option<Runtime>,
}

impl Link {
    /// Connects the namespace of this process with that of another. Needs the rights of root over both, which root of a
    /// user namespace has.
    pub fn start(manner: LinkManner, far_process: u32) -> io::Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_io().build()?;
        let (near, far) = {
            let _context = runtime.enter();
            (device(NEAR_DEVICE)?, device(FAR_DEVICE)?)
        };
        let far_process = far_process.to_string();
        // The descriptor stays with its device, wherever that goes.
        run(&["ip", "link", "set", FAR_DEVICE, "netns", &far_process])?;
        set_up(&[], NEAR_DEVICE, NEAR)?;
        set_up(&["nsenter", "--target", &far_process, "--net", "--"], FAR_DEVICE, FAR)?;
        carry(&runtime, Arc::clone(&near), Arc::clone(&far), manner)?;
        carry(&runtime, far, near, LinkManner { seed: manner.seed.wrapping_add(1), ..manner })?;
        Ok(Self { runtime: Some(runtime) })
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn device(name: &str) -> io::Result<Arc<Tun>> {
    let mut queues = Tun::builder().name(name).build().map_err(io::Error::other)?;
    queues.pop().map(Arc::new).ok_or_else(|| io::ErrorKind::NotFound.into())
}

fn set_up(at: &[&str], device: &str, addresses: [&str; 2]) -> io::Result<()> {
    let [v4, v6] = [format!("{}/24", addresses[0]), format!("{}/64", addresses[1])];
    run(&[at, &["ip", "address", "add", &v4, "dev", device]].concat())?;
    run(&[at, &["ip", "address", "add", &v6, "dev", device, "nodad"]].concat())?;
    run(&[at, &["ip", "link", "set", device, "up"]].concat())
}

fn run(words: &[&str]) -> io::Result<()> {
    let Some((program, arguments)) = words.split_first() else { return Ok(()) };
    let output = Command::new(program).args(arguments).output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(io::Error::other(format!("{}: {}", words.join(" "), String::from_utf8_lossy(&output.stderr).trim())))
}

/// Carries packets one way. Sleeping threads are more punctual than a runtime's timers.
fn carry(runtime: &Runtime, from: Arc<Tun>, to: Arc<Tun>, manner: LinkManner) -> io::Result<()> {
    let (sender, receiver) = mpsc::sync_channel::<Packet>(UNDER_WAY);
    runtime.spawn(async move {
        let mut chance = fastrand::Rng::with_seed(manner.seed);
        let mut buffer = [0; MAX_PACKET];
        while let Ok(count) = from.recv(&mut buffer).await {
            // Both are drawn for each packet, so that the one does not change what befalls the other.
            let (lost, late) = (chance.f64() < manner.loss, chance.f64() < manner.reorder);
            let packet = Packet { due: Instant::now() + manner.delay, late, bytes: buffer[..count].to_vec() };
            if !lost && sender.send(packet).is_err() {
                break;
            }
        }
    });
    let deliver = move || {
        in_order_of_arrival(&receiver, |packet| {
            thread::sleep(packet.due.saturating_duration_since(Instant::now()));
            // A device that is down takes nothing; there is nobody to tell.
            let _ = to.try_send(&packet.bytes);
        });
    };
    thread::Builder::new().name("lab-link".to_owned()).spawn(deliver)?;
    Ok(())
}

#[derive(Debug)]
struct Packet {
    due: Instant,
    /// Whether the next one overtakes it.
    late: bool,
    bytes: Vec<u8>,
}

/// How long a late packet waits for one that overtakes it.
const LONGEST_LATENESS: Duration = Duration::from_millis(20);

/// Hands out packets, each late one behind its successor, until nobody sends any more.
fn in_order_of_arrival(packets: &Receiver<Packet>, mut arrive: impl FnMut(&Packet)) {
    while let Ok(packet) = packets.recv() {
        if !packet.late {
            arrive(&packet);
            continue;
        }
        let patience = packet.due.saturating_duration_since(Instant::now()) + LONGEST_LATENESS;
        match packets.recv_timeout(patience) {
            Ok(next) => {
                arrive(&next);
                arrive(&packet);
            }
            Err(RecvTimeoutError::Timeout) => arrive(&packet),
            Err(RecvTimeoutError::Disconnected) => return arrive(&packet),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_packet_arrives_behind_its_successor_and_the_last_one_arrives_too() {
        let (sender, receiver) = mpsc::sync_channel(8);
        for (number, late) in [(1, false), (2, true), (3, false), (4, true)] {
            sender.send(Packet { due: Instant::now(), late, bytes: vec![number] }).expect("room for it");
        }
        drop(sender);
        let mut arrived = Vec::new();
        in_order_of_arrival(&receiver, |packet| arrived.push(packet.bytes[0]));
        assert_eq!(arrived, [1, 3, 2, 4]);
    }
}
