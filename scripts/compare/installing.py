"""Gets the tools: from Debian, one from PyPI, and mailprobe from here."""

import os
import shutil
import subprocess
import sys

from tools import KEEP, LAB, MAILPROBE, ROOT, SSLYZE

PACKAGES = [
    "curl",
    "dovecot-imapd",
    "dovecot-pop3d",
    "gnutls-bin",
    "iproute2",
    "libnet-ssleay-perl",
    "monitoring-plugins-basic",
    "netcat-openbsd",
    "nftables",
    "nmap",
    "openssl",
    "postfix",
    "python3-venv",
    "swaks",
    "telnet",
    "util-linux",
]
POLICY = "/usr/sbin/policy-rc.d"


def everything():
    """What is missing, and nothing else."""
    _packages()
    if not SSLYZE.exists():
        subprocess.run([sys.executable, "-m", "venv", SSLYZE.parents[1]], check=True)
        subprocess.run([SSLYZE.with_name("pip"), "install", "--quiet", "sslyze"], check=True)
    if not (MAILPROBE.exists() and LAB.exists()):
        subprocess.run(["cargo", "build", "--release", "--workspace", "--bins"], cwd=ROOT, check=True)
    KEEP.mkdir(parents=True, exist_ok=True)


def _packages():
    query = ["dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\\n", *PACKAGES]
    known = subprocess.run(query, capture_output=True, text=True).stdout.splitlines()
    missing = [package for package in PACKAGES if f"{package} installed" not in known]
    if not missing:
        return
    if not shutil.which("apt-get"):
        sys.exit("This is not Debian; install these first: " + " ".join(missing))
    # Mail servers must not start by themselves on a machine that only lends them.
    policy = not os.path.exists(POLICY)
    if policy:
        with open(POLICY, "w", opener=lambda path, flags: os.open(path, flags, 0o755)) as file:
            file.write("#!/bin/sh\nexit 101\n")
    try:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "--quiet"], check=True)
        install = ["apt-get", "install", "--quiet", "--yes", "--no-install-recommends", *missing]
        subprocess.run(install, check=True, env=environment)
    finally:
        if policy:
            os.unlink(POLICY)
