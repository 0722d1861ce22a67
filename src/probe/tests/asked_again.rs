//! A router that sends no more ICMP errors than it may.

use std::collections::HashMap;

use super::whole_runs::options;
use super::*;
use crate::checker::Checker;
use crate::observation::{ConnectFailure, ConnectFailureKind, Icmp};
use crate::target::Target;
use crate::transport::tcp::ConnectError;

/// Rejects every port of one address with one ICMP error a second, and drops what is sent to any other.
#[derive(Debug, Default)]
struct Router {
    last_message: Mutex<Option<Instant>>,
    dialled: Mutex<HashMap<SocketAddr, Vec<Instant>>>,
}

const REJECTED: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const DROPPED: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2));

impl Dialer for Router {
    fn dial(&self, server: SocketAddr, limit: Duration) -> Dialing<'_> {
        let now = Instant::now();
        self.dialled.lock().expect("nobody panics with it").entry(server).or_default().push(now);
        let mut last = self.last_message.lock().expect("nobody panics with it");
        let may = server.ip() == REJECTED && last.is_none_or(|last| now - last >= Duration::from_secs(1));
        if may {
            *last = Some(now);
        }
        let icmp = Icmp { v6: false, icmp_type: 3, code: 13, from: Some([198, 51, 100, 1].into()) };
        let kind = if may { ConnectFailureKind::Prohibited } else { ConnectFailureKind::TimedOut };
        let message = "the system's words".to_owned();
        let failure = ConnectFailure {
            kind,
            icmp: may.then_some(icmp),
            on_this_machine: false,
            route_exists: false,
            os_error: None,
            message,
        };
        Box::pin(async move {
            if !may {
                tokio::time::sleep(limit).await;
            }
            Err(ConnectError::Failure(failure))
        })
    }
}

/// The states and tries at this address, and how many connections there were and how long it took.
async fn check(address: IpAddr, change: impl FnOnce(&mut Options)) -> (Vec<(State, u32)>, usize, Duration) {
    let (router, began) = (Arc::new(Router::default()), Instant::now());
    let mut options = options(Arc::<Router>::clone(&router));
    change(&mut options);
    let run = Checker::of(options).check([Target::parse(&address.to_string()).expect("a target")]).await;
    let dialled = router.dialled.lock().expect("nobody panics with it").values().map(Vec::len).sum();
    let seen = run.targets[0].endpoints.iter().map(|one| (one.diagnosis.state, one.observation.tries));
    (seen.collect(), dialled, began.elapsed())
}

#[tokio::test(start_paused = true)]
async fn silent_ports_of_an_address_that_rejects_others_are_asked_again_slowly() {
    let (seen, dialled, took) = check(REJECTED, |_| ()).await;
    let mut tries: Vec<u32> = seen.iter().map(|(_, tries)| *tries).collect();
    assert!(seen.iter().all(|(state, _)| *state == State::AdministrativelyProhibited), "{seen:?}");
    tries.sort_unstable();
    assert_eq!((tries, dialled), (vec![1, 2, 2, 2, 2, 2, 2], 13));
    assert!(took <= Duration::from_secs(12), "it took {took:?}");
}

#[tokio::test(start_paused = true)]
async fn where_nothing_came_back_at_all_nothing_is_asked_again() {
    let (seen, dialled, _) = check(DROPPED, |_| ()).await;
    assert_eq!((seen, dialled), (vec![(State::ConnectionTimeout, 1); 7], 7));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_asked_again_without_time_for_it() {
    let second = Duration::from_secs(1);
    let limits: [fn(&mut Options, Duration); 3] = [
        |options, second| options.connect_timeout = Some(second),
        |options, second| options.deadline = Some(second * 6),
        |options, second| options.timeout = second * 6,
    ];
    for limit in limits {
        let (seen, dialled, took) = check(REJECTED, |options| limit(options, second)).await;
        let silent = seen.iter().filter(|seen| **seen == (State::ConnectionTimeout, 1)).count();
        assert_eq!((silent, dialled), (6, 7), "{seen:?}");
        assert!(took <= second * 6, "it took {took:?}");
    }
}
