//! The autoconfiguration file of mail programs: `clientConfig`, as draft-ietf-mailmaint-autoconfig describes it. Pure.

use roxmltree::{Document, Node, ParsingOptions};

use crate::observation::discovery::{LoginMethod, NamedServer};
use crate::service::{Protocol, Security, Service};
use crate::target::Host;
use crate::words::distinct;

/// How many elements, texts and comments a file may have. Real ones have about two hundred.
const MAX_NODES: u32 = 4096;

/// How many servers of a file are used. Real ones have three to six.
const MAX_SERVERS: usize = 16;

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ClientConfig {
    /// The servers, in the file's order of preference.
    pub(super) servers: Vec<NamedServer>,
    /// Those of them that take no password, and what they take instead.
    pub(super) logins_without_password: Vec<(NamedServer, Vec<LoginMethod>)>,
    /// Servers that cannot be used, as they stand there. Hostile text.
    pub(super) unusable: Vec<String>,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ConfigError {
    /// It is something else: most often a page for people.
    #[error("what is there is not an autoconfiguration file")]
    SomethingElse,
    /// It wants to be one, and is broken.
    #[error("the autoconfiguration file is broken: {0}")]
    Broken(String),
}

/// Reads a file for the mail domain `domain`. Document type declarations, and with them entities, are refused.
pub(super) fn parse(bytes: &[u8], domain: &str) -> Result<ClientConfig, ConfigError> {
    let text = std::str::from_utf8(bytes).map_err(|_| not_read(bytes, "it is not UTF-8"))?;
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|error| not_read(bytes, &error.to_string()))?;
    let root = document.root_element();
    if root.tag_name().name() != ROOT {
        return Err(ConfigError::SomethingElse);
    }
    let provider =
        child(root, "emailProvider").ok_or_else(|| ConfigError::Broken("it has no emailProvider".to_owned()))?;
    let mut config = ClientConfig::default();
    for node in provider.children().filter(Node::is_element) {
        let Some(protocol) = protocol(node) else { continue };
        if config.servers.len() + config.unusable.len() == MAX_SERVERS {
            break;
        }
        match server(node, protocol, domain) {
            Ok(server) => {
                config.logins_without_password.extend(without_password(node).map(|logins| (server.clone(), logins)));
                config.servers.push(server);
            }
            Err(text) => config.unusable.push(text),
        }
    }
    Ok(config)
}

const ROOT: &str = "clientConfig";

/// A broken file, if it looks as if it wanted to be one at all.
fn not_read(bytes: &[u8], why: &str) -> ConfigError {
    let wants_to_be = bytes.windows(ROOT.len()).any(|window| window == ROOT.as_bytes());
    if wants_to_be { ConfigError::Broken(why.to_owned()) } else { ConfigError::SomethingElse }
}

fn protocol(node: Node<'_, '_>) -> Option<Protocol> {
    match (node.tag_name().name(), node.attribute("type")?) {
        ("incomingServer", "imap") => Some(Protocol::Imap),
        ("incomingServer", "pop3") => Some(Protocol::Pop3),
        ("outgoingServer", "smtp") => Some(Protocol::Smtp),
        _ => None,
    }
}

fn server(node: Node<'_, '_>, protocol: Protocol, domain: &str) -> Result<NamedServer, String> {
    let text = |name| child(node, name).and_then(|child| child.text()).map_or("", str::trim);
    let (hostname, port, socket_type) = (text("hostname"), text("port"), text("socketType"));
    let read = || {
        let security = match socket_type {
            "SSL" => Security::Implicit,
            "STARTTLS" => Security::StartTls,
            "plain" => Security::Plaintext,
            _ => return None,
        };
        let host = host(hostname, domain)?;
        let port = port.parse().ok().filter(|&port: &u16| port > 0)?;
        Some(NamedServer { host, port, service: Service::for_client(protocol, port, security), security })
    };
    read().ok_or_else(|| format!("{protocol} server {hostname:?}, port {port:?}, security {socket_type:?}"))
}

/// What a server takes in place of a password: nothing where it names no login method, where a password will do for one
/// of them, or where one is unknown.
fn without_password(server: Node<'_, '_>) -> Option<Vec<LoginMethod>> {
    let methods = server.children().filter(|child| child.tag_name().name() == "authentication");
    let logins: Vec<LoginMethod> =
        methods.map(|method| login(method.text().map_or("", str::trim))).collect::<Option<_>>()?;
    Some(distinct(logins)).filter(|logins| !logins.is_empty())
}

