use super::scram_server::ScramServer;
use super::{binding, first, password, sasl, token};
use crate::login::BindingKind;
use crate::protocol::sasl::Sasl;

const SERVER: ScramServer<'static> = ScramServer {
    is_sha_256: true,
    password: "pencil",
    salt: "W22ZaJ0SNY7soEsUEjb6gQ==",
    rounds: 4096,
    nonce: "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
    binding: &[7; 32],
};

fn text(message: &[u8]) -> String {
    String::from_utf8(message.to_vec()).unwrap()
}

/// The whole exchange; what the client said first.
fn logs_in(sasl: &mut dyn Sasl, server: ScramServer<'_>) -> String {
    let client_first = first(sasl);
    let client_final = text(&sasl.respond(server.challenge(&client_first).as_bytes()).unwrap());
    let verdict = server.verdict(&client_first, &client_final).expect("the server takes the proof");
    assert!(sasl.respond(verdict.as_bytes()).unwrap().is_empty());
    sasl.succeeded().unwrap();
    client_first
}

#[test]
fn scram() {
    let user = password("user", "pencil");
    let said = logs_in(&mut *sasl(&user, &["SCRAM-SHA-256"], None), SERVER);
    assert!(said.starts_with("n,,n=user,r="), "{said}");
    let sha_1 = ScramServer { is_sha_256: false, ..SERVER };
    logs_in(&mut *sasl(&user, &["SCRAM-SHA-1"], None), sha_1);
}

#[test]
fn scram_bound_to_the_connection() {
    let user = password("user", "pencil");
    let offered = ["SCRAM-SHA-256-PLUS", "PLAIN"];
    let said = logs_in(&mut *sasl(&user, &offered, Some(binding())), SERVER);
    assert!(said.starts_with("p=tls-exporter,,n=user,r="), "{said}");

    let mut end_point = binding();
    end_point.kind = BindingKind::TlsServerEndPoint;
    let said =
        logs_in(&mut *sasl(&user, &["SCRAM-SHA-1-PLUS"], Some(end_point)), ScramServer { is_sha_256: false, ..SERVER });
    assert!(said.starts_with("p=tls-server-end-point,,n=user,r="), "{said}");

    // Somebody in between has another connection to the server.
    let mut client = sasl(&user, &offered, Some(binding()));
    let client_first = first(&mut *client);
    let client_final = text(&client.respond(SERVER.challenge(&client_first).as_bytes()).unwrap());
    assert_eq!(ScramServer { binding: &[8; 32], ..SERVER }.verdict(&client_first, &client_final), None);
}

/// RFC 5802, section 6.
#[test]
fn a_client_that_could_bind_says_so() {
    let user = password("user", "pencil");
    let flag = |offered: &[&str], is_bound: bool| {
        let mut sasl = sasl(&user, offered, is_bound.then(binding));
        first(&mut *sasl).split(',').next().unwrap().to_owned()
    };
    assert_eq!(flag(&["SCRAM-SHA-256"], true), "y");
    assert_eq!(flag(&["SCRAM-SHA-256"], false), "n");
    assert_eq!(flag(&["SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"], false), "n", "the server can, and this client cannot");
    assert_eq!(flag(&["SCRAM-SHA-256", "SCRAM-SHA-1-PLUS"], true), "n", "the server said that it can");
    assert_eq!(flag(&["SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"], true), "n", "the server said that it can");
    logs_in(&mut *sasl(&user, &["SCRAM-SHA-1"], Some(binding())), ScramServer { is_sha_256: false, ..SERVER });
}

#[test]
fn scram_with_names_and_passwords_of_all_kinds() {
    // The soft hyphen is nothing, the Roman numeral is a letter (RFC 4013, section 3); the key is younger than SASLprep.
    for (typed, kept) in
        [("I\u{ad}X", "IX"), ("\u{2168}", "IX"), ("p\u{e4}ss", "p\u{e4}ss"), ("\u{1f9ff}!", "\u{1f9ff}!")]
    {
        logs_in(&mut *sasl(&password("u", typed), &["SCRAM-SHA-256"], None), ScramServer { password: kept, ..SERVER });
    }
    let said = logs_in(&mut *sasl(&password("a=b,c@d", "pencil"), &["SCRAM-SHA-256"], None), SERVER);
    assert!(said.starts_with("n,,n=a=3Db=2Cc@d,r="), "{said}");
}

