#!/usr/bin/env bash
# One login with a wrong password is one refusal for the server, or three; and with the right password some clients are
# kept out by a mechanism that the server lists and cannot do.
#
# Seen on 28 November 2026 at a server that lists "AUTH CRAM-MD5 LOGIN PLAIN", as Postfix does with Dovecot or Cyrus SASL
# behind it. What each client sends for one call, or one run:
#
#                                   a wrong password               the right one, which the server keeps as a hash
#   smtplib of Python 3.11          CRAM-MD5, PLAIN, LOGIN         CRAM-MD5 refused, PLAIN taken
#   aiosmtplib 5.1.3 (PyPI)         CRAM-MD5, PLAIN, LOGIN         CRAM-MD5 refused, PLAIN taken
#   swaks 20201014.0 (Debian 12)    CRAM-MD5, LOGIN, PLAIN         CRAM-MD5 refused, LOGIN taken
#   curl 7.88.1 (Debian 12)         CRAM-MD5                       CRAM-MD5 refused: "Login denied"
#   emailjs 5.0.3 (npm)             CRAM-MD5                       CRAM-MD5 refused: "authorization.failed"
#   nodemailer 10.6.1 (npm)         PLAIN                          PLAIN taken
#
# CRAM-MD5 needs the password itself on the server (as SCRAM needs its own kind of hash), but what a server lists is the
# same for all users, and it answers 535 as to a wrong password. So two users of one server, with the same right password,
# are let in or not by which library their program has, and what worked for years stops when passwords are stored anew.
# And what counts refusals (fail2ban: five by default) counts one typing error three times for some programs: two tries,
# and the address is shut out. Whoever writes such a program does well to put CRAM-MD5 behind PLAIN inside TLS, and whoever
# runs a server not to list what it cannot do for all of its users.
#
# Needs Debian 12 (apt-get, with its lists up to date), perl, python3 with venv, node with npm, PyPI and npm. Exits with 0
# while all of it is as told here (Python's own version is not looked at).
set -euo pipefail
work=$(mktemp --directory)
trap 'rm -rf "$work"' EXIT
cd "$work"
packages=(curl=7.88.1-10+deb12u15 libcurl4=7.88.1-10+deb12u15 swaks=20201014.0-2)
# With what this machine lacks of curl's libraries. Nothing is installed.
lacking=$(apt-get install --simulate --no-install-recommends "${packages[@]}" | awk '/^Inst/ { print $2 }')
# shellcheck disable=SC2086 # a word for each package
printf '%s\n' "${packages[@]}" $lacking | sort --unique --field-separator== --key=1,1 |
    xargs apt-get -qq -o APT::Sandbox::User=root download
