"""Another client's word: what a mail server says, read without mailprobe.

Usage: judge.py HOST PORT/PROTOCOL/HOW...    HOW is implicit or starttls; prints a list of JSON objects.
"""

import json
import re
import socket
import ssl
import subprocess
import sys

PATIENCE = 8


class Dialogue:
    """One connection, a line at a time."""

    def __init__(self, host, port, protocol):
        self.protocol = protocol
        self.socket = socket.create_connection((host, port), timeout=PATIENCE)
        self.file = self.socket.makefile("rb")

    def secure(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.socket = context.wrap_socket(self.socket)
        self.file = self.socket.makefile("rb")

    def line(self):
        line = self.file.readline()
        if not line:
            raise ConnectionError("the connection ended")
        return line.decode("utf-8", "replace").rstrip("\r\n")

    def say(self, line):
        self.socket.sendall(line.encode() + b"\r\n")

    def reply(self):
        """A whole reply of SMTP, without its codes; the first line of one of the other protocols."""
        lines = [self.line()]
        while self.protocol == "smtp" and lines[-1][3:4] == "-":
            lines.append(self.line())
        return lines

    def command(self, name):
        """Whether a command is taken."""
        if self.protocol == "imap":
            self.say(f"a {name}")
            while not (line := self.line()).startswith("a "):
                pass
            return line.startswith("a OK")
        self.say(name)
        return self.reply()[-1].startswith({"smtp": "2", "pop3": "+OK"}[self.protocol])

    def capabilities(self):
        """What is offered here, one capability each; None where the server does not tell."""
        if self.protocol == "smtp":
            self.say("EHLO visitor.test.example")
            lines = self.reply()
            return [line[4:].strip() for line in lines[1:]] if lines[0].startswith("250") else None
        if self.protocol == "imap":
            self.say("c CAPABILITY")
            found = None
            while not (line := self.line()).startswith("c "):
                if line.upper().startswith("* CAPABILITY"):
                    found = line.split()[2:]
            return found
        self.say("CAPA")
        if not self.line().startswith("+OK"):
            return None
        lines = []
        while (line := self.line()) != ".":
            lines.append(line)
        return lines

    def leave(self):
        try:
            self.command("LOGOUT" if self.protocol == "imap" else "QUIT")
        except OSError:
            pass
        self.socket.close()


def ask(host, port, protocol, how):
    said = {"port": port, "greeting": None, "plaintext": None, "secured": None, "tls": None, "failure": None}
    try:
        dialogue = Dialogue(host, port, protocol)
        if how == "implicit":
            dialogue.secure()
        said["greeting"] = "\n".join(dialogue.reply())
        # Often less than what it answers when it is asked (RFC 3501, section 7.1).
        listed = re.search(r"\[CAPABILITY ([^\]]*)\]", said["greeting"])
        said["listed"] = listed and listed.group(1).split()
        offered = dialogue.capabilities()
        said["secured" if how == "implicit" else "plaintext"] = offered
        start = {"smtp": "STARTTLS", "imap": "STARTTLS", "pop3": "STLS"}[protocol]
        if how == "starttls" and start in [word.upper() for word in offered or []]:
            if dialogue.command(start):
                dialogue.secure()
                said["secured"] = dialogue.capabilities()
            else:
                said["failure"] = "refuses " + start
        dialogue.leave()
    except ssl.SSLError as error:
        said["failure"] = "TLS " + (error.reason or "ends without a word").lower().replace("_", " ")
    except OSError as error:
        said["failure"] = error.strerror or str(error)
    if said["secured"] is not None:
        said["tls"] = handshake(host, port, protocol, how)
    return said


def handshake(host, port, protocol, how):
    """Version and group as OpenSSL tells them, and whether it had to say hello twice (HelloRetryRequest)."""
    command = ["openssl", "s_client", "-connect", f"{host}:{port}", "-servername", host, "-brief", "-msg"]
    if how == "starttls":
        command += ["-starttls", protocol]
    told = subprocess.run(command, input=b"", capture_output=True, timeout=PATIENCE)
    told = (told.stdout + told.stderr).decode("utf-8", "replace")

    def find(pattern):
        found = re.search(pattern, told)
        return found and found.group(1).strip()

    return {
        "version": find(r"Protocol version: (\S+)"),
        "group": find(r"Negotiated TLS1\.3 group: (\S+)") or find(r"(?:Peer|Server) Temp Key: (?:ECDH, )?([^,\n]+)"),
        "hellos": len(re.findall(r">>> .*ClientHello", told)),
    }


def main():
    host = sys.argv[1]
    print(json.dumps([ask(host, int(port), protocol, how) for port, protocol, how in
                      (endpoint.split("/") for endpoint in sys.argv[2:])]))


main()
