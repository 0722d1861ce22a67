//! The entries about port 25 on the way out: what `mailprobe blocked` finds.

use super::{Entry, entry};

pub(super) const SHARED_GREETING: Entry = entry(
    "Different operators greet with one name",
    "Mail hosts of different operators greet with the same name: one machine on the way answers for all of them.",
    "The first word of the greetings that `mailprobe blocked` got, where no good certificate says whose servers they are.",
    "Ask whoever runs this network what takes over its connections to port 25.",
);

pub(super) const SUBMISSION_BLOCKED: Entry = entry(
    "A port for mail programs is blocked, too",
    "Port 465 or 587 gave no connection at any of several hosts, though other connections were made.",
    "Connections that `mailprobe blocked` tried to well-known submission hosts.",
    "Use the other of the two ports, if that is open. Ask whoever runs this network to open this one.",
);

pub(super) const REFERENCE_DOWN: Entry = entry(
    "One mail host of several does not answer",
    "A host that `mailprobe blocked` tried gave no answer on port 25 while the others did. Hosts fail: it proves nothing.",
    "The result of that one host.",
    "Nothing.",
);

pub(super) const FAMILY_WITHOUT_NETWORK: Entry = entry(
    "A family of addresses reaches nothing",
    "This machine has a route for IPv4 or IPv6, and nothing gets through over it on any port.",
    "Every connection that `mailprobe blocked` tried over it failed.",
    "Repair it on this network, or turn it off: programs wait for it in vain.",
);

pub(super) const OWN_HOST: Entry = entry(
    "The host is this very machine",
    "The host has an address of this machine. A connection from inside passes none of the firewalls that one from outside meets.",
    "The machine's own addresses, and those under which servers see it.",
    "Run the check on a machine in another network.",
);

pub(super) const REVERSE_NAME_UNCONFIRMED: Entry = entry(
    "The address's name does not lead back",
    "This machine's public address has a name in the reverse DNS (PTR), and that name has another address or none. Receivers of mail distrust such senders.",
    "The addresses that servers told in their EHLO replies, their PTR records, and the addresses of those names.",
    "For a mail server: have the PTR record set to a name that leads back to the address.",
);

pub(super) const REVERSE_NAME_CONFIRMED: Entry = entry(
    "The address's name leads back",
    "This machine's public address has a name in the reverse DNS (PTR) that leads back to it, as receivers of mail expect of a sender.",
    "The addresses that servers told in their EHLO replies, their PTR records, and the addresses of those names.",
    "Nothing.",
);

pub(super) const HOSTING_BLOCKS_PORTS: Entry = entry(
    "The hosting company is documented to block mail ports",
    "The machine looks like one of a company that documents which outbound mail ports it blocks. That is what is written, not what was measured.",
    "What the machine's firmware says about its maker (DMI, on Linux).",
    "If the port is found blocked, ask the company as its documentation says.",
);