/// The login that a method needs, where it needs no password. Beside the draft's own values a method may be the name of
/// a SASL mechanism, for which it has an attribute that files may leave out. `OAuth2` is what files have, `OAuth` what
/// the draft says.
fn login(method: &str) -> Option<LoginMethod> {
    Some(match method.to_ascii_uppercase().as_str() {
        "OAUTH" | "OAUTH2" | "OAUTHBEARER" | "XOAUTH2" => LoginMethod::OAuth,
        "GSSAPI" | "GS2-KRB5" | "GS2-KRB5-PLUS" => LoginMethod::Kerberos,
        "TLS-CLIENT-CERT" | "EXTERNAL" => LoginMethod::ClientCertificate,
        "CLIENT-IP-ADDRESS" => LoginMethod::ClientAddress,
        _ => return None,
    })
}

/// The host's name, placeholders filled in. One that needs the local part gives none: the local part would go to name
/// servers and strangers.
fn host(text: &str, domain: &str) -> Option<Host> {
    let name = text.replace("%EMAILDOMAIN%", domain);
    match name.parse() {
        Ok(host @ Host::Name(_)) => Some(host),
        // `%` is no part of a name, so a placeholder that is left over ends here, too.
        _ => None,
    }
}

fn child<'a, 'input>(node: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    node.children().find(|child| child.tag_name().name() == name)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::web::MAX_BODY;

    /// As a real file is.
    const REAL: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
        <clientConfig version="1.1">
          <emailProvider id="example.test">
            <domain>example.test</domain>
            <displayName>Example &amp; Sons</displayName>
            <incomingServer type="imap">
              <hostname>imap.%EMAILDOMAIN%</hostname> <port>993</port> <socketType>SSL</socketType>
              <username>%EMAILADDRESS%</username> <authentication>password-cleartext</authentication>
            </incomingServer>
            <incomingServer type="pop3">
              <hostname> pop.example.test </hostname><port>110</port><socketType>STARTTLS</socketType>
            </incomingServer>
            <incomingServer type="exchange"><hostname>ews.example.test</hostname></incomingServer>
            <outgoingServer type="smtp">
              <hostname>Smtp.Example.Test</hostname><port>587</port><socketType>STARTTLS</socketType>
            </outgoingServer>
            <outgoingServer type="smtp">
              <hostname>%EMAILLOCALPART%.example.test</hostname><port>465</port><socketType>SSL</socketType>
            </outgoingServer>
          </emailProvider>
        </clientConfig>"#;

    fn read(text: &str) -> Result<ClientConfig, ConfigError> {
        parse(text.as_bytes(), "example.test")
    }

    fn with_server(inner: &str) -> String {
        with_servers(inner, 1)
    }

    fn with_servers(inner: &str, count: usize) -> String {
        let servers = format!("<outgoingServer type=\"smtp\">{inner}</outgoingServer>").repeat(count);
        format!("<clientConfig><emailProvider>{servers}</emailProvider></clientConfig>")
    }

    #[test]
    fn servers_are_read_and_the_local_part_stays_here() {
        let config = read(REAL).expect("a configuration");
        let expected = [
            ("imap.example.test", 993, Service::Imaps, Security::Implicit),
            ("pop.example.test", 110, Service::Pop3, Security::StartTls),
            ("smtp.example.test", 587, Service::Submission, Security::StartTls),
        ];
        let expected = expected.map(|(host, port, service, security)| {
            let host = Host::Name(host.to_owned());
            NamedServer { host, port, service, security }
        });
        assert_eq!(config.servers, expected);
        assert_eq!(config.unusable.len(), 1);
        assert!(config.unusable[0].contains("%EMAILLOCALPART%"), "{:?}", config.unusable);
    }

    #[test]
    fn a_server_that_takes_no_password_is_marked_with_what_it_takes() {
        use LoginMethod::{ClientAddress, ClientCertificate, Kerberos, OAuth};
        let named = "<hostname>smtp.example.test</hostname><port>465</port><socketType>SSL</socketType>";
        let logins = |methods: &[&str]| {
            let element = |method: &&str| match method.strip_prefix("sasl ") {
                Some(mechanism) => format!("<authentication system=\"sasl\">{mechanism}</authentication>"),
                None => format!("<authentication> {method} </authentication>"),
            };
            let methods = methods.iter().map(element).collect::<Vec<_>>().concat();
            let config = read(&with_server(&format!("{named}{methods}"))).expect("a configuration");
            assert_eq!(config.servers.len(), 1);
            config.logins_without_password.into_iter().next().map(|(_, logins)| logins)
        };
        for oauth in ["OAuth2", "OAuth", "oauth2", "sasl OAUTHBEARER", "sasl XOAUTH2"] {
            assert_eq!(logins(&[oauth]), Some(vec![OAuth]), "{oauth}");
            assert_eq!(logins(&[oauth, "password-cleartext"]), None, "{oauth}");
        }
        assert_eq!(logins(&["OAuth2", "OAuth"]), Some(vec![OAuth]));
        assert_eq!(logins(&["GSSAPI"]), Some(vec![Kerberos]));
        assert_eq!(logins(&["OAuth2", "TLS-client-cert"]), Some(vec![OAuth, ClientCertificate]));
        assert_eq!(logins(&["client-IP-address"]), Some(vec![ClientAddress]));
        for password in [
            "password-cleartext",
            "password-encrypted",
            "plain",
            "secure",
            "NTLM",
            "sasl SCRAM-SHA-256-PLUS",
            "sasl PLAIN",
        ] {
            assert_eq!(logins(&[password]), None, "{password}");
            assert_eq!(logins(&["OAuth2", password]), None, "{password}");
        }
        assert_eq!(logins(&["something-new", "OAuth2"]), None);
        assert_eq!(logins(&[]), None);
    }

    #[test]
    fn what_is_not_a_server_is_told_and_left_out() {
        for inner in [
            "",
            "<hostname>smtp.example.test</hostname>",
            "<hostname>smtp.example.test</hostname><port>0</port><socketType>SSL</socketType>",
            "<hostname>smtp.example.test</hostname><port>99999</port><socketType>SSL</socketType>",
            "<hostname>smtp.example.test</hostname><port>465</port><socketType>TLS</socketType>",
            "<hostname>192.0.2.1</hostname><port>465</port><socketType>SSL</socketType>",
            "<hostname>two words</hostname><port>465</port><socketType>SSL</socketType>",
        ] {
            let config = read(&with_server(inner)).expect("a configuration");
            assert_eq!((config.servers.len(), config.unusable.len()), (0, 1), "{inner}");
        }
    }

    #[test]
    fn a_page_for_people_is_no_file() {
        for text in ["", "not found", "<!DOCTYPE html><html><p>Welcome<br></html>", "<html/>", "{}"] {
            assert_eq!(read(text), Err(ConfigError::SomethingElse), "{text}");
        }
        assert!(matches!(read("<clientConfig>"), Err(ConfigError::Broken(_))));
        assert!(matches!(read("<clientConfig/>"), Err(ConfigError::Broken(_))));
        assert!(matches!(parse(b"<clientConfig>\xff</clientConfig>", "example.test"), Err(ConfigError::Broken(_))));
    }

    /// Each as large as a file may be.
    #[test]
    fn hostile_files_cost_little() {
        let laughs = "<!DOCTYPE x [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;\">]>";
        let outside = "<!DOCTYPE x [<!ENTITY f SYSTEM \"file:///etc/passwd\">]>";
        let attributes: String = (0..).map(|index| format!(" a{index}=''")).take(MAX_BODY / 9).collect();
        let namespaces: String = (0..).map(|index| format!(" xmlns:a{index}='{index}'")).take(MAX_BODY / 22).collect();
        let fill = |text: &str| text.repeat(MAX_BODY / text.len());
        let hostile = [
            format!("{laughs}<clientConfig>&c;</clientConfig>"),
            format!("{outside}<clientConfig>&f;</clientConfig>"),
            format!("<clientConfig>{}", fill("<a>")),
            format!("<clientConfig>{}</clientConfig>", fill("<a/>")),
            format!("<clientConfig{attributes}/>"),
            format!("<clientConfig{namespaces}><a{attributes}/></clientConfig>"),
            with_server(&fill("<hostname>a</hostname>")),
            with_server(&format!("<hostname>{}</hostname><port>1</port><socketType>SSL</socketType>", fill("a"))),
            format!("<clientConfig>{}", fill("<!--")),
            format!("<clientConfig {}", fill("&#")),
        ];
        for text in hostile {
            let begin: String = text.chars().take(40).collect();
            let started = Instant::now();
            if let Ok(config) = read(&text) {
                assert!(config.servers.is_empty(), "{begin}");
            }
            assert!(started.elapsed() < Duration::from_secs(10), "{begin} took {:?}", started.elapsed());
        }
        let many = with_servers("<hostname>a.test</hostname><port>465</port><socketType>SSL</socketType>", 100);
        assert_eq!(read(&many).expect("a configuration").servers.len(), MAX_SERVERS);
    }
}
