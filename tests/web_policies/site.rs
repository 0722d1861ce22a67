//! A mail domain with nothing but a name server and perhaps a web server.

use std::time::Duration;

use mailprobe::internals::observation::promises::{MtaSts, MtaStsPolicy, PolicyFailure, Promises};
use mailprobe::internals::promises::{AgentConfigLookup, Patience, Promisor, look_up};
use mailprobe::internals::resolve::{Families, Resolver, ResolverSettings};
use mailprobe::internals::transport::dial::TcpDialer;
use mailprobe::internals::transport::tls::TlsClient;
use mailprobe::internals::transport::trust::TrustSettings;
use mailprobe::internals::web::WebContext;
use mailprobe_lab::dns::{DnsServer, Zone};
use mailprobe_lab::https::{HttpsServer, Page};
use mailprobe_lab::{Leaf, Pki};

use crate::netns::Network;

pub(crate) const DOMAIN: &str = "example.test";
/// Where the web server is.
pub(crate) const WEB: [u8; 4] = [127, 0, 0, 80];
/// The policy's host and path.
pub(crate) const POLICY: (&str, &str) = ("mta-sts.example.test", "/.well-known/mta-sts.txt");
/// The configuration's host and path.
pub(crate) const CONFIG: (&str, &str) = ("ua-auto-config.example.test", "/.well-known/user-agent-configuration.json");

/// A policy without fault.
pub(crate) const GOOD: &str = "version: STSv1\r\nmode: enforce\r\nmx: *.example.test\r\nmax_age: 604800\r\n";

pub(crate) fn text(body: &str) -> Page {
    Page::Typed { content_type: "text/plain".to_owned(), body: body.to_owned() }
}

/// A zone that announces a policy, with the address of its host.
pub(crate) fn zone() -> Zone {
    Zone::new().mx(DOMAIN, 10, "mx.example.test").txt("_mta-sts.example.test", "v=STSv1; id=1;").a(POLICY.0, WEB)
}

pub(crate) struct Site {
    _network: Network,
    pub(crate) dns: DnsServer,
    web: Option<HttpsServer>,
}

impl Site {
    pub(crate) fn new(test: &'static str, zone: Zone) -> Self {
        let network = Network::new(test, &[]);
        Self { _network: network, dns: DnsServer::start(zone).expect("a name server"), web: None }
    }

    pub(crate) fn with_web(self, leaf: Leaf, names: &[&str], pages: &[(&str, &str, Page)]) -> Self {
        let web = HttpsServer::start((WEB, 443).into(), leaf, names, pages).expect("port 443 is free");
        Self { web: Some(web), ..self }
    }

    /// What was asked for over HTTPS, in order.
    pub(crate) fn asked(&self) -> Vec<String> {
        let requests = self.web.as_ref().map(HttpsServer::requests).unwrap_or_default();
        requests.iter().map(|request| format!("{}{}", request.host, request.path)).collect()
    }

    pub(crate) fn promises(&self) -> Promises {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let settings = ResolverSettings {
            dns_server: Some(self.dns.address()),
            lookup_timeout: Duration::from_secs(20),
            ..ResolverSettings::default()
        };
        let trust = TrustSettings { ca_certificates: vec![Pki::shared().ca_pem().into_bytes()], ..Default::default() };
        let tls = TlsClient::new(&trust).expect("a certificate");
        let context = WebContext {
            resolver: &Resolver::new(settings),
            tls: &tls,
            dialer: &TcpDialer::default(),
            families: Families::BOTH,
            connect_timeout: Duration::from_secs(5),
        };
        let promisor = Promisor::Domain(DOMAIN.to_owned());
        runtime.block_on(look_up(&promisor, &AgentConfigLookup::default(), context, &Patience::default()))
    }

    pub(crate) fn mta_sts(&self) -> MtaSts {
        self.promises().mta_sts.expect("asked for")
    }

    /// The policy, where a record announces one.
    pub(crate) fn policy(&self) -> Result<MtaStsPolicy, PolicyFailure> {
        self.mta_sts().policy.expect("a record")
    }
}

/// The lab's authority, as `--ca-file` takes it.
pub(crate) struct CaFile {
    folder: tempfile::TempDir,
}

impl CaFile {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("ca.pem"), Pki::shared().ca_pem()).expect("a file");
        Self { folder }
    }

    pub(crate) fn path(&self) -> String {
        self.folder.path().join("ca.pem").to_str().expect("a name").to_owned()
    }
}
