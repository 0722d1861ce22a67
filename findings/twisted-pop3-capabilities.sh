#!/usr/bin/env bash
# Twisted's POP3 server lists capabilities that do not exist, and misspells one that does.
#
# Seen on 27 November 2026 with Twisted 26.10.0: `CAPA` of an unchanged twisted.mail.pop3.POP3 lists
#
#   TOP, USER, UIDL, PIPELINE, CELERITY, AUSPEX, POTENCE
#
# RFC 2449 (section 6.6) calls it PIPELINING; the last three are in no registry of POP3 capabilities (they are names of
# powers in a role-playing game). The server can be pipelined to: two commands in one segment get two answers. But a
# client that looks for the name of the RFC goes one command at a time. And whoever compares a list of capabilities with
# the registry to find a broken or forged server finds one here that is neither.
#
# Needs python3 with venv, and PyPI. Exits with 0 while all of it is as told here.
set -euo pipefail
work=$(mktemp --directory)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" --quiet --disable-pip-version-check install twisted==26.10.0

cat >"$work/look.py" <<'PYTHON'
import os, socket, sys

import twisted
from twisted.internet import protocol, reactor, threads
from twisted.mail import pop3

EXPECTED = ["TOP", "USER", "UIDL", "PIPELINE", "CELERITY", "AUSPEX", "POTENCE"]
status = 1


def ask(port):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection, connection.makefile("rwb") as stream:
        print("S:", stream.readline().decode().strip())
        stream.write(b"CAPA\r\nCAPA\r\nQUIT\r\n")
        stream.flush()
        return [line.decode().strip() for line in stream]


def judge(lines):
    global status
    for line in lines:
        print("S:", line)
    listed = lines[1 : lines.index(".")]
    answers = sum(line == "." for line in lines)
    print("Twisted", twisted.__version__, "lists", listed, "- both pipelined commands answered:", answers == 2)
    status = not (listed == EXPECTED and answers == 2)


factory = protocol.ServerFactory.forProtocol(pop3.POP3)
port = reactor.listenTCP(0, factory, interface="127.0.0.1")
asked = threads.deferToThread(ask, port.getHost().port)
asked.addCallback(judge)
asked.addBoth(lambda failure: (failure and print(failure), reactor.stop()))
reactor.callLater(30, reactor.stop)
reactor.run()
print("as told" if not status else "CHANGED")
sys.stdout.flush()
os._exit(status)
PYTHON
timeout 60 "$work/venv/bin/python" "$work/look.py"
