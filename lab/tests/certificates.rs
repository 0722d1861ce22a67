//! Certificates are bad in the way their names say, by WebPKI's judgement.

mod client;

use client::connect;
use mailprobe_lab::{Behaviour, Leaf, Pki, Security, Server};

/// What a strict client says to this certificate.
fn judgement(leaf: Leaf, name: &str) -> String {
    let server = Server::start(Behaviour::smtp(Security::Implicit).certificate(leaf));
    match connect(server.address()).secure(name) {
        Ok(mut client) => client.line(),
        Err(error) => format!("{error:?}"),
    }
}

#[test]
fn good_ones_are_accepted() {
    for name in ["localhost", "mail.test.example", "127.0.0.1", "::1"] {
        assert!(judgement(Leaf::Good, name).starts_with("220 "), "{name}");
    }
    for leaf in
        [Leaf::ExpiresIn(2), Leaf::EcdsaP384, Leaf::Ed25519, Leaf::Rsa2048, Leaf::SuperfluousRoot, Leaf::WrongOrder]
    {
        let judgement = judgement(leaf, "localhost");
        assert!(judgement.starts_with("220 "), "{leaf:?}: {judgement}");
    }
    assert!(judgement(Leaf::Wildcard, "mail.test.example").starts_with("220 "));
    assert!(judgement(Leaf::IpOnly, "127.0.0.1").starts_with("220 "));
}

#[test]
fn bad_ones_are_refused_for_their_own_reason() {
    for (leaf, reason) in [
        (Leaf::Expired, "Expired"),
        (Leaf::ExpiredWrongName, "Expired"),
        (Leaf::NotYetValid, "NotValidYet"),
        (Leaf::WrongName, "NotValidForName"),
        (Leaf::IpOnly, "NotValidForName"),
        (Leaf::Wildcard, "NotValidForName"),
        (Leaf::NoNames, "NotValidForName"),
        (Leaf::ClientAuthOnly, "InvalidPurpose"),
        (Leaf::SelfSigned, "UnknownIssuer"),
        (Leaf::UnknownIssuer, "UnknownIssuer"),
        (Leaf::MailShield, "UnknownIssuer"),
        (Leaf::UnknownRoot, "UnknownIssuer"),
        (Leaf::AllWrong, "Expired"),
        (Leaf::Namesake, "UnknownIssuer"),
        (Leaf::MissingIntermediate, "UnknownIssuer"),
        (Leaf::X509V1, "UnsupportedCertVersion"),
        (Leaf::Sha1, "Unsupported"),
        (Leaf::Rsa1024, "BadSignature"),
    ] {
        let judgement = judgement(leaf, "localhost");
        assert!(judgement.contains(reason), "{leaf:?}: {judgement}");
    }
}

#[test]
fn chains_have_the_length_their_names_say() {
    let length = |leaf| Pki::shared().chain(leaf).len();
    assert_eq!(length(Leaf::Good), 2);
    assert_eq!(length(Leaf::MissingIntermediate), 1);
    assert_eq!(length(Leaf::SuperfluousRoot), 3);
    assert_eq!(length(Leaf::WrongOrder), 3);
}

#[test]
fn a_server_shows_the_certificate_that_the_pki_tells_of() {
    let server = Server::start(Behaviour::smtp(Security::Implicit));
    let client = connect(server.address()).secure("localhost").expect("a good certificate");
    assert_eq!(client.0.conn.peer_certificates(), Some(Pki::shared().chain(Leaf::Good).as_slice()));
}

#[test]
fn a_certificate_can_be_made_for_any_name() {
    let server = Server::start(Behaviour::smtp(Security::Implicit).names(["mx1.other.test", "192.0.2.1"]));
    for name in ["mx1.other.test", "192.0.2.1"] {
        assert!(connect(server.address()).secure(name).is_ok(), "{name}");
    }
    assert!(connect(server.address()).secure("localhost").is_err());
}

#[test]
fn the_ca_file_holds_every_authority_to_trust() {
    assert_eq!(Pki::shared().ca_pem().matches("BEGIN CERTIFICATE").count(), Pki::shared().ca_certificates().len());
}
