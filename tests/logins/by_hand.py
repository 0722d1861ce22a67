"""Asks mail servers what an administrator would ask by hand, and tells the one reply that matters.

The independent side of each row: what the real server says here is what mailprobe has to make sense of.

Usage: by_hand.py ROOT
    ROOT: what to trust, as a PEM file; `-` checks no certificate. Each line of its standard input is a question, whose
    words are separated by tabs; the answer is a line of JSON.

    SERVICE HOST PORT ASK...
    SERVICE   smtp, submission, submissions, imap, imaps, pop3, pop3s
    ASK       login USER PASSWORD MECHANISM      MECHANISM `command`: IMAP's LOGIN, POP3's USER and PASS
              hold USER PASSWORD                 logs in and stays
              sender FROM                        MAIL FROM inside TLS, without a login
              sender-in-the-clear FROM           MAIL FROM before STARTTLS
              rcpt FROM TO [USER PASSWORD]       MAIL FROM and RCPT TO, after a login if a user is named
              data FROM TO                       the same up to DATA, with an empty message: what mailprobe must never do
"""

import base64
import hashlib
import hmac
import json
import os
import socket
import ssl
import sys

PATIENCE = 15


class Ended(Exception):
    """The server closed the connection instead of answering."""


class Dialogue:
    def __init__(self, service, host, port, root):
        self.kind = {"submission": "smtp", "submissions": "smtp", "imaps": "imap", "pop3s": "pop3"}.get(service, service)
        self.host = host
        self.context = ssl.create_default_context(cafile=None if root == "-" else root)
        if root == "-":
            self.context.check_hostname = False
            self.context.verify_mode = ssl.CERT_NONE
        self.socket = socket.create_connection((host, port), timeout=PATIENCE)
        self.implicit = service in ("submissions", "imaps", "pop3s")
        if self.implicit:
            self.socket = self.context.wrap_socket(self.socket, server_hostname=host)
        self.file = self.socket.makefile("rb")
        self.tag = 0

    def line(self):
        line = self.file.readline()
        if not line:
            raise Ended
        return line.decode("utf-8", "replace").rstrip("\r\n")

    def send(self, line):
        self.socket.sendall(line.encode() + b"\r\n")

    def reply(self):
        """The lines of one reply; of IMAP's, the tagged one or a request to go on."""
        if self.kind == "smtp":
            lines = [self.line()]
            while lines[-1][3:4] == "-":
                lines.append(self.line())
            return "\n".join(lines)
        if self.kind == "pop3":
            return self.line()
        while True:
            line = self.line()
            if line.startswith(("+", f"a{self.tag} ")):
                return line

    def ask(self, command):
        if self.kind == "imap":
            self.tag += 1
            command = f"a{self.tag} {command}"
        self.send(command)
        return self.reply()

    def greet(self, secure=True):
        """Up to the point where TLS is up and the server's capabilities are known; the reply that forbids it, or None."""
        greeting = self.line() if self.kind != "smtp" else self.reply()
        if greeting.startswith(("4", "5", "-ERR", "* BYE")):
            return greeting
        if self.kind == "smtp":
            # postscreen's teaser is the first line of a reply like any other.
            offered = self.ask("EHLO visitor.test.example")
        else:
            offered = ""
        if self.implicit or not secure or (self.kind == "smtp" and "STARTTLS" not in offered):
            return None
        answer = self.ask({"smtp": "STARTTLS", "imap": "STARTTLS", "pop3": "STLS"}[self.kind])
        if not answer.startswith(("220", "+OK", f"a{self.tag} OK")):
            return answer
        self.socket = self.context.wrap_socket(self.socket, server_hostname=self.host)
        self.file = self.socket.makefile("rb")
        if self.kind == "smtp":
            self.ask("EHLO visitor.test.example")
        return None

    def login(self, user, password, mechanism):
        if mechanism == "command":
            if self.kind == "imap":
                return self.ask(f'LOGIN "{user}" "{password}"')
            answer = self.ask(f"USER {user}")
            return answer if answer.startswith("-ERR") else self.ask(f"PASS {password}")
        verb = "AUTHENTICATE" if self.kind == "imap" else "AUTH"
        answer = self.ask(f"{verb} {mechanism}")
        steps = STEPS[mechanism](user, password)
        next(steps)
        challenge = b""
        while answer.startswith(("334", "+ ")) or answer == "+":
            challenge = base64.b64decode(answer.partition(" ")[2])
            self.send(base64.b64encode(steps.send(challenge)).decode())
            answer = self.reply()
        if mechanism == "XOAUTH2" and challenge:
            answer += f" <{challenge.decode()}>"
        return answer

    def leave(self):
        try:
            self.ask("LOGOUT" if self.kind == "imap" else "QUIT")
        except (Ended, OSError):
            # What it had to say, it has said.
            pass
        self.socket.close()


