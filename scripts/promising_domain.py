"""A mail domain that promises all there is, for scripts/measure: signed zones from a root of its own down, served by
BIND, and resolvers (Unbound) that count what they are asked."""

import hashlib
import socket
import subprocess
import time
from pathlib import Path

DOMAIN = "lab.example"
# Of the same domain, with records of addresses alone.
PLAIN_HOST = f"mail.{DOMAIN}"
MAIL_HOSTS = [f"mx{number}.{DOMAIN}" for number in (1, 2, 3, 4)]
# Its mail goes to the same hosts, which are in a zone below another top-level domain: that has to be proven, too.
HOSTED = "hosted.test"
# On the far end of the link: the name server, and the web server of the policy.
AUTHORITY, WEB = "10.78.255.1", "10.78.255.2"
# A child stands behind its parent.
ZONES = [".", "example.", "test.", f"{DOMAIN}.", f"{HOSTED}."]
PROGRAMS = ["named", "dnssec-keygen", "dnssec-signzone", "dnssec-dsfromkey", "unbound", "unbound-control", "openssl"]
# A daemon starts at once; a loaded machine may need a hundred times as long.
START = 30


def addresses():
    """Those of the mail hosts, IPv4 and IPv6, and of the servers beside them."""
    return [*(f"{family}{number}" for number, _ in enumerate(MAIL_HOSTS, 1) for family in ("10.78.0.", "fd78::")),
            AUTHORITY, WEB]


class Daemon:
    """A server in the background, once it takes connections at `address` where that is given; `at` is a prefix that puts it
    elsewhere."""

    def __init__(self, command, folder, at=(), address=None):
        self.process = subprocess.Popen([*at, *command], cwd=folder, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if address:
            wait_until(lambda: is_listening(address), command)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


class Resolver(Daemon):
    """Unbound, which validates and counts."""

    def __init__(self, folder, address, at=()):
        self.at, self.name = at, f"unbound-{address}"
        self.configuration = folder / f"{self.name}.conf"
        self.configuration.write_text(f"""server:
    directory: "{folder}"
    chroot: ""
    username: ""
    pidfile: ""
    use-syslog: no
    logfile: "{folder}/{self.name}.log"
    interface: {address}
    access-control: 0.0.0.0/0 allow
    do-ip6: no
    num-threads: 1
    outgoing-range: 32
    num-queries-per-thread: 32
    root-hints: root.hints
    module-config: "validator iterator"
    trust-anchor-file: "{folder}/root.key"
    local-zone: "test." nodefault
remote-control:
    control-enable: yes
    control-use-cert: no
    control-interface: {folder}/{self.name}.ctl
""")
        super().__init__([program(folder, "unbound"), "-d", "-c", self.configuration], folder, at)
        wait_until(lambda: self.control("status", check=False).returncode == 0, self.name)

    def control(self, *words, check=True):
        command = ["unbound-control", "-c", self.configuration, *words]
        return subprocess.run(command, capture_output=True, text=True, check=check)

    def questions(self):
        """How many it was asked since this was asked last."""
        lines = self.control("stats").stdout.splitlines()
        return int(next(line.split("=")[1] for line in lines if line.startswith("total.num.queries=")))

    def forget(self):
        """Everything: with the zones it also knows no name server any more."""
        self.control("flush_zone", ".")
        self.control("flush_infra", "all")


def wait_until(is_ready, what):
    began = time.monotonic()
    while not is_ready():
        if time.monotonic() - began > START:
            raise SystemExit(f"{what} did not start")
        time.sleep(0.05)


def is_listening(address):
    try:
        socket.create_connection(address, timeout=START).close()
    except OSError:
        return False
    return True


def program(folder, name):
    """A copy, which no AppArmor profile keeps out of this folder."""
    copy = folder / f"{name}.copy"
    if not copy.exists():
        copy.write_bytes(Path(f"/usr/sbin/{name}").read_bytes())
        copy.chmod(0o755)
    return copy


def name_server(folder, at):
    """BIND, with all zones."""
    zones = "".join(f'zone "{zone}" {{ type primary; file "{file(zone)}.signed"; }};\n' for zone in ZONES)
    (folder / "named.conf").write_text(
        f'options {{ directory "{folder}"; listen-on {{ {AUTHORITY}; }}; listen-on-v6 {{ none; }}; recursion no; '
        f"dnssec-validation no; notify no; pid-file none; session-keyfile none; }};\ncontrols {{ }};\n{zones}")
    return Daemon([program(folder, "named"), "-f", "-4", "-n", "1", "-c", "named.conf"], folder, at,
                  (AUTHORITY, 53))


def web_server(folder, ca, at):
    """The web server of the MTA-STS policy; adds its authority to the file `ca`."""
    lines = ["version: STSv1", "mode: enforce", *(f"mx: {host}" for host in MAIL_HOSTS), "max_age: 604800", ""]
    policy = folder / "web/.well-known/mta-sts.txt"
    policy.parent.mkdir(parents=True)
    policy.write_text("\r\n".join(lines), newline="")
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"]
    run(folder, "openssl", "req", "-x509", *key, "-keyout", "web-ca.key", "-out", "web-ca.pem", "-days", "2", "-subj",
        "/CN=web authority")
    run(folder, "openssl", "req", "-x509", *key, "-keyout", "web.key", "-out", "web.pem", "-days", "2", "-subj", "/CN=web",
        "-addext", f"subjectAltName=DNS:mta-sts.{DOMAIN},DNS:mta-sts.{HOSTED}", "-addext", "basicConstraints=critical,CA:FALSE",
        "-CA", "web-ca.pem", "-CAkey", "web-ca.key")
    ca.write_text(ca.read_text() + (folder / "web-ca.pem").read_text())
    return Daemon(["openssl", "s_server", "-quiet", "-WWW", "-accept", f"{WEB}:443", "-cert", "../web.pem", "-key",
                   "../web.key", "-num_tickets", "0"], folder / "web", at, (WEB, 443))


def key_digest(address, at):
    """What a TLSA record 3 1 1 of the mail server there holds."""
    session = subprocess.run([*at, "openssl", "s_client", "-starttls", "smtp", "-connect", f"{address}:25"],
                             stdin=subprocess.DEVNULL, capture_output=True, check=False).stdout
    pem = subprocess.run(["openssl", "x509", "-pubkey", "-noout"], input=session, capture_output=True, check=True).stdout
    key = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=pem, capture_output=True, check=True)
    return hashlib.sha256(key.stdout).hexdigest()


