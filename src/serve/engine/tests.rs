//! Checks of servers that greet and then say nothing, on a clock of the tests' own.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use futures_util::future::join;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinHandle;
use tokio::time::sleep_until;

use super::limits::{LEAST_TIME, TO_JUDGE};
use super::*;
use crate::blocked::InvestigationOptions;
use crate::diagnosis::State;
use crate::observation::{Speaker, Stage};
use crate::policy::Policy;
use crate::probe::{Options, Prober, SharedBounds};
use crate::serve::answer::CheckResult;
use crate::serve::settings::ModuleKind;
use crate::transport::dial::{Connection, Dialer, Dialing};

/// A server that greets and then says nothing.
#[derive(Debug, Default)]
struct Sleepy {
    dialled: Mutex<Vec<SocketAddr>>,
    open: Arc<AtomicUsize>,
    panics: bool,
}

impl Sleepy {
    fn dialled(&self) -> usize {
        self.dialled.lock().expect("no panic").len()
    }

    fn open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }
}

impl Dialer for Sleepy {
    fn dial(&self, server: SocketAddr, _: Duration) -> Dialing<'_> {
        assert!(!self.panics, "the dialer panics");
        self.dialled.lock().expect("no panic").push(server);
        self.open.fetch_add(1, Ordering::SeqCst);
        let open = Arc::clone(&self.open);
        let (near, mut far) = tokio::io::duplex(1024);
        tokio::spawn(async move {
            let _ = far.write_all(b"220 mx.test\r\n").await;
            while far.read(&mut [0; 1024]).await.is_ok_and(|count| count > 0) {}
            open.fetch_sub(1, Ordering::SeqCst);
        });
        Box::pin(async { Ok(Connection { stream: Box::new(near), local: None }) })
    }
}

fn module(dialer: &Arc<Sleepy>) -> Arc<Module> {
    let options = Options {
        dialer: Some(Arc::clone(dialer) as Arc<dyn Dialer>),
        hello: Some("probe.test.example".parse().expect("a name")),
        bounds: Some(SharedBounds::new(100, None, None)),
        ..Options::default()
    };
    let prober = Prober::new(options).expect("nothing is read");
    let kind = ModuleKind::Ports { prober, policy: Policy::default() };
    Arc::new(Module { name: "default".to_owned(), kind, limit: Duration::from_secs(20) })
}

/// An engine, and what it is given.
struct World {
    engine: Arc<Engine>,
    module: Arc<Module>,
    dialer: Arc<Sleepy>,
    began: Instant,
}

impl World {
    fn new(limits: EngineLimits) -> Self {
        Self::of(limits, Arc::default())
    }

    fn of(limits: EngineLimits, dialer: Arc<Sleepy>) -> Self {
        Self { engine: Arc::new(Engine::new(limits)), module: module(&dialer), dialer, began: Instant::now() }
    }

    fn after(&self, milliseconds: u64) -> Instant {
        self.began + Duration::from_millis(milliseconds)
    }

    /// What comes of a check that must be answered so long after the beginning, and when.
    fn check(&self, typed: &'static str, milliseconds: u64) -> JoinHandle<(Answered, Duration)> {
        let (engine, module, until) = (Arc::clone(&self.engine), Arc::clone(&self.module), self.after(milliseconds));
        let (targets, began) = (Target::parse_line(typed).expect("a target"), self.began);
        tokio::spawn(async move {
            let answered = engine.check(&module, typed, targets, until).await;
            (answered, began.elapsed())
        })
    }

    async fn at(&self, milliseconds: u64) {
        sleep_until(self.after(milliseconds)).await;
    }
}

