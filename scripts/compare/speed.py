"""Good ports of real servers: how long each tool takes, and how many connections."""

import json
import statistics
import subprocess
import tempfile
from pathlib import Path

import network
import real
import tools
from faults import FAULTS, HOST
from running import run

TITLES = {
    network.on_loopback: "on loopback",
    network.over_a_slow_link: "over a link with 50 ms in each direction",
}
QUICK = ["openssl", "gnutls-cli", "swaks", "curl", "posttls-finger"]
"""What can be asked about one port of SMTP with STARTTLS, and does about as much as mailprobe."""

ROUNDS = 5
LIMIT = 60
ONE = next(fault for fault in FAULTS if fault.id == "good")

STARTTLS = {25: "smtp", 587: "smtp", 110: "pop3", 143: "imap"}
TLS = {465: "smtps", 995: "pop3s", 993: "imaps"}


def one_port(ca):
    """Port 587 alone: what to call it, and the command. Each must exit with 0."""
    where = f"{HOST}:587"
    return [
        ("mailprobe", [str(tools.MAILPROBE), "--ca-file", ca, where]),
        *[(f"`{tool.name}`", tool.words(ONE, ca)) for tool in tools.TOOLS if tool.name in QUICK],
    ]


def seven(ca):
    """All seven ports, in the same way."""
    openssl = [
        f"openssl s_client -connect {HOST}:{port} -CAfile {ca} -verify_return_error -verify_hostname {HOST}"
        + (f" -starttls {STARTTLS[port]}" if port in STARTTLS else "")
        for port in real.PORTS
    ]
    gnutls = [
        f"gnutls-cli --x509cafile={ca} -p {port}"
        + (f" --starttls-proto={STARTTLS[port]}" if port in STARTTLS else "")
        + f" {HOST}"
        for port in real.PORTS
    ]
    curl = []
    for port in real.PORTS:
        scheme = STARTTLS.get(port) or TLS[port]
        request = tools.REQUESTS[scheme.removesuffix("s")]
        curl.append(f"curl --silent --show-error --ssl-reqd --cacert {ca} --request {request} {scheme}://{HOST}:{port}")
    ports = ",".join(map(str, real.PORTS))
    scripts = "banner,smtp-commands,imap-capabilities,pop3-capabilities,ssl-cert"
    return [
        ("mailprobe", [str(tools.MAILPROBE), "--ca-file", ca, HOST]),
        ("seven `openssl s_client`, one after the other", _after_each_other(openssl)),
        ("seven `openssl s_client` at once", _at_once(openssl)),
        ("seven `gnutls-cli`, one after the other", _after_each_other(gnutls)),
        ("seven `curl`, one after the other", _after_each_other(curl)),
        ("seven `curl` at once", _at_once(curl)),
        ("`nmap` with scripts", ["nmap", "--unprivileged", "-Pn", "-p", ports, "--script", scripts, HOST]),
        (
            "`sslyze --certinfo`, seven targets",
            [
                str(tools.SSLYZE),
                "--certinfo",
                "--certinfo_ca_file",
                ca,
                "--mozilla_config",
                "disable",
                "--starttls",
                "auto",
                *[f"{HOST}:{port}" for port in real.PORTS],
            ],
        ),
    ]


def _after_each_other(commands):
    return ["sh", "-c", " && ".join(f"{command} </dev/null" for command in commands)]


def _at_once(commands):
    started = " ".join(f'{command} </dev/null & pids="$pids $!";' for command in commands)
    return ["sh", "-c", f"{started} for pid in $pids; do wait $pid || exit 1; done"]


def good_ports():
    """The measurements, by title. Runs inside the namespaces."""
    result = {}
    with tempfile.TemporaryDirectory(prefix="compare-") as name:
        directory = Path(name)
        directory.chmod(0o755)
        network.common(directory)
        network.count_connections(real.PORTS)
        places = list(TITLES)
        for place in places:
            with place() as far:
                if far is None:
                    continue
                home = directory / place.__name__
                home.mkdir()
                ca = str(real.start(home, far))
                result[f"one port, {TITLES[place]}"] = _measure(one_port(ca))
                result[f"seven ports, {TITLES[place]}"] = _measure(seven(ca))
                real.stop(home)
    return result


def _measure(commands):
    times, connections = {}, {}
    # Round by round, so that a busy minute of the machine falls on all alike. The first round only warms up.
    for count in range(ROUNDS + 1):
        for name, words in commands:
            before = _connections()
            answer = run(words, limit=LIMIT)
            connections[name] = _connections() - before
            if answer.code != 0:
                raise SystemExit(f"{name}: exit code {answer.code}\n{answer.output[-2000:]}")
            if count:
                times.setdefault(name, []).append(answer.seconds)
    return [
        {
            "name": name,
            "command": " ".join(words),
            "median": statistics.median(times[name]),
            "least": min(times[name]),
            "most": max(times[name]),
            "rounds": ROUNDS,
            "connections": connections[name],
        }
        for name, words in commands
    ]


def _connections():
    listed = subprocess.run(["nft", "-j", "list", "counters"], capture_output=True, text=True, check=True).stdout
    return next(one["counter"]["packets"] for one in json.loads(listed)["nftables"] if "counter" in one)
