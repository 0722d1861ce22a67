//! clap's complaints in one line, in the words of those who made the mistake.

use clap::ValueEnum as _;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::cli::output::Format;
use crate::cli::similar::is_slip;
use crate::target::Quoted;

/// Options of other tools, and what to write instead.
const FOREIGN: &[(&[&str], &str)] = &[
    (
        &["-p", "-P", "--port"],
        "write the port behind the host, as in mail.example.org:25, or several with --ports 25,587",
    ),
    (&["-t", "-w"], "write --timeout 5s to limit each check, or --connect-timeout 5s to limit only the connecting"),
    (&["-H", "-s", "--host", "--server", "--connect"], "write the host by itself, as in mail.example.org:25"),
    // The first letter of openssl's -connect, too.
    (&["-c"], "write the host by itself, as in mail.example.org:25; for a file of checks write --config FILE"),
    (
        &["--tls", "--ssl", "-S"],
        "every port is checked with its usual encryption; for another one write --security implicit or starttls",
    ),
    (
        &["--starttls"],
        "ports 25, 587, 110 and 143 are checked with STARTTLS anyway; for another port write --security starttls",
    ),
    (
        &["--insecure", "-k", "--no-verify", "--no-check-certificate"],
        "it is not needed, because a bad certificate is reported and the check goes on; to trust another CA write \
         --ca-file FILE or --trust system",
    ),
    // What follows is not repeated: it is a secret.
    (
        &["--password", "--pass", "--passwd", "--pw", "--auth-password", "--token", "--secret", "-a", "--auth"],
        "every user of this machine can read what stands on a command line, so the password is asked for when \
         --login USER is written, or handed over with --password-file FILE, --password-command COMMAND or --password-stdin",
    ),
    (
        &["-u", "--user", "--username", "--auth-user"],
        "write --login USER to log in; the password is asked for, and does not stand on the command line",
    ),
    (&["-z", "-n"], "leave it out, since mailprobe sends no mail and looks up only what it needs"),
];

/// A complaint in one line: what is wrong, and what to write instead.
pub(super) fn in_one_line(error: &clap::Error, command: &clap::Command) -> String {
    match (error.kind(), typed(error)) {
        (ErrorKind::UnknownArgument, Some(typed)) if typed.starts_with('-') => unknown_option(typed, command),
        (ErrorKind::UnknownArgument, Some(typed)) => {
            format!("{} is one word too many (more with --help)", Quoted::new(typed))
        }
        // What was given may be the secret itself.
        (ErrorKind::TooManyValues, Some(typed)) if typed.ends_with("-stdin") => {
            format!("{typed} takes no value: the secret is the first line of standard input")
        }
        (ErrorKind::MissingRequiredArgument, _) => missing(&texts(error, ContextKind::InvalidArg)),
        _ => as_clap_says(error),
    }
}

fn unknown_option(typed: &str, command: &clap::Command) -> String {
    if let Some((_, instead)) = FOREIGN.iter().find(|(options, _)| options.contains(&typed)) {
        return format!("there is no option {typed}: {instead}");
    }
    let quoted = Quoted::new(typed);
    let name = typed.trim_start_matches('-');
    if Format::from_str(name, true).is_ok() {
        return format!("there is no option {quoted}: write --format {}", name.to_ascii_lowercase());
    }
    let has =
        |subcommand: &&clap::Command| subcommand.get_arguments().any(|argument| argument.get_long() == Some(name));
    if let Some(other) = command.get_subcommands().find(has).map(clap::Command::get_name) {
        return format!("{quoted} is an option of `mailprobe {other}`, to be written behind that command");
    }
    let near = known_options(command).find(|known| is_slip(name, known) || (name.len() > 2 && known.starts_with(name)));
    match near {
        Some(near) => format!("there is no option {quoted}; did you mean --{near}? (more with --help)"),
        None => format!("there is no option {quoted}; `mailprobe --help` lists all"),
    }
}

fn known_options(command: &clap::Command) -> impl Iterator<Item = &str> {
    let arguments = command.get_arguments().chain(command.get_subcommands().flat_map(clap::Command::get_arguments));
    arguments.filter_map(clap::Arg::get_long)
}

fn missing(what: &[&str]) -> String {
    match what {
        ["<SHELL>"] => {
            "name the shell, as in `mailprobe completions bash`: bash, elvish, fish, powershell or zsh".to_owned()
        }
        ["<USER@DOMAIN>..."] => "name the recipient, as in mailprobe rcpt anna@example.org".to_owned(),
        ["--targets <FILE>"] => "--shard is a share of a list: name the list, as in --targets hosts.txt".to_owned(),
        _ => format!("something is missing: {} (more with --help)", what.join(", ")),
    }
}

/// clap's own words and tips, without the usage that follows: who mistyped wants to know what.
fn as_clap_says(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let is_advice = |line: &&str| line.starts_with("Usage:") || line.starts_with("For more");
    let lines = text.lines().map(str::trim).take_while(|line| !is_advice(line));
    let said = lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ");
    format!("{} (more with --help)", said.strip_prefix("error: ").unwrap_or(&said))
}

/// The argument that is complained about.
fn typed(error: &clap::Error) -> Option<&str> {
    texts(error, ContextKind::InvalidArg).first().copied()
}

fn texts(error: &clap::Error, kind: ContextKind) -> Vec<&str> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text],
        Some(ContextValue::Strings(texts)) => texts.iter().map(String::as_str).collect(),
        _ => Vec::new(),
    }
}
