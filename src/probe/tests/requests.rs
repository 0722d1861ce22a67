//! When connections are requested again, and when they are given up.

use super::*;
use crate::observation::{ConnectFailure, ConnectFailureKind, Icmp};
use crate::probe::answers::AddressAnswers;
use crate::probe::bounds::Bounds;
use crate::probe::rate::Rate;
use crate::probe::requests::Requests;
use crate::transport::tcp::ConnectError;

const PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 25);
const LIMIT: Duration = Duration::from_secs(5);
const ROUND_TRIP: Duration = Duration::from_millis(100);

/// Notes when it is asked for a connection, and what it answers to whom.
#[derive(Debug)]
struct Port {
    asked: Mutex<Vec<Instant>>,
    answers: fn(usize) -> Option<Result<(), ConnectError>>,
}

impl Dialer for Port {
    fn dial(&self, _: SocketAddr, limit: Duration) -> Dialing<'_> {
        let mut asked = self.asked.lock().expect("nobody panics with it");
        let answer = (self.answers)(asked.len());
        asked.push(Instant::now());
        Box::pin(async move {
            tokio::time::sleep(if answer.is_some() { ROUND_TRIP } else { limit }).await;
            let connection = || Connection { stream: Box::new(tokio::io::empty()), local: None };
            answer.unwrap_or_else(|| Err(ConnectError::unanswered())).map(|()| connection())
        })
    }
}

struct Asked {
    result: Result<(), ConnectError>,
    /// When, in milliseconds.
    at: Vec<u128>,
    took: u128,
    count: u32,
}

/// Connects to a port that answers like this. `prepare` says what came back from others of the address.
async fn ask(
    answers: fn(usize) -> Option<Result<(), ConnectError>>,
    rate: Option<Rate>,
    prepare: impl FnOnce(&AddressAnswers),
) -> Asked {
    let bounds = Bounds::new(100, 100, None, None, rate);
    let held = bounds.answers.of(PORT.ip());
    prepare(&held);
    let port = Port { asked: Mutex::default(), answers };
    let began = Instant::now();
    let requests = Requests::new(&port, PORT, LIMIT);
    let result = requests.connect(&bounds).await.map(drop);
    let at = port.asked.lock().expect("nobody panics with it").iter().map(|at| (*at - began).as_millis()).collect();
    Asked { result, at, took: began.elapsed().as_millis(), count: requests.count() }
}

fn after(milliseconds: u64) -> impl Fn(&AddressAnswers) {
    move |others| others.note(0, &Ok(()), Duration::from_millis(milliseconds))
}

fn silent(_: usize) -> Option<Result<(), ConnectError>> {
    None
}

#[tokio::test(start_paused = true)]
async fn the_distances_follow_from_the_round_trip() {
    let cases: [(u64, &[u128], u128, u32); 4] = [
        (0, &[0, 150, 300, 450], 1250, 5),
        (100, &[0, 200, 400, 600], 1300, 5),
        (300, &[0, 600, 1200, 1800], 2700, 5),
        // The system alone, which asks three times.
        (400, &[0], 5000, 3),
    ];
    for (round_trip, at, took, count) in cases {
        let asked = ask(silent, None, after(round_trip)).await;
        assert_eq!(asked.result, Err(ConnectError::unanswered()));
        let close = asked.at.iter().zip(at).all(|(is, should)| is.abs_diff(*should) <= 10);
        assert!(asked.at.len() == at.len() && close, "{round_trip} ms: {:?}", asked.at);
        assert!(asked.took.abs_diff(took) <= 10, "{round_trip} ms: {}", asked.took);
        // What the system repeats is due at the very end of the limit's seconds or not.
        assert_eq!(asked.count, count, "{round_trip} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn where_packets_get_lost_a_second_opinion_is_waited_for() {
    let lossy = ask(silent, None, |others| {
        after(100)(others);
        others.note(1, &Ok(()), ROUND_TRIP);
    });
    let asked = lossy.await;
    assert_eq!((asked.at.len(), asked.count), (4, 6));
    assert!((3300..3320).contains(&asked.took), "{}", asked.took);
}

#[tokio::test(start_paused = true)]
async fn the_full_limit_stays_where_nothing_answered_or_icmp_errors_did() {
    fn rejected(others: &AddressAnswers) {
        let failure = ConnectFailure {
            kind: ConnectFailureKind::Prohibited,
            icmp: Some(Icmp { v6: false, icmp_type: 3, code: 13, from: Some(PORT.ip()) }),
            on_this_machine: false,
            route_exists: false,
            os_error: None,
            message: "the system's words".to_owned(),
        };
        others.note(0, &Err::<(), _>(ConnectError::Failure(failure)), ROUND_TRIP);
    }
    let prepared: [fn(&AddressAnswers); 2] = [
        |_| (),
        |others| {
            after(100)(others);
            rejected(others);
        },
    ];
    for prepare in prepared {
        let asked = ask(silent, None, prepare).await;
        assert_eq!((asked.result, asked.at.len()), (Err(ConnectError::unanswered()), 1));
        assert!((5000..5010).contains(&asked.took), "{}", asked.took);
    }
}

#[tokio::test(start_paused = true)]
async fn a_late_winner_is_the_connection_and_nothing_is_asked_after_it() {
    let asked = ask(|number| (number == 2).then_some(Ok(())), None, after(100)).await;
    assert_eq!((asked.result, asked.at.len(), asked.count), (Ok(()), 3, 3));
    assert!((500..510).contains(&asked.took), "{}", asked.took);
}

#[tokio::test(start_paused = true)]
async fn what_this_machine_could_not_send_proves_nothing() {
    let exhausted = |number| (number > 0).then(|| Err(ConnectError::Local("too many open files".to_owned())));
    let asked = ask(exhausted, None, after(100)).await;
    assert_eq!(asked.result, Err(ConnectError::unanswered()));
    assert!((5000..5010).contains(&asked.took), "{}", asked.took);
}

#[tokio::test(start_paused = true)]
async fn a_rate_holds_for_further_requests_too() {
    let rate = Rate { count: std::num::NonZeroU32::MIN, per: Duration::from_secs(1) };
    let asked = ask(silent, Some(rate), after(100)).await;
    assert!(asked.at.windows(2).skip(1).all(|pair| pair[1] - pair[0] >= 990), "{:?}", asked.at);
    assert!(asked.took >= 2300, "{}", asked.took);
}