# What a client sends: each takes the server's challenge and gives the answer to it. The first `yield` waits for the first
# challenge, which most mechanisms leave empty.


def plain(user, password):
    yield
    yield f"\0{user}\0{password}".encode()


def login(user, password):
    yield
    yield user.encode()
    yield password.encode()


def cram_md5(user, password):
    challenge = yield
    digest = hmac.new(password.encode(), challenge, "md5").hexdigest()
    yield f"{user} {digest}".encode()


def xoauth2(user, token):
    yield
    yield f"user={user}\1auth=Bearer {token}\1\1".encode()
    yield b""


def oauthbearer(user, token):
    yield
    yield f"n,a={user},\1auth=Bearer {token}\1\1".encode()
    yield b"\1"


def scram(algorithm):
    def steps(user, password):
        nonce = base64.b64encode(os.urandom(18)).decode()
        first = f"n={user},r={nonce}"
        yield
        challenge = (yield f"n,,{first}".encode()).decode()
        parts = dict(part.split("=", 1) for part in challenge.split(","))
        salted = hashlib.pbkdf2_hmac(algorithm, password.encode(), base64.b64decode(parts["s"]), int(parts["i"]))
        without_proof = f"c=biws,r={parts['r']}"
        signed = f"{first},{challenge},{without_proof}".encode()
        key = hmac.digest(salted, b"Client Key", algorithm)
        signature = hmac.digest(hashlib.new(algorithm, key).digest(), signed, algorithm)
        proof = base64.b64encode(bytes(a ^ b for a, b in zip(key, signature))).decode()
        yield f"{without_proof},p={proof}".encode()
        yield b""

    return steps


STEPS = {
    "PLAIN": plain,
    "LOGIN": login,
    "CRAM-MD5": cram_md5,
    "XOAUTH2": xoauth2,
    "OAUTHBEARER": oauthbearer,
    "SCRAM-SHA-1": scram("sha1"),
    "SCRAM-SHA-256": scram("sha256"),
}


# Those who stay logged in.
HELD = []


def main():
    for line in sys.stdin:
        try:
            answer = ask(*line.rstrip("\n").split("\t"))
        except Ended:
            answer = "(closed)"
        except Exception as error:
            answer = f"({error!r})"
        print(json.dumps(answer), flush=True)


def ask(service, host, port, what, *more):
    dialogue = Dialogue(service, host, int(port), sys.argv[1])
    answer = dialogue.greet(secure=what != "sender-in-the-clear")
    if answer is None:
        answer = talk(dialogue, what, more)
    if what == "hold":
        HELD.append(dialogue)
    else:
        dialogue.leave()
    return answer


def talk(dialogue, what, more):
    if what == "login":
        return dialogue.login(*more)
    if what == "hold":
        return dialogue.login(*more, "PLAIN")
    if what.startswith("sender"):
        return dialogue.ask(f"MAIL FROM:<{more[0]}>")
    sender, recipient, *user = more
    if what == "data":
        dialogue.ask(f"MAIL FROM:<{sender}>")
        dialogue.ask(f"RCPT TO:<{recipient}>")
        answer = dialogue.ask("DATA")
        return dialogue.ask(".") if answer.startswith("354") else answer
    if user:
        answer = dialogue.login(*user, "PLAIN")
        if not answer.startswith("235"):
            return answer
    answer = dialogue.ask(f"MAIL FROM:<{sender}>")
    if answer.startswith("250"):
        answer = dialogue.ask(f"RCPT TO:<{recipient}>")
        dialogue.ask("RSET")
    return answer


main()
