//! What to enter in a mail program, chosen by what worked.

use super::judged::{JudgedEndpoint, Recommended, Setting, Verdict};
use crate::diagnosis::State;
use crate::observation::Attempt;
use crate::observation::discovery::{Discovery, LoginMethod, NamedServer, Oddity, ServerLogin};
use crate::service::{LoginNeed, Role, Security, Service};
use crate::target::{Endpoint, Host, Source};

/// Chooses among the endpoints of a mail domain.
pub(super) fn recommend(discovery: &Discovery, endpoints: &[JudgedEndpoint]) -> Recommended {
    let incoming = ranked(discovery, endpoints, &[Role::Access, Role::Retrieval]);
    let outgoing = ranked(discovery, endpoints, &[Role::Submission]);
    let for_programs = |judged: &JudgedEndpoint| judged.observation.endpoint.service.role() != Role::Relay;
    let nothing_works = endpoints.iter().any(for_programs).then_some(NOTHING_WORKS);
    let best: Vec<&Setting> = incoming.first().into_iter().chain(outgoing.first()).collect();
    let is_refused = |setting: &&Setting| refuses_login(endpoints, setting);
    let why =
        if best.iter().any(is_refused) { Some(NO_LOGIN) } else { why(&best).or(nothing_works) }.map(str::to_owned);
    Recommended { incoming, outgoing, why }
}

const NOTHING_WORKS: &str =
    "None of the servers named for mail programs was found to work with encryption, so none is recommended.";

const NO_LOGIN: &str =
    "The servers, ports and encryption given here were checked and work. Where the login does not is told above.";

/// The settings of these roles, the best first: those that do not refuse the login that was tried, then TLS from the start
/// (RFC 8314, section 3), then mail that stays on the server before mail that is taken away, then a login, then every address
/// well, then what the domain itself publishes, then its own order.
fn ranked(discovery: &Discovery, endpoints: &[JudgedEndpoint], roles: &[Role]) -> Vec<Setting> {
    let mut settings: Vec<Setting> = Vec::new();
    for judged in endpoints {
        let endpoint = &judged.observation.endpoint;
        let service = endpoint.service;
        // Port 25 is for relay between servers, and blocked in many networks, whoever names it for mail programs.
        if !roles.contains(&service.role()) || endpoint.port == Service::Smtp.port() {
            continue;
        }
        let works = is_right(judged.diagnosis.state, judged.verdict);
        let known = settings.iter().any(|known| (&known.host, known.port) == (&endpoint.host, endpoint.port));
        if works && !known {
            settings.extend(setting(discovery, judged));
        }
    }
    let fails_somewhere = |setting: &Setting| {
        endpoints.iter().any(|judged| {
            let endpoint = &judged.observation.endpoint;
            (&endpoint.host, endpoint.port) == (&setting.host, setting.port) && judged.diagnosis.state != State::Ok
        })
    };
    settings.sort_by_key(|setting| {
        (
            refuses_login(endpoints, setting),
            setting.security != Security::Implicit,
            roles.iter().position(|role| *role == setting.service.role()),
            setting.login.is_empty() && setting.password == Some(false) && !setting.oauth_only,
            fails_somewhere(setting),
            setting.sources.iter().map(|source| trust(*source)).min(),
        )
    });
    // Beside one that does not refuse the login, those that do are no help.
    if settings.first().is_some_and(|best| !refuses_login(endpoints, best)) {
        settings.retain(|setting| !refuses_login(endpoints, setting));
    }
    settings
}

/// Whether a mail program reaches the server there. What it is to enter is right where the name or password is not, too.
const fn is_right(state: State, verdict: Verdict) -> bool {
    matches!((state, verdict), (State::Ok, Verdict::Pass | Verdict::Warn)) || lacks_login(state)
}

