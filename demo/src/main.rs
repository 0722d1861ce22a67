//! What mailprobe tells good mail servers from bad ones by, in a few seconds and without a network:
//! `cargo run -p mailprobe-demo`
//!
//! Starts servers on loopback, most of them broken on purpose, checks all of them at once, and prints for each what the
//! server does and what mailprobe makes of it. Fails if mailprobe is wrong about any.

use std::error::Error;
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anstyle::{AnsiColor, Style as Ink};
use mailprobe::internals::report::human::{self, Detail};
use mailprobe::internals::report::style::Style;
use mailprobe::{Checker, JudgedEndpoint, JudgedTarget, Report, Service, Severity, State, Target, Verdict};
use mailprobe_lab::{Behaviour, Fault, Pki, Server};
use socket2::{Domain, Socket, Type};

/// What each server speaks, what is wrong with it in the lab's words, and what mailprobe should find.
const SCENES: [(Service, Wrong, State); 15] = [
    (Service::Submissions, Wrong::Nothing, State::Ok),
    (Service::Submission, Wrong::Nothing, State::Ok),
    (Service::Imaps, Wrong::Nothing, State::Ok),
    (Service::Pop3, Wrong::Nothing, State::Ok),
    (Service::Smtp, Wrong::Absent, State::ConnectionRefused),
    (Service::Smtp, Wrong::Fault("silent"), State::NoGreeting),
    (Service::Smtp, Wrong::Fault("greeting-554-spamhaus"), State::ServiceRejected),
    (Service::Smtp, Wrong::Fault("greeting-421-too-many"), State::ServiceUnavailable),
    (Service::Imap, Wrong::Fault("ssh"), State::WrongProtocol),
    (Service::Imap, Wrong::Fault("no-starttls"), State::StarttlsNotOffered),
    (Service::Submission, Wrong::Fault("masked-starttls-refused"), State::StarttlsNotOffered),
    (Service::Submission, Wrong::Fault("starttls-refused-454"), State::StarttlsRefused),
    (Service::Smtp, Wrong::Fault("inject-line"), State::StarttlsInjection),
    (
        Service::Pop3s,
        Wrong::Certificate("unknown-issuer", "shows a certificate from an authority nobody knows"),
        State::CertificateInvalid,
    ),
    (
        Service::Imaps,
        Wrong::Certificate("expired-wrong-name", "shows an expired certificate, made for another name"),
        State::CertificateInvalid,
    ),
];

#[derive(Clone, Copy)]
enum Wrong {
    Nothing,
    /// Nobody listens.
    Absent,
    /// A fault from the lab's catalogue.
    Fault(&'static str),
    /// A certificate from the lab's catalogue, and its story.
    Certificate(&'static str, &'static str),
}

/// How long the silent server is waited for. The command is more patient.
const PATIENCE: Duration = Duration::from_secs(3);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let stage = Stage::set()?;
    let targets = stage.urls.iter().map(|url| url.parse::<Target>()).collect::<Result<Vec<_>, _>>()?;
    let checker = Checker::builder().timeout(PATIENCE).ca_certificates(Pki::shared().ca_pem()).build()?;
    let run = checker.check(targets).await;
    show(&mut anstream::stdout().lock(), &run)?;
    let found = run.targets.iter().flat_map(|target| &target.endpoints).map(|endpoint| endpoint.diagnosis.state);
    if found.eq(SCENES.iter().map(|&(_, _, expected)| expected)) {
        Ok(())
    } else {
        Err("mailprobe was wrong about at least one server: please report this".into())
    }
}

/// The servers, for as long as the demo lasts.
struct Stage {
    urls: Vec<String>,
    servers: Vec<Server>,
    closed_ports: Vec<Socket>,
}

impl Stage {
    fn set() -> Result<Self, Box<dyn Error>> {
        let mut stage = Self { urls: Vec::new(), servers: Vec::new(), closed_ports: Vec::new() };
        for (service, wrong, _) in SCENES {
            let address = stage.enter(service, wrong)?;
            stage.urls.push(format!("{service}://{address}"));
        }
        Ok(stage)
    }

