//! The texts of `--help` that belong to no single option.

/// What mailprobe is for.
pub(super) const ABOUT: &str = "\
Checks a mail host's ports: what works, what fails and where, why, and what is
in the way. Sends no mail and never logs in.";

/// Examples, and what else a user must know, below the options.
pub(super) const AFTER_HELP: &str = "\
Examples:
  mailprobe mail.example.org             all seven mail ports, every address
  mailprobe mail.example.org:587         only this port, and it must work
  mailprobe smtps://mail.example.org     a service by its name: port 465
  mailprobe --ports 465,993 mail.example.org
  mailprobe @example.org                 all servers of a mail domain
  mailprobe me@example.org               the same, plus mail program settings
  mailprobe --format json mail.example.org
  mailprobe --wait 60s --expect 25=ok,587=starttls mail.example.org
  mailprobe --targets hosts.txt          a list, one target per line
  mailprobe blocked                      is port 25 blocked here, and by whom?

A bare host need not offer all ports: a closed one is not a failure as long as
another works. Ports that you name must work.

Exit codes: 0 all is well, or there are only warnings; 1 failures of different
causes, or bad lines in a list; 2 wrong usage; 3 cannot tell; 4 name not found;
5 refused; 6 no answer; 7 unreachable or prohibited; 8 silent or too slow;
9 cut off; 10 rejected; 11 wrong protocol; 12 STARTTLS; 13 TLS;
14 certificate; 15 intercepted; 16 not as expected; 17 no network;
18 trouble on this machine; 130 interrupted.

Options can also be set in the environment, as in MAILPROBE_FORMAT=json:
`mailprobe man` lists them.

A host with the name of a command: mailprobe -- ports";
