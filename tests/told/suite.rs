//! All tests of this binary, and how they are run.

use libtest_mimic::{Arguments, Trial};
use mailprobe_lab::skips;

use crate::netns::{in_own_network, is_inside, unavailable};
use crate::{
    certificates, domains, families, first_line, habits, here, inside_tls, login, logins, monitoring, mtu, names,
    refusal, server_words, silence, slowness, wrong_scheme,
};

/// How many tests at a time: nearly all of each test's time is waiting.
const AT_A_TIME: usize = 12;

/// A test: its name, as in `silence::port_25_alone`, and what it does.
pub(crate) struct Case {
    name: &'static str,
    ground: Ground,
}

enum Ground {
    /// In a network of its own.
    Network(fn(&'static str)),
    Loopback(fn()),
}

impl Case {
    /// `test` is told its name: it is run again by that name, inside its network.
    pub(crate) const fn in_network(name: &'static str, test: fn(&'static str)) -> Self {
        Self { name, ground: Ground::Network(test) }
    }

    pub(crate) const fn on_loopback(name: &'static str, test: fn()) -> Self {
        Self { name, ground: Ground::Loopback(test) }
    }

    fn trial(&self, skipped: bool) -> Trial {
        let name = self.name;
        match self.ground {
            Ground::Network(test) => Trial::test(name, move || {
                in_own_network(name, || test(name));
                Ok(())
            })
            .with_ignored_flag(skipped),
            Ground::Loopback(test) => Trial::test(name, move || {
                test();
                Ok(())
            }),
        }
    }
}

/// The cases of a module: those in networks of their own, and those on loopback.
macro_rules! cases {
    ($module:ident: network { $($network:ident),* $(,)? } loopback { $($loopback:ident),* $(,)? }) => {
        pub(crate) const CASES: &[crate::suite::Case] = &[
            $(crate::suite::Case::in_network(concat!(stringify!($module), "::", stringify!($network)), $network),)*
            $(crate::suite::Case::on_loopback(concat!(stringify!($module), "::", stringify!($loopback)), $loopback),)*
        ];
    };
}
pub(crate) use cases;

pub(crate) fn run() {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = arguments.test_threads.or(Some(AT_A_TIME));
    // The longest first: they bound the whole run.
    let groups = [
        mtu::CASES,
        login::CASES,
        logins::CASES,
        refusal::CASES,
        inside_tls::CASES,
        wrong_scheme::CASES,
        slowness::CASES,
        silence::CASES,
        here::CASES,
        families::CASES,
        domains::CASES,
        names::CASES,
        certificates::CASES,
        first_line::CASES,
        habits::CASES,
        server_words::CASES,
        monitoring::CASES,
    ];
    let cases: Vec<&Case> = groups.into_iter().flatten().collect();
    let missing = unavailable();
    let skipped = |case: &&Case| matches!(case.ground, Ground::Network(_));
    if let (Some(missing), false) = (&missing, arguments.list) {
        for case in cases.iter().copied().filter(skipped) {
            skips::skip(case.name, missing);
        }
    }
    if !is_inside() {
        // What a test panicked with is told at the end; told here too, every report would be there twice.
        std::panic::set_hook(Box::new(|_| {}));
    }
    let trials = cases.into_iter().map(|case| case.trial(missing.is_some())).collect();
    libtest_mimic::run(&arguments, trials).exit();
}