fn refuses_login(endpoints: &[JudgedEndpoint], setting: &Setting) -> bool {
    endpoints.iter().any(|judged| {
        let endpoint = &judged.observation.endpoint;
        (&endpoint.host, endpoint.port) == (&setting.host, setting.port) && lacks_login(judged.diagnosis.state)
    })
}

const fn lacks_login(state: State) -> bool {
    matches!(state, State::LoginRefused | State::LoginUnavailable)
}

const fn trust(source: Source) -> u8 {
    match source {
        Source::User | Source::Default | Source::Srv | Source::Pacc | Source::Autoconfig => 0,
        Source::Mx | Source::ImplicitMx | Source::Ispdb | Source::Builtin => 1,
        Source::Guess => 2,
    }
}

fn setting(discovery: &Discovery, judged: &JudgedEndpoint) -> Option<Setting> {
    let endpoint = &judged.observation.endpoint;
    let secured = |attempt: &Attempt| attempt.tls.as_ref().is_some_and(|tls| tls.version.is_some());
    let probe = judged.observation.probe().filter(|probe| secured(probe))?;
    let offered = probe.conversation.secured.as_ref();
    let without_password = without_password(discovery, endpoint);
    let oauth_only = without_password.as_deref() == Some(&[LoginMethod::OAuth]);
    let password = offered
        .filter(|offered| offered.listed)
        .map(|offered| offered.password_login || offered.mechanisms.iter().any(|name| takes_password(name)));
    Some(Setting {
        host: endpoint.host.clone(),
        port: endpoint.port,
        service: endpoint.service,
        security: endpoint.security,
        sources: endpoint.sources.clone(),
        login: offered.map(|offered| offered.mechanisms.clone()).unwrap_or_default(),
        password: if without_password.is_some() { Some(false) } else { password },
        oauth_only,
        login_needs: asked_for(discovery, &endpoint.host, endpoint.port).cloned().collect(),
    })
}

/// What the provider table says about logging in at a server.
fn asked_for<'a>(discovery: &'a Discovery, host: &'a Host, port: u16) -> impl Iterator<Item = &'a ServerLogin> {
    discovery.logins.iter().filter(move |login| (&login.host, login.port) == (host, port))
}

/// Whether the provider table says that a password will do at a server, of the account or of the program; it knows of dates,
/// which an autoconfiguration file does not.
pub(super) fn known_to_take_password(discovery: &Discovery, host: &Host, port: u16) -> bool {
    asked_for(discovery, host, port).any(|login| matches!(login.needs, LoginNeed::Password | LoginNeed::AppPassword))
}

/// What is needed where a password is known not to do. Such servers may list PLAIN and LOGIN all the same.
fn without_password(discovery: &Discovery, endpoint: &Endpoint) -> Option<Vec<LoginMethod>> {
    let Endpoint { host, port, service, security, .. } = endpoint;
    if asked_for(discovery, host, *port).any(|login| login.needs == LoginNeed::OAuth) {
        return Some(vec![LoginMethod::OAuth]);
    }
    if known_to_take_password(discovery, host, *port) {
        return None;
    }
    let is_it = |server: &NamedServer| {
        (&server.host, server.port, server.service, server.security) == (host, *port, *service, *security)
    };
    discovery.oddities.iter().find_map(|oddity| match oddity {
        Oddity::NoPassword { server, logins, .. } if is_it(server) => Some(logins.clone()),
        _ => None,
    })
}

/// Whether a person with a password can log in by this mechanism. The others take tokens, tickets and certificates.
pub(crate) fn takes_password(mechanism: &str) -> bool {
    matches!(mechanism, "PLAIN" | "LOGIN" | "CRAM-MD5" | "DIGEST-MD5" | "NTLM") || mechanism.starts_with("SCRAM-")
}

