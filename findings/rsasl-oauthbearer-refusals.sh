#!/usr/bin/env bash
# rsasl, the SASL library of Rust, gives no answer where OAUTHBEARER wants one, loses the reason for a refusal if there is
# an escape in its JSON, and means two things by one property.
#
# Seen on 28 November 2026 with rsasl 2.3.1 from crates.io. A server that refuses a token sends a challenge in JSON, which
# the client must answer with one octet, %x01, before the server fails the login (RFC 7628, section 3.2.3).
#
#   * To {"status":"invalid_token"} rsasl's client says that it is done and that there is a message to send. The message is
#     empty. A program that sends what it is given sends an empty line; not all servers take that for an answer.
#   * {"status":"invalid_token","openid-configuration":"https:\/\/login.example.org\/"} is an error: "expected a borrowed
#     string". The library leaves the strings where they stand in the challenge, so it can read none with an escape in it,
#     and some writers of JSON escape every slash (PHP's does by default). The exchange ends, and the reason is lost.
#   * The property OAuthBearerToken is the bare token for the client, which puts "Bearer " before it. For the server it is
#     the token with "Bearer " before it, so a server that looks it up as it is given does not find it.
#
# So a client must send %x01, and read the challenge, by itself; a server must take off the scheme.
#
# Needs cargo with a Rust of 2025 or later, and crates.io. Exits with 0 while all of it is as told here.
set -euo pipefail
work=$(mktemp --directory)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir src
cat >Cargo.toml <<'TOML'
[package]
name = "look"
version = "0.0.0"
edition = "2021"

[dependencies]
rsasl = { version = "=2.3.1", default-features = false, features = ["config_builder", "oauthbearer", "provider"] }
TOML
cat >src/main.rs <<'RUST'
use std::error::Error;
use std::sync::Mutex;

use rsasl::callback::{Context, Request, SessionCallback, SessionData};
use rsasl::mechanisms::oauthbearer::properties::{OAuthBearerErrored, OAuthBearerValidate};
use rsasl::prelude::{Mechname, SASLClient, SASLConfig, SASLServer, SessionError, Validation};
use rsasl::property::{AuthzId, OAuthBearerToken};

const TOKEN: &str = "ya29.Nordlicht";
static HEARD: Mutex<String> = Mutex::new(String::new());

struct Client;

impl SessionCallback for Client {
    fn callback(&self, _: &SessionData, _: &Context, request: &mut Request) -> Result<(), SessionError> {
        if let Some(error) = request.get_action::<OAuthBearerErrored>() {
            *HEARD.lock().unwrap() = format!("{error:?}");
        }
        request.satisfy::<AuthzId>("anna")?;
        request.satisfy::<OAuthBearerToken>(TOKEN)?;
        Ok(())
    }
}

struct Server;

impl SessionCallback for Server {
    fn callback(&self, _: &SessionData, context: &Context, request: &mut Request) -> Result<(), SessionError> {
        if request.is::<OAuthBearerValidate>() {
            *HEARD.lock().unwrap() = context.get_ref::<OAuthBearerToken>().unwrap_or_default().to_owned();
            request.satisfy::<OAuthBearerValidate>(&Ok(()))?;
        }
        Ok(())
    }
}

struct Nothing;

impl Validation for Nothing {
    type Value = ();
}

/// The client's first message, and what it makes of a challenge.
fn refuse(challenge: &str) -> (Vec<u8>, Result<Vec<u8>, String>) {
    let config = SASLConfig::builder().with_defaults().with_callback(Client).unwrap();
    let name = Mechname::parse(b"OAUTHBEARER").unwrap();
    let mut session = SASLClient::new(config).start_suggested(&[name]).unwrap();
    let (mut first, mut answer) = (Vec::new(), Vec::new());
    session.step(None, &mut first).unwrap();
    let step = session.step(Some(challenge.as_bytes()), &mut answer);
    println!("S: {challenge}\nC: {:?}, {step:?}", String::from_utf8_lossy(&answer));
    (first, step.map(|_| answer).map_err(|error| causes(&error)))
}

fn causes(error: &dyn Error) -> String {
    format!("{error} / {error:?}")
}

fn main() {
    let (first, plain) = refuse(r#"{"status":"invalid_token"}"#);
    let (_, escaped) = refuse(r#"{"status":"invalid_token","openid-configuration":"https:\/\/login.example.org\/"}"#);
    let is_empty = plain == Ok(Vec::new());
    let is_error = escaped.is_err_and(|words| words.contains("expected a borrowed string"));

    let config = SASLConfig::builder().with_defaults().with_callback(Server).unwrap();
    let name = Mechname::parse(b"OAUTHBEARER").unwrap();
    let mut session = SASLServer::<Nothing>::new(config).start_suggested(name).unwrap();
    session.step(Some(&first), &mut Vec::new()).unwrap();
    let heard = HEARD.lock().unwrap().clone();
    println!("the client's OAuthBearerToken: {TOKEN:?}, the server's: {heard:?}");

    let as_told = is_empty && is_error && heard == format!("Bearer {TOKEN}");
    println!("{}", if as_told { "as told" } else { "CHANGED" });
    std::process::exit(i32::from(!as_told));
}
RUST
CARGO_TARGET_DIR=$work/target timeout 150 cargo run --quiet
