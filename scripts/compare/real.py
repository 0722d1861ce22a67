"""Postfix and Dovecot as Debian ships them, on the seven real ports, with a private authority's certificate."""

import subprocess
import time
from pathlib import Path

from faults import HOST

PORTS = [25, 465, 587, 110, 995, 143, 993]


def start(directory, process):
    """Starts both in the network of a process. Gives the file to trust."""
    shared = directory / "shared"
    shared.mkdir()
    ca = _certificate(directory)
    inside = ["nsenter", f"--net=/proc/{process}/ns/net", "--"]
    _postfix(directory, shared, inside)
    _dovecot(directory, shared, inside)
    _wait(shared, process)
    return ca


def stop(directory):
    """Stops both."""
    _run("postfix", "-c", directory / "postfix/etc", "stop")
    _run("doveadm", "-c", directory / "dovecot/dovecot.conf", "stop")


def _run(*words):
    # A daemon that stays behind keeps these open: nobody waits for their end.
    subprocess.run(words, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _certificate(directory):
    new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "90"]
    key, chain, ca = directory / "key.pem", directory / "chain.pem", directory / "ca.pem"
    _run(*new, "-subj", "/CN=Test Root", "-keyout", f"{ca}.key", "-out", ca)
    _run(
        *new,
        "-subj",
        f"/CN={HOST}",
        "-keyout",
        key,
        "-out",
        chain,
        "-CA",
        ca,
        "-CAkey",
        f"{ca}.key",
        "-addext",
        f"subjectAltName=DNS:{HOST}",
        "-addext",
        "basicConstraints=critical,CA:FALSE",
    )
    return ca


def _postfix(directory, shared, inside):
    own = directory / "postfix"
    for name in ["etc", "queue", "data"]:
        (own / name).mkdir(parents=True)
    _run("chown", "postfix:", own / "data")
    (own / "etc/main.cf").write_text(f"""\
compatibility_level = 3.6
queue_directory = {own}/queue
data_directory = {own}/data
maillog_file = {own}/maillog
maillog_file_prefixes = {own}
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
myhostname = {HOST}
mydestination =
alias_maps =
inet_interfaces = all
inet_protocols = ipv4
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_tls_chain_files = {directory}/key.pem, {directory}/chain.pem
smtpd_sasl_type = dovecot
smtpd_sasl_path = {shared}/auth
# Its guard against visitors who come too often would be measured otherwise.
smtpd_client_connection_count_limit = 0
""")
    # Ports as numbers: a bare machine has no /etc/services.
    (own / "etc/master.cf").write_text("""\
25 inet n - n - - smtpd
465 inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
  -o smtpd_sasl_auth_enable=yes
587 inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt
  -o smtpd_sasl_auth_enable=yes
cleanup unix n - n - 0 cleanup
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
""")
    _run(*inside, "postfix", "-c", own / "etc", "start")


def _dovecot(directory, shared, inside):
    own = directory / "dovecot"
    own.mkdir()
    (own / "dovecot.conf").write_text(f"""\
protocols = imap pop3
base_dir = {own}/run
state_dir = {own}/state
log_path = {own}/log
listen = *
ssl = required
ssl_cert = <{directory}/chain.pem
ssl_key = <{directory}/key.pem
auth_mechanisms = plain
passdb {{
  driver = static
  args = password=nobody-logs-in
}}
userdb {{
  driver = static
  args = uid=65534 gid=65534 home=/nonexistent
}}
service auth {{
  unix_listener {shared}/auth {{
    mode = 0666
  }}
}}
""")
    _run(*inside, "dovecot", "-c", own / "dovecot.conf")


def _wait(shared, process):
    for _ in range(300):
        table = Path(f"/proc/{process}/net/tcp").read_text()
        # Port in hexadecimal; 0A is LISTEN.
        listening = {line.split()[1].split(":")[1] for line in table.splitlines() if " 0A " in line}
        if (shared / "auth").exists() and all(f"{port:04X}" in listening for port in PORTS):
            return
        time.sleep(0.1)
    raise SystemExit("Postfix and Dovecot did not start")