fn why(best: &[&Setting]) -> Option<&'static str> {
    let implicit = best.iter().filter(|setting| setting.security == Security::Implicit).count();
    let why = if implicit == best.len() {
        "What is given here was checked and works, and the connection is encrypted from the start, which is safest (RFC 8314)."
    } else if implicit > 0 {
        "What is given here was checked and works; encryption from the start is safest (RFC 8314), and where it is not \
         offered or does not work, STARTTLS is the next best."
    } else {
        "What is given here was checked and works, with STARTTLS, because encryption from the start (RFC 8314) is not \
         offered or does not work."
    };
    (!best.is_empty()).then_some(why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::diagnose;
    use crate::diagnosis::tests::sample::{self, healthy, silent};
    use crate::observation::Observation;
    use crate::policy::judge_endpoint;

    fn at(host: &str, source: Source, mut observation: Observation) -> JudgedEndpoint {
        observation.endpoint.host = Host::Name(host.to_owned());
        observation.endpoint.sources = vec![source];
        let diagnosis = diagnose(&observation);
        let verdict = if diagnosis.state == State::Ok { Verdict::Pass } else { Verdict::Fail };
        judge_endpoint(observation, diagnosis, verdict, Vec::new())
    }

    fn offering(service: Service, mechanisms: &[&str]) -> Observation {
        let mut observation = healthy(service);
        observation.attempts[0].conversation.secured = Some(sample::offering(&[], mechanisms));
        observation
    }

    /// None of these is recommended, and that is said.
    fn nothing_of(endpoints: &[JudgedEndpoint]) {
        let recommended = recommend(&Discovery::default(), endpoints);
        assert_eq!((recommended.incoming, recommended.outgoing), (vec![], vec![]));
        assert!(recommended.why.is_some_and(|why| why.contains("none is recommended")));
    }

    fn chosen(settings: &[Setting]) -> Vec<(String, u16)> {
        settings.iter().map(|setting| (setting.host.to_string(), setting.port)).collect()
    }

    #[test]
    fn tls_from_the_start_comes_first_and_imap_before_pop3() {
        let endpoints = [
            at("pop.test", Source::Srv, healthy(Service::Pop3)),
            at("pop.test", Source::Srv, healthy(Service::Pop3s)),
            at("imap.test", Source::Srv, healthy(Service::Imap)),
            at("imap.test", Source::Srv, healthy(Service::Imaps)),
            at("smtp.test", Source::Srv, healthy(Service::Submission)),
            at("smtp.test", Source::Guess, healthy(Service::Submissions)),
            at("mx.test", Source::Mx, healthy(Service::Smtp)),
        ];
        let recommended = recommend(&Discovery::default(), &endpoints);
        let host = |name: &str, port| (name.to_owned(), port);
        assert_eq!(
            chosen(&recommended.incoming),
            [host("imap.test", 993), host("pop.test", 995), host("imap.test", 143), host("pop.test", 110)]
        );
        assert_eq!(chosen(&recommended.outgoing), [host("smtp.test", 465), host("smtp.test", 587)]);
    }

    #[test]
    fn port_25_is_never_recommended_whoever_names_it() {
        let mut named = healthy(Service::Submission);
        named.endpoint.port = 25;
        nothing_of(&[at("mx.test", Source::Autoconfig, healthy(Service::Smtp)), at("mx.test", Source::Srv, named)]);
    }

    #[test]
    fn what_does_not_work_or_is_not_encrypted_is_not_recommended() {
        let mut bare = healthy(Service::Imap);
        bare.endpoint.security = Security::Plaintext;
        bare.attempts[0].tls = None;
        nothing_of(&[at("imap.test", Source::Srv, silent(Service::Imaps)), at("imap.test", Source::Autoconfig, bare)]);
    }

    #[test]
    fn a_server_that_works_at_every_address_comes_before_one_that_does_not() {
        let mut dead = silent(Service::Submissions);
        dead.endpoint.address = Some([192, 0, 2, 9].into());
        let endpoints = [
            at("half.test", Source::Srv, healthy(Service::Submissions)),
            at("half.test", Source::Srv, dead),
            at("whole.test", Source::Builtin, healthy(Service::Submissions)),
        ];
        let recommended = recommend(&Discovery::default(), &endpoints);
        assert_eq!(chosen(&recommended.outgoing), [("whole.test".to_owned(), 465), ("half.test".to_owned(), 465)]);
    }

    #[test]
    fn whether_a_password_will_do_is_told() {
        for (mechanisms, password) in [
            (&["PLAIN", "XOAUTH2"][..], true),
            (&["SCRAM-SHA-256"], true),
            (&["XOAUTH2", "OAUTHBEARER"], false),
            (&[], false),
        ] {
            let endpoints = [at("smtp.test", Source::Srv, offering(Service::Submissions, mechanisms))];
            let setting = &recommend(&Discovery::default(), &endpoints).outgoing[0];
            assert_eq!(
                (setting.password, setting.login.as_slice()),
                (Some(password), mechanisms.iter().map(ToString::to_string).collect::<Vec<_>>().as_slice())
            );
        }
    }

    #[test]
    fn where_nobody_named_a_server_for_mail_programs_there_is_nothing_to_explain() {
        let endpoints = [at("mx.test", Source::Mx, healthy(Service::Smtp))];
        assert_eq!(recommend(&Discovery::default(), &endpoints), Recommended::default());
    }

    #[test]
    fn no_password_is_recommended_where_the_provider_or_the_file_wants_oauth() {
        let endpoints = [at("smtp.test", Source::Builtin, offering(Service::Submissions, &["PLAIN", "LOGIN"]))];
        let password = |discovery: &Discovery| recommend(discovery, &endpoints).outgoing[0].password;
        let mut discovery = Discovery::default();
        assert_eq!(password(&discovery), Some(true));
        let server = NamedServer {
            host: Host::Name("smtp.test".to_owned()),
            port: 465,
            service: Service::Submissions,
            security: Security::Implicit,
        };
        for login in [LoginMethod::OAuth, LoginMethod::Kerberos] {
            let (server, logins) = (server.clone(), vec![login]);
            discovery.oddities = vec![Oddity::NoPassword { source: Source::Autoconfig, server, logins }];
            assert_eq!(password(&discovery), Some(false), "the file");
            assert_eq!(recommend(&discovery, &endpoints).outgoing[0].oauth_only, login == LoginMethod::OAuth);
        }
        discovery.oddities.clear();
        discovery.logins = vec![asks_for(LoginNeed::OAuth)];
        assert_eq!(password(&discovery), Some(false), "the table");
    }

    fn asks_for(needs: LoginNeed) -> ServerLogin {
        let host = Host::Name("smtp.test".to_owned());
        ServerLogin { host, port: 465, needs, text: "As the table says.".to_owned(), page: None }
    }

    #[test]
    fn the_table_knows_of_dates_and_so_is_believed_before_a_file() {
        let endpoints = [at("smtp.test", Source::Ispdb, offering(Service::Submissions, &["LOGIN", "XOAUTH2"]))];
        let server = NamedServer {
            host: Host::Name("smtp.test".to_owned()),
            port: 465,
            service: Service::Submissions,
            security: Security::Implicit,
        };
        let oddity = Oddity::NoPassword { source: Source::Ispdb, server, logins: vec![LoginMethod::OAuth] };
        for (needs, password) in [
            (LoginNeed::Password, true),
            (LoginNeed::AppPassword, true),
            (LoginNeed::SwitchOnFirst, false),
            (LoginNeed::OAuth, false),
        ] {
            let logins = vec![asks_for(needs)];
            let discovery =
                Discovery { oddities: vec![oddity.clone()], logins: logins.clone(), ..Discovery::default() };
            let setting = &recommend(&discovery, &endpoints).outgoing[0];
            assert_eq!((setting.password, setting.oauth_only), (Some(password), !password), "{needs}");
            assert_eq!(setting.login_needs, logins);
        }
    }
}