def write_zones(folder, digest):
    """Of all zones, signed, and the root's key as the trust anchor `root.key`."""
    head = "$TTL 300\n@ SOA ns.nic.example. hostmaster.nic.example. 1 3600 600 86400 60\n@ NS ns.nic.example.\n"
    texts = {zone: head for zone in ZONES}
    for zone in (".", "example."):
        texts[zone] += f"ns.nic.example. A {AUTHORITY}\n"
    for domain in (DOMAIN, HOSTED):
        exchangers = "".join(f"@ MX {number}0 {host}.\n" for number, host in enumerate(MAIL_HOSTS, 1))
        texts[f"{domain}."] += f"""{exchangers}mta-sts A {WEB}
_mta-sts TXT "v=STSv1; id=1"
_smtp._tls TXT "v=TLSRPTv1; rua=mailto:reports@{domain}"
"""
    texts[f"{DOMAIN}."] += f"{PLAIN_HOST}. A 10.78.0.1\n{PLAIN_HOST}. AAAA fd78::1\n" + "".join(
        f"{host}. A 10.78.0.{number}\n{host}. AAAA fd78::{number}\n_25._tcp.{host}. TLSA 3 1 1 {digest}\n"
        for number, host in enumerate(MAIL_HOSTS, 1))
    # From the lowest up, since a parent lists its children's keys.
    for zone in reversed(ZONES):
        key = run(folder, "dnssec-keygen", "-q", "-a", "ECDSAP256SHA256", "-f", "KSK", zone).strip()
        public = (folder / f"{key}.key").read_text()
        (folder / file(zone)).write_text(texts[zone] + public)
        run(folder, "dnssec-signzone", "-q", "-z", "-P", "-o", zone, "-f", f"{file(zone)}.signed", file(zone), key)
        if zone == ".":
            (folder / "root.key").write_text(public)
        else:
            parent = zone.partition(".")[2] or "."
            texts[parent] += f"{zone} NS ns.nic.example.\n" + run(folder, "dnssec-dsfromkey", "-2", key)
    (folder / "root.hints").write_text(f". NS ns.nic.example.\nns.nic.example. A {AUTHORITY}\n")


def file(zone):
    return f"zone-{zone.strip('.') or 'root'}"


def run(folder, *command):
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
