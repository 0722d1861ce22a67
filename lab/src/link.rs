//! A network link that takes its time: two TUN devices in two network namespaces, and a forwarder that holds each packet
//! for the delay. (Not every kernel has `netem`.) It loses nothing and keeps the order.

use std::io;
use std::process::Command;
use std::sync::{Arc, mpsc};
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

/// A running link. It goes down when it is dropped.
#[derive(Debug)]
pub struct Link {
    runtime: Option<Runtime>,
}

impl Link {
    /// Connects the namespace of this process with that of another. A packet takes `delay` in each direction. Needs the
    /// rights of root over both, which root of a user namespace has.
    pub fn start(delay: Duration, far_process: u32) -> io::Result<Self> {
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
        carry(&runtime, Arc::clone(&near), Arc::clone(&far), delay)?;
        carry(&runtime, far, near, delay)?;
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
fn carry(runtime: &Runtime, from: Arc<Tun>, to: Arc<Tun>, delay: Duration) -> io::Result<()> {
    let (sender, receiver) = mpsc::sync_channel::<(Instant, Vec<u8>)>(UNDER_WAY);
    runtime.spawn(async move {
        let mut buffer = [0; MAX_PACKET];
        while let Ok(count) = from.recv(&mut buffer).await {
            if sender.send((Instant::now() + delay, buffer[..count].to_vec())).is_err() {
                break;
            }
        }
    });
    let deliver = move || {
        for (due, packet) in receiver {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            // A device that is down takes nothing; there is nobody to tell.
            let _ = to.try_send(&packet);
        }
    };
    thread::Builder::new().name("lab-link".to_owned()).spawn(deliver)?;
    Ok(())
}
