//! What people are told in the troubles of daily life, judged on the words and on the JSON of the real command.
//!
//! Each test makes a situation (lab servers on loopback, or a client, a router and a server in namespaces of their own),
//! asks as a person would, and judges loosely: what must be said, and what must never be said. How the sentence goes is
//! the product's own business.
//!
//! The tests mostly wait, for packets that are dropped and for servers that are slow. So this binary has a `main` of its
//! own, which runs many of them at a time whatever the number of cores.

#[cfg(target_os = "linux")]
mod cause;
#[cfg(target_os = "linux")]
mod certificates;
#[cfg(target_os = "linux")]
#[path = "../command/mod.rs"]
mod command;
#[cfg(target_os = "linux")]
mod domains;
#[cfg(target_os = "linux")]
mod families;
#[cfg(target_os = "linux")]
mod first_line;
#[cfg(target_os = "linux")]
mod habits;
#[cfg(target_os = "linux")]
mod here;
#[cfg(target_os = "linux")]
mod inside_tls;
#[cfg(target_os = "linux")]
mod judge;
#[cfg(target_os = "linux")]
mod login;
#[cfg(target_os = "linux")]
mod logins;
#[cfg(target_os = "linux")]
mod monitoring;
#[cfg(target_os = "linux")]
mod mtu;
#[cfg(target_os = "linux")]
mod names;
#[cfg(target_os = "linux")]
#[path = "../netns/mod.rs"]
mod netns;
#[cfg(target_os = "linux")]
mod patterns;
#[cfg(target_os = "linux")]
mod refusal;
#[cfg(target_os = "linux")]
mod run;
#[cfg(target_os = "linux")]
mod server_words;
#[cfg(target_os = "linux")]
mod silence;
#[cfg(target_os = "linux")]
mod slowness;
#[cfg(target_os = "linux")]
mod suite;
#[cfg(target_os = "linux")]
mod text;
#[cfg(target_os = "linux")]
mod world;
#[cfg(target_os = "linux")]
mod wrong_scheme;

fn main() {
    #[cfg(target_os = "linux")]
    suite::run();
}
