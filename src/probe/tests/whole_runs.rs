//! Whole runs, as the library makes them, over connections of the tests' own.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::time::timeout;

use super::server::{NAME, certificate, good};
use super::*;
use crate::checker::Checker;
use crate::resolve::ResolverSettings;
use crate::target::Target;
use crate::transport::trust::TrustSettings;

/// Good servers at every mail port.
#[derive(Debug)]
pub(super) struct Servers {
    pub(super) panic_at: Option<u16>,
}

impl Dialer for Servers {
    fn dial(&self, server: SocketAddr, _: Duration) -> Dialing<'_> {
        Box::pin(async move {
            assert!(self.panic_at != Some(server.port()), "port {} is cursed", server.port());
            let service = Service::by_port(server.port()).expect("a mail port");
            let (near, far) = tokio::io::duplex(PIPE_BYTES);
            tokio::spawn(play(far, good(service.protocol(), service.security())));
            Ok(Connection { stream: Box::new(near), local: None })
        })
    }
}

/// Options with which a good server is one without a fault.
pub(super) fn options(dialer: Arc<dyn Dialer>) -> Options {
    Options {
        dialer: Some(dialer),
        hello: Some("probe.test.example".parse().expect("a name")),
        server_name: Some(Host::Name(NAME.into())),
        trust: TrustSettings { ca_certificates: vec![certificate()], ..TrustSettings::default() },
        ..Options::default()
    }
}

#[tokio::test(start_paused = true)]
async fn the_longest_durations_are_no_limit() {
    let all = Options {
        timeout: Duration::MAX,
        connect_timeout: Some(Duration::MAX),
        deadline: Some(Duration::MAX),
        resolver: ResolverSettings { lookup_timeout: Duration::MAX, ..ResolverSettings::default() },
        rate: Some(crate::probe::Rate { count: std::num::NonZeroU32::MAX, per: Duration::MAX }),
        ..options(Arc::new(Servers { panic_at: None }))
    };
    let run = Checker::of(all).check([Target::parse("192.0.2.1").unwrap()]).await;
    let states: Vec<State> = run.targets[0].endpoints.iter().map(|one| one.diagnosis.state).collect();
    assert_eq!(states, [State::Ok; 7], "{run:#?}");
}

/// A server that greets and then waits; the test holds its end.
#[derive(Debug)]
struct Held(tokio::sync::mpsc::UnboundedSender<DuplexStream>);

impl Dialer for Held {
    fn dial(&self, _: SocketAddr, _: Duration) -> Dialing<'_> {
        let (near, far) = tokio::io::duplex(PIPE_BYTES);
        self.0.send(far).expect("the test listens");
        Box::pin(async { Ok(Connection { stream: Box::new(near), local: None }) })
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_dropped_closes_its_connections() {
    let (sender, mut dialled) = tokio::sync::mpsc::unbounded_channel();
    let prober = Prober::new(options(Arc::new(Held(sender)))).expect("nothing is read");
    let run = prober.start(vec![Target::parse("smtp://192.0.2.1").expect("a target")]);
    let mut far = dialled.recv().await.expect("a connection");
    far.write_all(b"220 mx\r\n").await.expect("it takes that");
    let mut said = [0; 100];
    assert!(far.read(&mut said).await.is_ok_and(|count| count > 0), "EHLO");
    drop(run);
    let closed = timeout(Duration::from_millis(10), far.read(&mut said)).await;
    assert!(matches!(closed, Ok(Ok(0))), "{closed:?}");
}
