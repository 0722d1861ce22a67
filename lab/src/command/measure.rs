//! `bare` and `floor`: the clients that mailprobe is measured against.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::thread;
use std::time::Instant;

use mailprobe_lab::client::Target;
use mailprobe_lab::client::bare::Bare;
use mailprobe_lab::client::floor::Floor;
use tokio::runtime::Builder;

use super::options::{Options, USAGE};
use super::output::print;

/// As many as mailprobe by default.
const CONCURRENCY: usize = 100;

pub(super) fn bare(arguments: &[String], output: &mut impl Write) -> Result<(), String> {
    let known = ["--targets", "--concurrency", "--dns", "--server-name", "--threads"];
    let options = Options::read(arguments, &known, &[])?;
    let named = options.words.iter().map(|word| word.parse()).collect::<Result<Vec<Target>, _>>()?;
    let listed: Box<dyn BufRead + Send> = match options.text("--targets") {
        None => Box::new(io::empty()),
        Some("-") => Box::new(BufReader::new(io::stdin())),
        Some(path) => Box::new(BufReader::new(File::open(path).map_err(|error| format!("{path}: {error}"))?)),
    };
    // A line that is no target ends the list: the clients are fed by a script.
    let listed = listed.lines().map_while(|line| line.ok()?.trim().parse().ok());
    let bare = Bare::new(options.value("--dns")?, options.text("--server-name").map(str::to_owned))
        .map_err(|error| error.to_string())?;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let threads = options.value("--threads")?.unwrap_or(cores);
    let runtime = Builder::new_multi_thread().worker_threads(threads).enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let began = Instant::now();
    let concurrency = options.value("--concurrency")?.unwrap_or(CONCURRENCY);
    let outcome = runtime.block_on(bare.run(named.into_iter().chain(listed), concurrency));
    let seconds = began.elapsed().as_secs_f64();
    print(output, &format!("good {} failed {} in {seconds:.3} s", outcome.good, outcome.failed))?;
    match outcome.error {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

pub(super) fn floor(arguments: &[String], output: &mut impl Write) -> Result<(), String> {
    let options = Options::read(arguments, &["--ca-file", "--dns"], &["--farewell"])?;
    let &[host] = options.words.as_slice() else { return Err(format!("one host is needed\n{USAGE}")) };
    let ca_file = options.text("--ca-file").ok_or_else(|| format!("--ca-file is needed\n{USAGE}"))?;
    let floor = Floor::new(Path::new(ca_file), options.text("--farewell").is_some())?;
    // One thread: the work is little.
    let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    let began = Instant::now();
    let checked = runtime.block_on(floor.check(host, options.value("--dns")?));
    let count = checked.map_err(|error| error.to_string())?;
    let milliseconds = began.elapsed().as_secs_f64() * 1000.0;
    print(output, &format!("{count} connections in {milliseconds:.2} ms"))
}
