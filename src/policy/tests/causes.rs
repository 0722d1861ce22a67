//! What holds of causes and advice whatever the ports do.

use super::*;
use crate::correlation::Cause;

const ROUTER: &str = "10.0.0.1";

fn prohibited(service: Service) -> Observation {
    of_service(service, with_icmp(ConnectFailureKind::Prohibited, icmp4(3, 13, ROUTER), false))
}

fn unreachable(service: Service) -> Observation {
    of_service(service, with_icmp(ConnectFailureKind::HostUnreachable, icmp4(3, 1, ROUTER), false))
}

fn of_service(service: Service, mut observation: Observation) -> Observation {
    let address = observation.endpoint.address;
    observation.endpoint = healthy(service).endpoint;
    observation.endpoint.address = address;
    observation
}

/// What a port of a survey may come to.
const OUTCOMES: [fn(Service) -> Observation; 10] =
    [healthy, refused, dropped, silent, interrupted, expired, soon, unencrypted, prohibited, unreachable];

/// A table of ports × addresses of a host: for each address the outcomes of the seven ports, one way or at random.
fn any_table() -> impl Strategy<Value = Vec<Observation>> {
    let outcome = || prop::sample::select(OUTCOMES.to_vec());
    let column = prop_oneof![
        outcome().prop_map(|one| vec![one; Service::ALL.len()]),
        prop::collection::vec(outcome(), Service::ALL.len()),
        // Most often two outcomes share the ports.
        (outcome(), outcome(), prop::collection::vec(any::<bool>(), Service::ALL.len()))
            .prop_map(|(one, other, which)| which.iter().map(|&first| if first { one } else { other }).collect()),
    ];
    let source = prop::sample::select(vec![Source::Default, Source::User, Source::Mx]);
    let host = prop::sample::select(vec![HOST, "mx2.example.org"]);
    let address = prop::sample::select(vec![ADDRESS, V6]);
    let place = (column, host, address, source, 1..=Service::ALL.len());
    prop::collection::vec(place, 1..4).prop_map(|places| {
        let mut seen = std::collections::HashSet::new();
        let rows = places.into_iter().filter(|(_, host, address, ..)| seen.insert((*host, *address)));
        rows.flat_map(|(column, host, address, source, ports)| {
            let row = Service::ALL.iter().zip(column).take(ports);
            row.map(move |(&service, outcome)| on(host, at(address, from(source, outcome(service)))))
                .collect::<Vec<_>>()
        })
        .collect()
    })
}

/// A cause without what depends on the order of the endpoints.
fn told(cause: &Cause) -> Cause {
    Cause { endpoints: Vec::new(), speaker: None, ..cause.clone() }
}

proptest! {
    #[test]
    fn no_advice_names_a_port_that_does_not_work(table in any_table()) {
        let target = run(table, ALL).targets.remove(0);
        let works = |port: u16| {
            let mut of_port = target.endpoints.iter().filter(|one| one.observation.endpoint.port == port);
            of_port.any(|one| one.diagnosis.state == State::Ok)
        };
        let hints = target.causes.iter().filter_map(|cause| cause.hint.as_ref()).chain(&target.hints);
        for hint in hints {
            let numbers = hint.split(|character: char| !character.is_ascii_digit()).filter_map(|word| word.parse().ok());
            for port in numbers.filter(|port| Service::by_port(*port).is_some()) {
                prop_assert!(works(port), "{port} does not work: {hint}");
            }
        }
    }

    #[test]
    fn a_cause_covers_what_it_explains_and_no_more(table in any_table()) {
        let report = run(table, ALL);
        let target = &report.targets[0];
        for (index, judged) in target.endpoints.iter().enumerate() {
            let covering: Vec<&Cause> = target.causes_of(index).collect();
            let is_well = judged.verdict == Pass && judged.diagnosis.state == State::Ok;
            prop_assert!(!is_well || covering.is_empty(), "{covering:?} covers {judged:?}");
            let is_told = covering.iter().any(|cause| cause.severity == Severity::Error);
            let fails = matches!(judged.verdict, Fail | Inconclusive);
            prop_assert!(!fails || is_told, "nothing tells of {judged:?}");
        }
        let codes: std::collections::BTreeSet<u8> = (0..target.endpoints.len())
            .filter(|&index| target.endpoints[index].verdict == Fail)
            .filter_map(|index| Some(target.spoken_state(index)?.exit_code()))
            .collect();
        if report.verdict == Fail {
            let expected = if codes.len() == 1 { codes.first().copied() } else { Some(1) };
            prop_assert_eq!(Some(report.exit_code), expected);
        }
    }

    #[test]
    fn the_order_of_the_endpoints_changes_nothing((table, shuffled) in any_table().prop_flat_map(|table| {
        (Just(table.clone()), Just(table).prop_shuffle())
    })) {
        let (one, other) = (run(table, ALL), run(shuffled, ALL));
        let (first, second) = (&one.targets[0], &other.targets[0]);
        prop_assert_eq!(&first.conclusion, &second.conclusion);
        prop_assert_eq!(&first.hints, &second.hints);
        prop_assert_eq!((one.exit_code, one.verdict), (other.exit_code, other.verdict));
        let causes = |target: &JudgedTarget| target.causes.iter().map(told).collect::<Vec<_>>();
        prop_assert_eq!(causes(first), causes(second));
    }
}
