"""The tools, and how each is asked about one port."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from faults import CERTIFICATES, HOST

ROOT = Path(__file__).resolve().parents[2]
KEEP = ROOT / "target" / "compare"
PLUGINS = "/usr/lib/nagios/plugins"
SSLYZE = KEEP / "sslyze" / "bin" / "sslyze"
MAILPROBE = Path(os.environ.get("MAILPROBE", ROOT / "target/release/mailprobe"))
LAB = Path(os.environ.get("MAILPROBE_LAB", ROOT / "target/release/mailprobe-lab"))

REQUESTS = {"smtp": "NOOP", "imap": "CAPABILITY", "pop3": "CAPA"}
"""What curl asks for: by itself it wants help, letters or a list, which not every server gives to a stranger."""


@dataclass(frozen=True)
class Tool:
    """A tool that people use."""

    name: str
    version: list
    """The command that tells its version."""
    words: Callable
    """From a fault and the file to trust to a command, or `None` where the tool cannot ask that."""
    typed: bool = False
    """Whether a person types the dialogue."""
    root: bool = False
    """Whether it is run as root, and only where the network is at fault."""


def typed(protocol):
    """What a person types."""
    return {
        "smtp": ["EHLO visitor.test.example", "STARTTLS", "QUIT"],
        "imap": ["a CAPABILITY", "b STARTTLS", "c LOGOUT"],
        "pop3": ["CAPA", "STLS", "QUIT"],
    }[protocol]


def mailprobe(fault, ca):
    return [str(MAILPROBE), "--ca-file", ca, f"{HOST}:{fault.port}"]


def telnet(fault, _ca):
    # Nobody sees a certificate there.
    return None if fault.id in CERTIFICATES else ["telnet", HOST, str(fault.port)]


def nc(fault, _ca):
    return None if fault.id in CERTIFICATES else ["nc", "-C", "-v", HOST, str(fault.port)]


def openssl(fault, ca):
    words = ["openssl", "s_client", "-connect", f"{HOST}:{fault.port}", "-CAfile", ca]
    # Without -verify_hostname it looks at no name, without -verify_return_error it exits 0 whatever it found.
    words += ["-verify_return_error", "-verify_hostname", HOST]
    return words + (["-starttls", fault.protocol] if fault.security == "starttls" else [])


def gnutls(fault, ca):
    words = ["gnutls-cli", f"--x509cafile={ca}", "-p", str(fault.port), HOST]
    return words[:1] + ([f"--starttls-proto={fault.protocol}"] if fault.security == "starttls" else []) + words[1:]


def swaks(fault, ca):
    if fault.protocol != "smtp":
        return None
    tls = "--tls" if fault.security == "starttls" else "--tls-on-connect"
    return [
        "swaks",
        "--server",
        HOST,
        "--port",
        str(fault.port),
        tls,
        "--tls-verify",
        "--tls-ca-path",
        ca,
        "--quit-after",
        "TLS",
    ]


def nmap(fault, _ca):
    scripts = f"banner,{fault.protocol}-{'commands' if fault.protocol == 'smtp' else 'capabilities'},ssl-cert"
    return ["nmap", "--unprivileged", "-Pn", "--reason", "-p", str(fault.port), "--script", scripts, HOST]


def nmap_as_root(fault, _ca):
    return ["nmap", "-Pn", "--reason", "-p", str(fault.port), HOST]


def curl(fault, ca):
    scheme = fault.protocol + ("s" if fault.security == "implicit" else "")
    words = ["curl", "--silent", "--show-error", "--ssl-reqd", "--cacert", ca, f"{scheme}://{HOST}:{fault.port}"]
    return words + ["--request", REQUESTS[fault.protocol]]


def plugin(fault, _ca):
    if fault.protocol == "smtp" and fault.security == "starttls":
        return [f"{PLUGINS}/check_smtp", "-H", HOST, "-p", str(fault.port), "-S", "-D", "14,7"]
    if fault.protocol == "smtp":
        return [f"{PLUGINS}/check_ssmtp", "-H", HOST, "-p", str(fault.port), "-D", "14,7"]
    if fault.id != "imap-tarpit":
        # It knows no STARTTLS.
        return None
    return [f"{PLUGINS}/check_imap", "-H", HOST, "-p", str(fault.port)]


def posttls_finger(fault, ca):
    if fault.protocol != "smtp":
        return None
    words = ["posttls-finger", "-h", "native", "-l", "secure", "-F", ca]
    return words + (["-w"] if fault.security == "implicit" else []) + [f"[{HOST}]:{fault.port}"]


def sslyze(fault, ca):
    words = [str(SSLYZE), "--certinfo", "--certinfo_ca_file", ca, "--mozilla_config", "disable"]
    return words + (["--starttls", fault.protocol] if fault.security == "starttls" else []) + [f"{HOST}:{fault.port}"]


TOOLS = [
    Tool("mailprobe", [str(MAILPROBE), "--version"], mailprobe),
    Tool("telnet", ["telnet", "--version"], telnet, typed=True),
    Tool("nc", ["dpkg-query", "-W", "-f", "${Package} ${Version}", "netcat-openbsd"], nc, typed=True),
    Tool("openssl", ["openssl", "version"], openssl),
    Tool("gnutls-cli", ["gnutls-cli", "--version"], gnutls),
    Tool("swaks", ["swaks", "--version"], swaks),
    Tool("monitoring-plugins", [f"{PLUGINS}/check_smtp", "--version"], plugin),
    Tool("posttls-finger", ["postconf", "-d", "mail_version"], posttls_finger),
    Tool("curl", ["curl", "--version"], curl),
    Tool("nmap", ["nmap", "--version"], nmap),
    Tool(
        "sslyze",
        [str(SSLYZE.with_name("python")), "-c", "import importlib.metadata as m; print(m.version('sslyze'))"],
        sslyze,
    ),
    Tool("nmap (root)", ["nmap", "--version"], nmap_as_root, root=True),
]
