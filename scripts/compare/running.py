"""Runs one command, for a bounded time, as a user without any privilege."""

import os
import signal
import subprocess
import threading
import time
from dataclasses import asdict, dataclass

LIMIT = 32.0
"""How many seconds a tool gets: 30, and a moment for those whose own limit that is (swaks, posttls-finger)."""

KEPT = 40_000
"""How many bytes of a tool's words are kept: a server can make some of them repeat a line without end."""

PAUSE = 1.0
"""How long a person at telnet waits before each line."""


@dataclass
class Run:
    """What came of a command."""

    command: str
    code: int | None
    """`None`: it had not ended when its time was up."""
    seconds: float
    output: str

    def as_dict(self):
        """For the result file."""
        return asdict(self)


def run(words, hosts=None, typed=(), root=False, limit=LIMIT):
    """Runs `words`. `hosts` is a hosts file for this command alone; `typed` are lines that come at a person's pace."""
    shown = " ".join(words)
    command = list(words)
    if not root:
        # A user namespace that owns nothing here: no raw sockets, no firewall.
        command = ["unshare", "--user", "--map-user=1000", "--", *command]
    if hosts:
        bind = 'mount --bind "$0" /etc/hosts && exec "$@"'
        command = ["unshare", "--mount", "sh", "-c", bind, str(hosts), *command]
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "HOME": "/nonexistent"}
    start = time.monotonic()
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE if typed else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        start_new_session=True,
    )
    kept = bytearray()
    reader = threading.Thread(target=_read, args=(process.stdout, kept), daemon=True)
    reader.start()
    if typed:
        threading.Thread(target=_type, args=(process.stdin, typed), daemon=True).start()
    # Not `wait(limit)`: that looks every 50 ms only.
    late = threading.Event()
    timer = threading.Timer(limit, lambda: (late.set(), _end(process)))
    timer.start()
    code = process.wait()
    seconds = time.monotonic() - start
    timer.cancel()
    # What it left behind, too.
    _end(process)
    reader.join(2)
    return Run(shown, None if late.is_set() else code, seconds, bytes(kept).decode("utf-8", "replace"))


def _end(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def _read(stream, kept):
    while chunk := stream.read1(65536):
        kept += chunk[: max(0, KEPT - len(kept))]


def _type(stream, lines):
    try:
        for line in lines:
            time.sleep(PAUSE)
            stream.write(f"{line}\n".encode())
            stream.flush()
        # A person stays at the keyboard.
        time.sleep(2 * LIMIT)
    except (BrokenPipeError, OSError, ValueError):
        pass
