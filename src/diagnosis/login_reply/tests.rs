use super::*;
use crate::diagnosis::tests::replies::{Row, Witnesses, distinct_by, logins, mixed, reply};

fn made(row: &Row) -> LoginMade<'_> {
    LoginMade { token: row.token, challenge: row.challenge.as_deref() }
}

fn password(text: &str) -> (FindingId, State) {
    let found = meaning(&reply(text), LoginMade::default());
    (found.finding, found.state)
}

#[test]
fn real_answers_mean_what_the_table_says() {
    assert!(logins().len() >= 45, "{}", logins().len());
    let mut wrong = Vec::new();
    for row in logins() {
        let found = meaning(&row.read(), made(row));
        if found.finding != row.means() {
            wrong.push(format!("{}: {}: {} instead of {}", row.server, row.reply, found.finding, row.means()));
        }
        let for_now = matches!(
            row.means(),
            FindingId::LoginThrottled | FindingId::LoginBackendDown | FindingId::LoginUnavailable
        );
        let state = if for_now { State::LoginUnavailable } else { State::LoginRefused };
        assert_eq!(meaning(&row.read(), made(row)).state, state, "{}", row.reply);
        assert!(!row.source.is_empty() && !row.seen.is_empty(), "{}", row.reply);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The rule of the whole table, as for envelopes: two of three witnesses never contradict what a mixture is read as.
#[test]
fn no_mixture_is_read_as_what_two_of_three_contradict() {
    let rows = logins();
    let witnesses = Witnesses::of(rows);
    let codes = distinct_by(rows, |reply| reply.word.clone());
    let finer = distinct_by(rows, |reply| (reply.enhanced.clone(), reply.response_code.clone()));
    let (mut definite, mut wrong) = (0, Vec::new());
    for (code, fine) in codes.iter().flat_map(|code| finer.iter().map(move |fine| (code, fine))) {
        // An enhanced code comes with SMTP's codes, a response code with the others' words.
        let is_smtp = code.word.starts_with(|first: char| first.is_ascii_digit());
        if is_smtp && fine.response_code.is_some() || !is_smtp && fine.enhanced.is_some() {
            continue;
        }
        for words in rows.iter().filter(|row| !row.token) {
            let mixture = mixed(code, fine, &words.read());
            let found = meaning(&mixture, made(words));
            if matches!(found.finding, FindingId::LoginRefused | FindingId::LoginUnavailable) {
                continue;
            }
            definite += 1;
            let against = witnesses.against(found.finding, code, fine, alone(&mixture));
            if against > 1 {
                wrong.push(format!("{} {} read as {}", code.word, tail(fine, &words.reply), found.finding));
            }
            if code.status == Status::Temporary {
                assert_eq!(found.state, State::LoginUnavailable, "{mixture:?}");
            }
        }
    }
    assert!(definite > 1000, "{definite}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the words say without any code.
fn alone(mixture: &Reply) -> Option<FindingId> {
    let bare = Reply { word: "NO".into(), enhanced: None, response_code: None, ..mixture.clone() };
    why(&bare, LoginMade::default())
}

/// The finer code and the words of a mixture, for a message.
fn tail(fine: &Reply, words: &str) -> String {
    let code = fine.enhanced.as_ref().or(fine.response_code.as_ref()).map_or("", String::as_str);
    format!("{code}, words of {words:?}")
}

#[test]
fn what_contradicts_itself_is_not_told() {
    let refused = (FindingId::LoginRefused, State::LoginRefused);
    let unavailable = (FindingId::LoginUnavailable, State::LoginUnavailable);
    for (text, told) in [
        ("535 5.7.8 Mailbox full", refused),
        ("535 5.2.2 Authentication failed", refused),
        ("535 4.7.8 Authentication failed", refused),
        ("454 5.7.8 Authentication failed", unavailable),
        ("454 4.7.0 Authentication failed", unavailable),
        ("535 5.7.8 Temporary authentication failure", refused),
        ("535 Login failed, please try again later", refused),
        ("432 4.7.12 A password transition is needed", unavailable),
        ("a1 NO [EXPIRED] Account is locked", refused),
        ("a1 NO [OVERQUOTA] Authentication failed", refused),
        ("a1 NO Account is disabled, or password expired", refused),
        ("a1 NO", refused),
        ("535", refused),
    ] {
        assert_eq!(password(text), told, "{text}");
    }
}

#[test]
fn response_codes_speak_where_the_words_are_silent() {
    for (text, finding) in [
        ("a1 NO [AUTHENTICATIONFAILED] nope", FindingId::LoginWrongPassword),
        ("a1 NO [UNAVAILABLE] nope", FindingId::LoginBackendDown),
        ("a1 NO [LIMIT] nope", FindingId::LoginThrottled),
        ("a1 NO [EXPIRED] nope", FindingId::LoginPasswordExpired),
        ("a1 NO [PRIVACYREQUIRED] nope", FindingId::TlsWanted),
        ("a1 NO [CONTACTADMIN] nope", FindingId::LoginRefused),
        ("-ERR [AUTH] nope", FindingId::LoginWrongPassword),
        ("-ERR [SYS/TEMP] nope", FindingId::LoginBackendDown),
        ("-ERR [SYS/PERM] nope", FindingId::LoginRefused),
        ("-ERR [LOGIN-DELAY] nope", FindingId::LoginThrottled),
    ] {
        assert_eq!(password(text).0, finding, "{text}");
    }
}

#[test]
fn a_refused_token_is_told_as_one() {
    let token = |text: &str, challenge| meaning(&reply(text), LoginMade { token: true, challenge }).finding;
    assert_eq!(token("a1 NO AUTHENTICATE failed.", None), FindingId::LoginTokenRefused);
    assert_eq!(token("a1 NO nope", Some(r#"{"status":"invalid_token"}"#)), FindingId::LoginTokenRefused);
    assert_eq!(token("a1 NO nope", Some(r#"{ "status" : "401" }"#)), FindingId::LoginTokenRefused);
    // The server's own trouble, or nothing known.
    assert_eq!(token("a1 NO nope", Some(r#"{"status":"500"}"#)), FindingId::LoginRefused);
    assert_eq!(token("a1 NO nope", None), FindingId::LoginRefused);
    assert_eq!(
        token("a1 NO [UNAVAILABLE] Temporary authentication failure.", Some(r#"{"status":"400"}"#)),
        FindingId::LoginBackendDown
    );
}

#[test]
fn a_login_that_is_accepted_is() {
    for text in ["235 2.7.0 Authentication successful", "a1 OK Logged in", "+OK Logged in."] {
        assert_eq!(password(text), (FindingId::LoginAccepted, State::Ok), "{text}");
    }
}
