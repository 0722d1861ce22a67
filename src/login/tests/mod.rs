mod blotting;
mod choices;
mod exchanges;
mod hostile;
mod scram_server;

use zeroize::Zeroizing;

use super::{BindingKind, ChannelBinding, Credential, LoginOffer, choose};
use crate::protocol::sasl::{Sasl, Way};

fn password(user: &str, password: &str) -> Credential {
    Credential::with_password(user, Zeroizing::new(password.to_owned())).unwrap()
}

fn token(user: &str, token: &str) -> Credential {
    Credential::with_token(user, Zeroizing::new(token.to_owned())).unwrap()
}

fn binding() -> ChannelBinding {
    ChannelBinding { kind: BindingKind::TlsExporter, data: Zeroizing::new(vec![7; 32]) }
}

/// How one logs in where `mechanisms` are offered.
fn way(credential: &Credential, mechanisms: &[&str], binding: Option<ChannelBinding>) -> Option<Way> {
    let mechanisms: Vec<String> = mechanisms.iter().map(ToString::to_string).collect();
    let offer =
        LoginOffer { mechanisms: &mechanisms, password_command: false, binding, host: "server.example.com", port: 143 };
    choose(credential, &offer)
}

fn sasl(credential: &Credential, mechanisms: &[&str], binding: Option<ChannelBinding>) -> Box<dyn Sasl> {
    match way(credential, mechanisms, binding) {
        Some(Way::Sasl(sasl)) => sasl,
        other => panic!("{other:?}"),
    }
}

/// The client's first message.
fn first(sasl: &mut dyn Sasl) -> String {
    String::from_utf8(sasl.initial_response().unwrap().unwrap().to_vec()).unwrap()
}
