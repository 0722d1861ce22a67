//! The texts of `--help` that belong to no single option.

/// What mailprobe is for.
pub(super) const ABOUT: &str = "\
Checks a mail host's ports: what works, what fails and where, why, and what is
in the way. Sends no mail, and logs in only if --login asks for it.";

/// What else a user must know, and examples, below the options: what comes last stays on the screen.
pub(super) const AFTER_HELP: &str = "\
A bare host need not offer all ports: a closed one is not a failure as long as
another works. Ports that you name must work.

Exit codes: 0 all is well, or there are only warnings; 1 failures of different
causes, or bad lines in a list; 2 wrong usage; 3 cannot tell; 4 name not found;
5 refused; 6 no answer; 7 unreachable or prohibited; 8 silent or too slow;
9 cut off; 10 rejected; 11 wrong protocol; 12 STARTTLS; 13 TLS;
14 certificate; 15 intercepted; 16 not as expected; 17 no network;
18 trouble on this machine; 19 login refused; 20 recipient refused;
130 interrupted.

Options can also be set in the environment, as in MAILPROBE_FORMAT=json:
`mailprobe man` lists them. `mailprobe blocked --help` and the like list the
options of the other commands. A host with the name of a command:
mailprobe -- ports

Examples:
  mailprobe mail.example.org             all seven mail ports, every address
  mailprobe mail.example.org:587         only this port, and it must work
  mailprobe smtps://mail.example.org     a service by its name: port 465
  mailprobe --ports 465,993 mail.example.org
  mailprobe @example.org                 all servers of a mail domain
  mailprobe me@example.org               the same, plus mail program settings
  mailprobe --format json mail.example.org
  mailprobe --wait 60s --expect 25=ok,587=starttls mail.example.org
  mailprobe --watch 30s mail.example.org and what changes, until Ctrl-C
  mailprobe --config mailprobe.toml      many checks, from a file
  mailprobe --targets hosts.txt          a list, one target per line
  mailprobe blocked                      is port 25 blocked here, and by whom?
  mailprobe rcpt anna@example.org        would mail for her be taken?
  mailprobe explain 554                  what a reply or a finding means";

/// The other commands, in a row.
#[cfg(feature = "serve")]
macro_rules! commands {
    () => {
        "blocked, rcpt, serve, ports, providers, explain, completions, man"
    };
}
#[cfg(not(feature = "serve"))]
macro_rules! commands {
    () => {
        "blocked, rcpt, ports, providers, explain, completions, man"
    };
}

/// Below the few options of `-h`.
pub(super) const AFTER_BRIEF_HELP: &str = concat!(
    "\
Examples:
  mailprobe mail.example.org        all seven mail ports, every address
  mailprobe mail.example.org:587    only this port, and it must work
  mailprobe me@example.org          all servers of a mail domain, and settings

Commands: ",
    commands!(),
    "
mailprobe --help tells everything"
);

pub(super) const BLOCKED_EXAMPLES: &str = "\
Examples:
  mailprobe blocked                      is port 25 blocked here, and by whom?
  mailprobe blocked mail.example.org     is it blocked on the way to this host?
  mailprobe blocked --request            a message to the provider's support

Exit codes: 0 port 25 is open; 3 cannot tell; 17 no network; else the code of
what stopped it, as in 6 for silence (`mailprobe --help` lists them).";

pub(super) const RCPT_EXAMPLES: &str = "\
Only the envelope is named: MAIL FROM, RCPT TO, RSET, QUIT. Never DATA, never a
second try, never a list of recipients. That a server accepts a recipient proves
nothing more: it may still refuse the message, or drop it.

Examples:
  mailprobe rcpt anna@example.org        ask the domain's mail host (MX)
  mailprobe rcpt --accept-all-test anna@example.org
  mailprobe rcpt --from me@example.net anna@example.org
  mailprobe rcpt --server mx2.example.org anna@example.org
  mailprobe rcpt --server smtp.example.net:587 --login me anna@example.org

Exit codes: 0 taken; 20 refused, or put off for now; 4 the domain takes no mail;
3 cannot tell; else the code of what stopped it (`mailprobe --help` lists them).";

#[cfg(feature = "serve")]
pub(super) const SERVE_EXAMPLES: &str = "\
Scrape /probe?target=mail.example.org&module=NAME as with blackbox_exporter; /
is a page for people. Without a file there are two modules: default checks as
`mailprobe TARGET` does, blocked as `mailprobe blocked`. Options of this command
hold for every module that does not say otherwise. Nothing logs in.

Examples:
  mailprobe serve                        http://127.0.0.1:9725/
  mailprobe serve --config mailprobe.toml --state /var/lib/mailprobe/state.db
  mailprobe serve --config mailprobe.toml --dry-run
  mailprobe serve --listen :9725 --allow '*.example.org' --no-private

Exit codes: 0 it was asked to end; 2 wrong usage or configuration; 18 trouble on
this machine.";

pub(super) const PORTS_EXAMPLES: &str = "\
Examples:
  mailprobe ports            the seven ports
  mailprobe ports 25         why it so often does not work
  mailprobe ports 465 587    one after the other
  mailprobe explain ports    questions and answers about the ports";

pub(super) const PROVIDERS_EXAMPLES: &str = "\
Examples:
  mailprobe providers                all of them
  mailprobe providers gmail          one, with its notes and sources
  mailprobe providers hotmail.com    the provider of a mail domain";

pub(super) const EXPLAIN_EXAMPLES: &str = "\
Examples:
  mailprobe explain                     all names and words
  mailprobe explain connection-timeout  a state or finding of a report
  mailprobe explain 554                 a reply code, or an enhanced one: 5.7.1
  mailprobe explain \"554 5.7.1 Service unavailable; blocked using zen.example\"
  mailprobe explain reset               a word of a report
  mailprobe explain config              the configuration file of --config";

pub(super) const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  mailprobe completions bash > /etc/bash_completion.d/mailprobe
  mailprobe completions zsh > /usr/share/zsh/site-functions/_mailprobe
  mailprobe completions fish > ~/.config/fish/completions/mailprobe.fish";

pub(super) const MAN_EXAMPLES: &str = concat!(
    "\
Examples:
  mailprobe man | man -l -                           read it
  mailprobe man blocked | man -l -                   the page of a command
  mailprobe man config | man -l -                    the configuration file
  mailprobe man > /usr/share/man/man1/mailprobe.1    install it

Pages: ",
    commands!(),
    ", config"
);
