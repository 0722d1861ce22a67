//! The CPU time of whole probes with STARTTLS and TLS 1.3, against bare connections: `cargo bench --bench probes`.
//!
//! Both are done in this process, in turns; the servers are in another one, so that only the client is counted. With
//! `--test`, or run by `cargo test`, it only shows that it works.

#[cfg(target_os = "linux")]
fn main() {
    linux::main();
}

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
mod linux {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::net::{Ipv4Addr, SocketAddr};
    use std::path::Path;
    use std::process::{Child, Command, Stdio};

    use mailprobe::{Checker, CheckerBuilder, Host, Verdict};
    use mailprobe_lab::client::Target;
    use mailprobe_lab::client::bare::Bare;
    use mailprobe_lab::dns::crowd;
    use mailprobe_lab::responder::Responder;
    use nix::sys::resource::{UsageWho, getrusage};
    use nix::sys::time::TimeValLike as _;
    use tokio::runtime::Runtime;

    /// Set in the process that plays the servers: where it puts its authority.
    const RESPONDER: &str = "MAILPROBE_BENCH_RESPONDER";
    /// What the servers' certificate covers.
    const NAME: &str = "mail.lab.example";
    /// How many at a time: as many as by default.
    const CONCURRENCY: usize = 100;
    const TURNS: usize = 5;

    pub(super) fn main() {
        if let Some(ca_file) = std::env::var_os(RESPONDER) {
            return respond(ca_file.as_ref());
        }
        let in_earnest = std::env::args().any(|argument| argument == "--bench")
            && !std::env::args().any(|argument| argument == "--test");
        let (count, turns) = if in_earnest { (1000, TURNS) } else { (10, 1) };
        let directory = tempfile::tempdir().expect("a directory");
        let ca_file = directory.path().join("ca.pem");
        let (mut server, port) = start(&ca_file);
        let targets: Vec<String> =
            (0..count).filter_map(crowd::address).map(|address| format!("smtp://{address}:{port}")).collect();
        let checker = Checker::builder()
            .ca_file(ca_file)
            .server_name(Host::Name(NAME.to_owned()))
            .helo("[127.0.0.1]".parse().expect("an address literal"))
            .concurrency(CONCURRENCY);
        let runtime = Runtime::new().expect("a runtime");
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..turns {
            ours.push(cpu_of(|| runtime.block_on(check(&targets, checker.clone()))));
            theirs.push(cpu_of(|| runtime.block_on(connect(&targets))));
        }
        server.kill().and_then(|()| server.wait()).expect("the servers end");
        let (ours, theirs) = (median(ours), median(theirs));
        let each = ours / f64::from(count);
        // Nothing is left to be done about a standard output that is closed.
        let _ =
            writeln!(std::io::stdout(), "{each:.0} µs of CPU a probe, {:.2} times the bare connection", ours / theirs);
    }

    async fn check(targets: &[String], checker: CheckerBuilder) {
        let targets = targets.iter().map(|target| target.parse().expect("a target"));
        let report = checker.build().expect("a CA file").check(targets.collect::<Vec<_>>()).await;
        assert_eq!(report.verdict, Verdict::Pass);
    }

    async fn connect(targets: &[String]) {
        let bare = Bare::new(None, Some(NAME.to_owned())).expect("good settings");
        let targets: Vec<Target> = targets.iter().map(|target| target.parse().expect("a target")).collect();
        let outcome = bare.run(targets.into_iter(), CONCURRENCY).await;
        assert_eq!(outcome.error, None);
    }

    /// The CPU time that this process spends on it, in microseconds.
    fn cpu_of(work: impl FnOnce()) -> f64 {
        let spent = || {
            let usage = getrusage(UsageWho::RUSAGE_SELF).expect("the system counts");
            usage.user_time().num_microseconds() + usage.system_time().num_microseconds()
        };
        let before = spent();
        work();
        f64::from(i32::try_from(spent() - before).expect("less than half an hour"))
    }

    fn median(mut values: Vec<f64>) -> f64 {
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    }

    fn start(ca_file: &Path) -> (Child, u16) {
        let mut server = Command::new(std::env::current_exe().expect("this program"))
            .env(RESPONDER, ca_file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program starts");
        let mut line = String::new();
        BufReader::new(server.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        (server, line.trim().parse().expect("a port"))
    }

    fn respond(ca_file: &Path) {
        let mut responder = Responder::new(1).expect("a runtime");
        let address = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        let address = responder.listen("smtp:starttls".parse().expect("a role"), address).expect("a free port");
        std::fs::write(ca_file, Responder::ca_pem()).expect("the file");
        let mut output = std::io::stdout();
        writeln!(output, "{}", address.port()).and_then(|()| output.flush()).expect("standard output is open");
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
    }
}