for package in ./*.deb; do
    dpkg -x "$package" tree
done
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check install aiosmtplib==5.1.3
npm --silent install --no-audit --no-fund nodemailer@10.6.1 emailjs@5.0.3

cat >standard.py <<'PYTHON'
import smtplib, sys
with smtplib.SMTP("127.0.0.1", int(sys.argv[1]), timeout=20) as server:
    server.login("anna", sys.argv[2])
PYTHON
cat >aio.py <<'PYTHON'
import asyncio, sys
import aiosmtplib
asyncio.run(aiosmtplib.send("Subject: x\r\n\r\nx", sender="anna@example.org", recipients=["b@example.org"], port=int(sys.argv[1]),
                            hostname="127.0.0.1", username="anna", password=sys.argv[2], start_tls=False))
PYTHON
cat >nodemailer.mjs <<'JS'
import nodemailer from "nodemailer";
const [port, pass] = process.argv.slice(2);
const transport = nodemailer.createTransport({ host: "127.0.0.1", port: +port, ignoreTLS: true, auth: { user: "anna", pass } });
await transport.sendMail({ from: "anna@example.org", to: "b@example.org", text: "x" });
JS
cat >emailjs.mjs <<'JS'
import { SMTPClient } from "emailjs";
const [port, password] = process.argv.slice(2);
const client = new SMTPClient({ user: "anna", password, host: "127.0.0.1", port: +port, timeout: 9000 });
await client.sendAsync({ text: "x", from: "anna@example.org", to: "b@example.org", subject: "x" });
process.exit();
JS

cat >look.py <<'PYTHON'
import base64, glob, os, socket, subprocess, sys, threading

PASSWORD = "summer-2204"
CHALLENGE = base64.b64encode(b"<1896.697170952@mail.example.org>").decode()


class Server:
    """Takes the password by PLAIN and LOGIN; of what CRAM-MD5 sends it can make nothing, as it has a hash."""

    def __init__(self):
        self.seen = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self.talk, args=(connection.makefile("rwb"),), daemon=True).start()

    def talk(self, stream):
        def say(line):
            stream.write(line.encode() + b"\r\n")
            stream.flush()

        def ask(challenge):
            say(f"334 {challenge}")
            return stream.readline().strip()

        say("220 mail.example.org ESMTP")
        while line := stream.readline():
            verb, *words = line.decode().split() or [""]
            if verb.upper() == "EHLO":
                say("250-mail.example.org\r\n250 AUTH CRAM-MD5 LOGIN PLAIN")
            elif verb.upper() == "AUTH":
                mechanism, *initial = words
                secret = b""
                if mechanism == "CRAM-MD5":
                    ask(CHALLENGE)
                elif mechanism == "LOGIN":
                    initial or ask("VXNlcm5hbWU6")
                    secret = base64.b64decode(ask("UGFzc3dvcmQ6"))
                else:
                    secret = base64.b64decode(initial[0] if initial else ask("")).split(b"\0")[-1]
                is_right = secret.decode() == PASSWORD
                self.seen.append(mechanism if not is_right else mechanism + " taken")
                say("235 2.7.0 Ok" if is_right else "535 5.7.8 Error: authentication failed")
            elif verb.upper() == "DATA":
                say("354 go on")
                while stream.readline() not in (b".\r\n", b""):
                    pass
                say("250 2.0.0 Ok")
            else:
                say("221 bye" if verb.upper() == "QUIT" else "250 2.0.0 Ok")
                if verb.upper() == "QUIT":
                    return


CURL = ["tree/usr/bin/curl", "--silent", "--show-error", "--user", "anna:PASSWORD", "smtp://127.0.0.1:PORT",
        "--mail-from", "anna@example.org", "--mail-rcpt", "b@example.org", "--upload-file", "aio.py"]
SWAKS = ["perl", "tree/usr/bin/swaks", "--server", "127.0.0.1:PORT", "--auth", "--auth-user", "anna", "--auth-password",
         "PASSWORD", "--quit-after", "AUTH"]
CLIENTS = (
    ("smtplib", [sys.executable, "standard.py", "PORT", "PASSWORD"], "CRAM-MD5 PLAIN LOGIN", "CRAM-MD5 PLAIN taken"),
    ("aiosmtplib", ["venv/bin/python", "aio.py", "PORT", "PASSWORD"], "CRAM-MD5 PLAIN LOGIN", "CRAM-MD5 PLAIN taken"),
    ("swaks", SWAKS, "CRAM-MD5 LOGIN PLAIN", "CRAM-MD5 LOGIN taken"),
    ("curl", CURL, "CRAM-MD5", "CRAM-MD5"),
    ("emailjs", ["node", "emailjs.mjs", "PORT", "PASSWORD"], "CRAM-MD5", "CRAM-MD5"),
    ("nodemailer", ["node", "nodemailer.mjs", "PORT", "PASSWORD"], "PLAIN", "PLAIN taken"),
)
libraries = ":".join(map(os.path.abspath, glob.glob("tree/usr/lib/*-linux-*")))
as_told = True
for name, words, *expected in CLIENTS:
    for password, order in zip(("winter-2204", PASSWORD), expected):
        server = Server()
        port = str(server.listener.getsockname()[1])
        command = [word.replace("PORT", port).replace("PASSWORD", password) for word in words]
        environment = os.environ | ({"LD_LIBRARY_PATH": libraries} if name == "curl" else {})
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
        which = "right" if password == PASSWORD else "wrong"
        print(f"{name:10} {which} password: {', '.join(server.seen):24} exit {done.returncode}")
        as_told &= " ".join(server.seen) == order and (done.returncode == 0) == order.endswith("taken")
print("as told" if as_told else "CHANGED")
sys.exit(not as_told)
PYTHON
timeout 150 python3 look.py
