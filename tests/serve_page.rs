//! The pages of the service and the page in a file, in a real browser: `scripts/look-at-page` checks them.
//!
//! Without chromium, node, or the packages axe-core and puppeteer-core these tests are skipped. `.ci/browser
//! target/browser` installs these packages; `NODE_PATH` names another folder of them. With
//! `MAILPROBE_PICTURES=FOLDER` the pictures are kept there.
#![cfg(all(feature = "serve", target_os = "linux"))]

mod command;

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use client::get;
use command::mailprobe;
use mailprobe_lab::{Act, Behaviour, Leaf, Mention, Moment, Pki, Security, Server, skips};
use tempfile::{NamedTempFile, TempDir};

/// What a server says that would be markup, if somebody let it.
const MARKUP: &str = "<script>document.title='owned'</script><img src=x onerror=alert(1)>\"'</pre></main>";

/// What the script exits with where something that it needs is missing.
const MISSING: i32 = 3;

/// The service, ended when it is dropped.
struct Service {
    child: Child,
    address: SocketAddr,
    _authorities: NamedTempFile,
}

/// The lab's certificate authority, for `--ca-file`.
fn authorities() -> NamedTempFile {
    let file = NamedTempFile::new().expect("a file");
    fs::write(&file, Pki::shared().ca_pem()).expect("it can be written");
    file
}