fn states(answer: &CheckAnswer) -> Vec<(State, Option<Stage>)> {
    let endpoints = answer.report().targets.iter().flat_map(|target| &target.endpoints);
    endpoints.map(|endpoint| (endpoint.diagnosis.state, endpoint.diagnosis.failed_stage)).collect()
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_there_before_its_time_is_over_with_what_was_said() {
    let world = World::new(EngineLimits::default());
    let (answered, took) = world.check("192.0.2.1:25", 2000).await.expect("no panic");
    let answer = answered.expect("an answer");
    assert!(took < Duration::from_secs(2) && took + TO_JUDGE >= Duration::from_secs(2), "{took:?}");
    assert!(!answer.finished);
    assert_eq!(answer.limit, Duration::from_secs(2));
    assert_eq!(states(&answer), [(State::Inconclusive, Some(Stage::Capabilities))]);
    let observation = &answer.report().targets[0].endpoints[0].observation;
    let heard = observation.attempts[0].transcript.iter().find(|line| line.from == Speaker::Server);
    assert_eq!(heard.map(|line| line.text.as_str()), Some("220 mx.test"));
    assert_eq!((world.engine.running(), world.engine.waiting()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn equal_checks_are_one_and_another_module_s_is_another() {
    let world = World::new(EngineLimits::default());
    let (one, other) = join(world.check("192.0.2.1:25", 2000), world.check("192.0.2.1:25", 2000)).await;
    let (one, other) = (one.expect("no panic").0.expect("an answer"), other.expect("no panic").0.expect("an answer"));
    assert!(Arc::ptr_eq(&one, &other));
    assert_eq!((world.dialer.dialled(), world.engine.coalesced()), (1, 1));

    // What is over is not answered again.
    world.check("192.0.2.1:25", 4000).await.expect("no panic").0.expect("an answer");
    assert_eq!((world.dialer.dialled(), world.engine.coalesced()), (2, 1));

    let reloaded = World { module: module(&world.dialer), ..world };
    let (one, other) = join(reloaded.check("192.0.2.1:25", 9000), reloaded.check("192.0.2.2:25", 9000)).await;
    assert!(one.expect("no panic").0.is_ok() && other.expect("no panic").0.is_ok());
    assert_eq!((reloaded.dialer.dialled(), reloaded.engine.coalesced()), (4, 1));
}

#[tokio::test(start_paused = true)]
async fn who_has_more_time_gives_it_to_the_check_and_who_has_less_is_told_what_is_known() {
    let world = World::new(EngineLimits::default());
    let first = world.check("192.0.2.1:25", 2000);
    world.at(1000).await;
    let patient = world.check("192.0.2.1:25", 6000);
    let hasty = world.check("192.0.2.1:25", 1500);
    for (check, until) in [(hasty, 1500), (first, 2000), (patient, 6000)] {
        let (answered, took) = check.await.expect("no panic");
        let answer = answered.expect("an answer");
        let until = Duration::from_millis(until);
        assert!(took < until && took + TO_JUDGE >= until, "{took:?} of {until:?}");
        assert_eq!(states(&answer), [(State::Inconclusive, Some(Stage::Capabilities))], "{until:?}");
        assert_eq!((answer.finished, answer.limit), (false, until));
    }
    assert_eq!((world.dialer.dialled(), world.engine.coalesced()), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn a_check_gets_no_more_time_than_its_module_allows() {
    let world = World::new(EngineLimits::default());
    let first = world.check("192.0.2.1:25", 15_000);
    let mut others = Vec::new();
    for second in 1..10 {
        world.at(second * 1000).await;
        others.push(world.check("192.0.2.1:25", second * 1000 + 20_000));
    }
    drop(first);
    for other in others {
        let (answered, took) = other.await.expect("no panic");
        answered.expect("an answer");
        assert!(took <= Duration::from_secs(20), "{took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_check_that_nobody_waits_for_any_more_is_cancelled() {
    let world = World::new(EngineLimits { running: 1, waiting: 10 });
    let (one, other) = (world.check("192.0.2.1:25", 9000), world.check("192.0.2.1:25", 9000));
    let queued = world.check("192.0.2.2:25", 9000);
    world.at(1000).await;
    assert_eq!((world.engine.running(), world.engine.waiting(), world.dialer.open()), (1, 1, 1));
    one.abort();
    world.at(1100).await;
    assert_eq!(world.dialer.open(), 1, "somebody waits still");
    queued.abort();
    other.abort();
    // Closing takes a second where the server says nothing.
    world.at(2500).await;
    assert_eq!((world.engine.running(), world.engine.waiting()), (0, 0));
    assert_eq!((world.dialer.open(), world.dialer.dialled()), (0, 1));
    assert!(world.engine.register.is_empty());

    // And nothing is held: the same server can be asked again at once.
    world.check("192.0.2.1:25", 4000).await.expect("no panic").0.expect("an answer");
    assert_eq!(world.dialer.dialled(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_could_not_end_in_time_is_not_begun() {
    let world = World::new(EngineLimits { running: 1, waiting: 2 });
    let running = world.check("192.0.2.1:25", 5000);
    world.at(100).await;
    let in_vain = world.check("192.0.2.2:25", 4000);
    world.at(200).await;
    let in_time = world.check("192.0.2.3:25", 9000);
    world.at(300).await;
    let (full, took) = world.check("192.0.2.4:25", 9000).await.expect("no panic");
    assert_eq!((full.expect_err("full"), took), (Busy::Full, Duration::from_millis(300)));
    // Who joins one that waits takes no place.
    let joined = world.check("192.0.2.3:25", 9000);

    let (late, took) = in_vain.await.expect("no panic");
    assert_eq!((late.expect_err("late"), took + LEAST_TIME), (Busy::NoTime, Duration::from_secs(4)));
    for check in [running, in_time, joined] {
        check.await.expect("no panic").0.expect("an answer");
    }
    let dialled = world.dialer.dialled.lock().expect("no panic").clone();
    assert_eq!(dialled.iter().map(ToString::to_string).collect::<Vec<_>>(), ["192.0.2.1:25", "192.0.2.3:25"]);

    let (none, _) = world.check("192.0.2.5:25", 100).await.expect("no panic");
    assert_eq!(none.expect_err("its time is over"), Busy::NoTime);
    let refused = [Busy::Full, Busy::NoTime, Busy::Unusable].map(|busy| world.engine.refused(busy));
    assert_eq!(refused, [1, 2, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_check_that_waits_for_another_s_connection_blames_nobody_else() {
    let world = World::new(EngineLimits::default());
    let first = world.check("192.0.2.1:25", 9000);
    world.at(100).await;
    // The same server by another name is another check.
    let (answered, took) = world.check("smtp://192.0.2.1", 2000).await.expect("no panic");
    let answer = answered.expect("an answer");
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert_eq!(states(&answer), [(State::Inconclusive, Some(Stage::Connect))]);
    let told = &answer.report().targets[0].endpoints[0].diagnosis.findings[0].message;
    assert!(told.contains("other checks were under way"), "{told}");
    assert_eq!(world.dialer.dialled(), 1);
    first.abort();
}

#[tokio::test(start_paused = true)]
async fn whether_port_25_is_blocked_is_tried_at_the_host_that_is_asked_for_else_at_the_module_s() {
    let dialer = Arc::<Sleepy>::default();
    let probing = Options {
        dialer: Some(Arc::clone(&dialer) as Arc<dyn Dialer>),
        hello: Some("probe.test.example".parse().expect("a name")),
        bounds: Some(SharedBounds::new(100, None, None)),
        ..Options::default()
    };
    let options = InvestigationOptions::new(vec!["192.0.2.1".parse().expect("a host")], probing);
    let kind = ModuleKind::Blocked(Box::new(options));
    let module = Arc::new(Module { name: "blocked".to_owned(), kind, limit: Duration::from_secs(120) });
    let engine = Engine::new(EngineLimits::default());
    for (typed, host) in [("", "192.0.2.1"), ("192.0.2.2", "192.0.2.2")] {
        let targets = module.targets(typed).expect("a host");
        let answer = engine.check(&module, typed, targets, Instant::now() + module.limit).await.expect("an answer");
        assert!(matches!(answer.result, CheckResult::Blocked(_)), "{answer:#?}");
        let dialled = std::mem::take(&mut *dialer.dialled.lock().expect("no panic"));
        assert!(dialled.iter().any(|server| server.port() == 25), "{dialled:?}");
        assert!(dialled.iter().all(|server| server.ip().to_string() == host), "{dialled:?}");
    }
    for typed in ["192.0.2.2:587", "@example.org"] {
        assert!(module.targets(typed).is_err(), "{typed} is no host");
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_told_as_mailprobe_s_own_fault() {
    let dialer = Arc::new(Sleepy { panics: true, ..Sleepy::default() });
    let world = World::of(EngineLimits::default(), dialer);
    let answer = world.check("192.0.2.1:25", 2000).await.expect("no panic").0.expect("an answer");
    assert_eq!(states(&answer)[0].0, State::InternalError);
    assert_eq!(world.engine.running(), 0);
}