#[test]
fn a_server_that_does_not_know_the_password_has_not_taken_it() {
    let user = password("user", "pencil");
    let begun = || {
        let mut sasl = sasl(&user, &["SCRAM-SHA-256"], None);
        let challenge = SERVER.challenge(&first(&mut *sasl));
        sasl.respond(challenge.as_bytes()).unwrap();
        sasl
    };
    let said = begun().succeeded().unwrap_err().to_string();
    assert!(said.contains("did not prove that it knows the password"), "{said}");
    let mut lied_to = begun();
    let said = lied_to.respond(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=").unwrap_err().to_string();
    assert!(said.contains("its signature is wrong"), "{said}");
    assert!(lied_to.succeeded().is_err());
    assert!(lied_to.respond(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=").is_err());
    // A refusal inside the exchange: the client lets the server end it, and does not believe a success behind it.
    let mut refused = begun();
    assert!(refused.respond(b"e=invalid-proof").unwrap().is_empty());
    assert!(refused.succeeded().is_err());
    for mechanism in ["SCRAM-SHA-256", "LOGIN", "PLAIN", "CRAM-MD5"] {
        assert!(sasl(&user, &[mechanism], None).succeeded().is_err(), "{mechanism}: nothing was said yet");
    }
}

#[test]
fn as_many_rounds_as_honest_servers_want() {
    let user = password("user", "pencil");
    for (rounds, is_honest) in [(600_000, true), (1_500_001, false), (2_147_483_648, false), (0, false)] {
        let mut sasl = sasl(&user, &["SCRAM-SHA-256"], None);
        let challenge = ScramServer { rounds, ..SERVER }.challenge(&first(&mut *sasl));
        let begun = std::time::Instant::now();
        let answer = sasl.respond(challenge.as_bytes());
        assert_eq!(answer.is_ok(), is_honest, "{rounds}");
        if let Err(error) = answer {
            assert!(error.to_string().contains("rounds of hashing") || rounds == 0, "{error}");
            assert!(begun.elapsed().as_millis() < 100, "it was refused before the work");
        }
    }
}

#[test]
fn plain_and_login() {
    let user = password("tim@example.com", "tanstaaftanstaaf");
    let mut plain = sasl(&user, &["PLAIN"], None);
    assert_eq!(first(&mut *plain), "\0tim@example.com\0tanstaaftanstaaf");
    plain.succeeded().unwrap();
    assert!(plain.respond(b"more").is_err());

    let mut login = sasl(&user, &["LOGIN"], None);
    assert_eq!(login.initial_response(), Ok(None));
    assert_eq!(*login.respond(b"Username:").unwrap(), *b"tim@example.com");
    assert!(login.succeeded().is_err(), "the password was not asked for");
    assert_eq!(*login.respond(b"Password:").unwrap(), *b"tanstaaftanstaaf");
    login.succeeded().unwrap();
    assert!(login.respond(b"Again:").is_err());
}

/// RFC 2195, section 2.
#[test]
fn cram_md5() {
    let mut cram = sasl(&password("tim", "tanstaaftanstaaf"), &["CRAM-MD5"], None);
    assert_eq!(cram.initial_response(), Ok(None));
    let answer = cram.respond(b"<1896.697170952@postoffice.reston.mci.net>").unwrap();
    assert_eq!(text(&answer), "tim b913a602c7eda7a495b4e6e7334d3890");
    cram.succeeded().unwrap();
    assert!(cram.respond(b"<1896.697170952@postoffice.reston.mci.net>").is_err());
    assert!(sasl(&password("tim", "x"), &["CRAM-MD5"], None).respond(b"").is_err());
}

/// RFC 7628, section 4.1 and 4.3; XOAUTH2 as Google describes it.
#[test]
fn tokens() {
    let user = token("user@example.com", "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==");
    let mut bearer = sasl(&user, &["OAUTHBEARER"], None);
    assert_eq!(
        first(&mut *bearer),
        "n,a=user@example.com,\x01host=server.example.com\x01port=143\x01\
         auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01"
    );
    bearer.succeeded().unwrap();
    let refusal = br#"{"status":"invalid_token","openid-configuration":"https:\/\/example.com\/oidc"}"#;
    assert_eq!(*bearer.respond(refusal).unwrap(), *b"\x01");
    assert!(bearer.succeeded().is_err());
    assert!(bearer.respond(refusal).is_err());
    let said = first(&mut *sasl(&token("a=b,c", "t0ken"), &["OAUTHBEARER"], None));
    assert!(said.starts_with("n,a=a=3Db=2Cc,\x01"), "{said}");

    let mut google = sasl(&user, &["XOAUTH2"], None);
    assert_eq!(
        first(&mut *google),
        "user=user@example.com\x01auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01"
    );
    assert!(google.respond(br#"{"status":"400","schemes":"Bearer"}"#).unwrap().is_empty());
    assert!(google.succeeded().is_err());
}