    fn enter(&mut self, service: Service, wrong: Wrong) -> Result<SocketAddr, Box<dyn Error>> {
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let words = match wrong {
            Wrong::Absent => {
                // Taken, so that nobody else listens there, and not listened on.
                let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
                socket.bind(&loopback.into())?;
                let address = socket.local_addr()?.as_socket().ok_or("loopback has no address")?;
                self.closed_ports.push(socket);
                return Ok(address);
            }
            Wrong::Nothing => "good",
            Wrong::Fault(name) | Wrong::Certificate(name, _) => name,
        };
        let behaviour: Behaviour = format!("{}:{}:{words}", service.protocol(), service.security()).parse()?;
        let server = Server::start_at(behaviour, loopback)?;
        let address = server.address();
        self.servers.push(server);
        Ok(address)
    }
}

fn show(output: &mut impl Write, run: &Report) -> io::Result<()> {
    let opening = format!(
        "{} mail servers on this machine, most of them broken on purpose, checked all at once in {:.1} s. For each: what \
         it does, and what mailprobe makes of it.",
        SCENES.len(),
        run.duration.as_secs_f64()
    );
    tell(output, ("", Ink::new()), "", &opening)?;
    writeln!(output)?;
    for (target, (service, wrong, _)) in run.targets.iter().zip(SCENES) {
        if !matches!(wrong, Wrong::Nothing) {
            writeln!(output)?;
        }
        tell(output, (service.name(), Ink::new().bold()), COLUMN, &story(wrong))?;
        for endpoint in &target.endpoints {
            show_answer(output, endpoint)?;
        }
    }
    let Some(last) = run.targets.last() else { return Ok(()) };
    writeln!(output, "\nThe last one again, as the command reports it:\n")?;
    write!(output, "{}", report(run, last))?;
    writeln!(output, "\nNow a host of yours: cargo run -- mail.example.org")
}

/// What the server does, in the lab's words.
fn story(wrong: Wrong) -> String {
    match wrong {
        Wrong::Nothing => "works as it should".to_owned(),
        Wrong::Absent => "is not running".to_owned(),
        Wrong::Fault(name) => Fault::from_name(name).map_or(name, Fault::about).to_owned(),
        Wrong::Certificate(_, story) => story.to_owned(),
    }
}

/// The state, what was found, and what to do.
fn show_answer(output: &mut impl Write, endpoint: &JudgedEndpoint) -> io::Result<()> {
    let colour = match endpoint.verdict {
        Verdict::Pass => AnsiColor::Green,
        Verdict::Warn | Verdict::Inconclusive => AnsiColor::Yellow,
        Verdict::Fail => AnsiColor::Red,
    };
    let verdict = format!("  {}", endpoint.verdict.name().to_uppercase());
    tell(output, (&verdict, colour.on_default().bold()), COLUMN, endpoint.diagnosis.state.name())?;
    for finding in endpoint.diagnosis.findings.iter().filter(|finding| finding.severity < Severity::Info) {
        tell(output, ("", Ink::new()), COLUMN, &finding.message)?;
        if let Some(hint) = &finding.hint {
            tell(output, ("", Ink::new()), COLUMN, &format!("hint: {hint}"))?;
        }
    }
    Ok(())
}

fn report(run: &Report, target: &JudgedTarget) -> String {
    let alone = Report { targets: vec![target.clone()], ..run.clone() };
    human::render(&alone, Style { colour: true, unicode: false, width: WIDTH }, Detail::Normal)
}

const WIDTH: usize = 80;

/// What stands before the text: as wide as the longest service's name and two blanks.
const COLUMN: &str = "             ";

/// A paragraph with a word beside its first line.
fn tell(output: &mut impl Write, (beside, ink): (&str, Ink), column: &str, text: &str) -> io::Result<()> {
    let mut line = String::new();
    let mut lines = Vec::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && column.len() + line.len() + 1 + word.len() > WIDTH {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    let mut beside = beside;
    for line in lines {
        writeln!(output, "{ink}{beside:width$}{ink:#}{line}", width = column.len())?;
        beside = "";
    }
    Ok(())
}