impl Service {
    fn start() -> Self {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
        let authorities = authorities();
        let child = Command::new(env!("CARGO_BIN_EXE_mailprobe"))
            .args(["serve", "--listen", &free.to_string(), "--ca-file"])
            .arg(authorities.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the service starts");
        let begun = Instant::now();
        while TcpStream::connect(free).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(30), "the service does not answer");
            thread::sleep(Duration::from_millis(20));
        }
        Self { child, address: free, _authorities: authorities }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn get(&self, path: &str) -> (u16, String) {
        get(self.address, path)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client that asks for one page.
mod client {
    use std::io::{Read as _, Write as _};
    use std::net::{SocketAddr, TcpStream};

    /// The status and everything that came, headers included.
    pub(crate) fn get(address: SocketAddr, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(address).expect("the service answers");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("UTF-8");
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        (status, answer)
    }
}

/// Servers of which each stands for a kind of trouble, or for none.
fn servers() -> Vec<(Server, &'static str)> {
    let hostile = Behaviour::smtp(Security::StartTls)
        .at(Moment::Greeting, [Act::send(format!("554 {MARKUP}{}\r\n", "w".repeat(600))), Act::Close]);
    let hostile_names = Behaviour::smtp(Security::StartTls)
        .at(Moment::Capabilities, [Act::send(format!("250-mail.example.org {MARKUP}\r\n250 STARTTLS\r\n"))]);
    vec![
        (Server::start(hostile), "submission"),
        (Server::start(hostile_names), "submission"),
        (Server::start(Behaviour::imap(Security::Implicit).certificate(Leaf::Expired)), "imaps"),
        (Server::start(Behaviour::smtp(Security::StartTls).starttls(Mention::Absent)), "smtp"),
        (Server::start(Behaviour::pop3(Security::StartTls)), "pop3"),
    ]
}

fn encoded(url: &str) -> String {
    url.replace(':', "%3A").replace('/', "%2F")
}

/// Where `.ci/browser target/browser` puts the packages.
fn installed_packages() -> PathBuf {
    let built = Path::new(env!("CARGO_BIN_EXE_mailprobe"));
    built.ancestors().nth(2).expect("target/debug/mailprobe").join("browser/node_modules")
}

/// Runs the script; `None`: it cannot run here, which is noted.
fn look(targets: &[String]) -> Option<(bool, String)> {
    let kept = std::env::var_os("MAILPROBE_PICTURES").map(PathBuf::from);
    let folder = TempDir::new().expect("a folder");
    let pictures = kept.unwrap_or_else(|| folder.path().to_owned()).join(skips::this_test());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/look-at-page");
    let mut node = Command::new("node");
    if std::env::var_os("NODE_PATH").is_none() {
        node.env("NODE_PATH", installed_packages());
    }
    let output = node.arg(script).arg(pictures).args(targets).output();
    let Ok(output) = output else {
        skips::skip(&skips::this_test(), "node is missing (package nodejs)");
        return None;
    };
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    if output.status.code() == Some(MISSING) {
        skips::skip(&skips::this_test(), said.trim());
        return None;
    }
    Some((output.status.success(), said))
}

#[test]
fn a_browser_finds_nothing_wrong_with_the_pages_of_the_service() {
    let service = Service::start();
    let empty = look(&[service.url("/")]);
    if let Some((is_well, said)) = empty {
        assert!(is_well, "with nothing checked yet: {said}");
    }
    let servers = servers();
    let mut pages = vec![service.url("/")];
    for (server, scheme) in &servers {
        let target = encoded(&server.url(scheme));
        let (status, answer) = service.get(&format!("/check?target={target}&module=default"));
        assert_eq!(status, 303, "{answer}");
        pages.push(service.url(&format!("/target?target={target}&module=default")));
    }
    if let Some((is_well, said)) = look(&pages) {
        assert!(is_well, "{said}");
    }
}

#[test]
fn a_browser_finds_nothing_wrong_with_the_page_in_a_file() {
    let servers = servers();
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("report.html");
    let urls: Vec<String> = servers.iter().map(|(server, scheme)| server.url(scheme)).collect();
    let authorities = authorities();
    let authorities = authorities.path().display().to_string();
    let mut arguments = vec!["--timeout", "5s", "--format", "html", "--ca-file", &authorities];
    arguments.extend(urls.iter().map(String::as_str));
    let output = mailprobe(&arguments).output().expect("the command starts");
    fs::write(&file, output.stdout).expect("the page can be kept");
    if let Some((is_well, said)) = look(&[file.display().to_string()]) {
        assert!(is_well, "{said}");
    }
}

#[test]
fn what_servers_say_is_text_on_every_page() {
    let service = Service::start();
    for (server, scheme) in &servers() {
        let query = format!("target={}&module=default", encoded(&server.url(scheme)));
        assert_eq!(service.get(&format!("/check?{query}")).0, 303);
        for path in ["/".to_owned(), format!("/target?{query}")] {
            let (status, page) = service.get(&path);
            assert_eq!(status, 200, "{page}");
            assert_eq!(page.matches("<script").count(), 1, "only its own: {page}");
            assert!(!page.contains("<img") && page.matches("</main>").count() == 1, "{page}");
        }
    }
    let (_, page) = service.get("/");
    assert!(page.contains("&lt;script&gt;document.title"), "it is shown: {page}");
}

#[test]
fn the_front_page_tells_what_fails_first_and_leads_to_everything() {
    let service = Service::start();
    let (status, page) = service.get("/");
    assert_eq!(status, 200);
    for told in ["Nothing checked yet", "[[targets]]", "/probe?target="] {
        assert!(page.contains(told), "{told}: {page}");
    }
    let good = Server::start(Behaviour::pop3(Security::StartTls));
    let bad = Server::start(Behaviour::smtp(Security::StartTls).at(Moment::Greeting, [Act::Close]));
    for url in [good.url("pop3"), bad.url("submission")] {
        assert_eq!(service.get(&format!("/check?target={}&module=default", encoded(&url))).0, 303);
    }
    let (_, page) = service.get("/");
    let has_both = |page: &str| page.contains(">Failing<") && page.contains(">All well<");
    assert!(has_both(&page), "{page}");
    let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text:?} in {page}"));
    assert!(place("<h2 id=\"fail\">") < place("<h2 id=\"pass\">"), "{page}");
    assert!(page.contains(" failing"), "the title counts: {page}");
    let (status, page) = service.get(&format!("/target?target={}&module=default", encoded(&bad.url("submission"))));
    assert_eq!(status, 200);
    for told in ["Latest check", "What was said", "History", "Last 24 hours: Failing in 1", "mailprobe explain"] {
        assert!(page.contains(told), "{told}: {page}");
    }
}

#[test]
fn what_cannot_be_checked_is_said_on_a_page() {
    let service = Service::start();
    for (path, status, told) in [
        ("/check?target=", 400, "Not checked"),
        ("/check?target=mail.example.org&module=none", 400, "There is no module"),
        ("/target?target=mail.example.org", 404, "Nothing is known of this target"),
    ] {
        let (answered, page) = service.get(path);
        assert_eq!(answered, status, "{path}: {page}");
        assert!(page.contains(told) && page.contains("<form"), "{path}: {page}");
    }
}
