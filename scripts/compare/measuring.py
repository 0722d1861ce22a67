"""Shows every fault to every tool."""

import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import network
import tools
from faults import FAULTS, address
from running import run
from tools import TOOLS, typed

AT_ONCE = 12
"""How many tools run at a time: most of them wait."""


def faults():
    """The answers, by fault and tool. Runs inside the namespaces."""
    with tempfile.TemporaryDirectory(prefix="compare-") as name:
        directory = Path(name)
        directory.chmod(0o755)
        network.common(directory)
        hosts = network.faulty(directory)
        lab = _lab(directory)
        try:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                jobs = {
                    (fault.id, tool.name): pool.submit(_ask, tool, fault, hosts[fault.id], str(directory / "ca.pem"))
                    for fault in FAULTS
                    for tool in TOOLS
                    if not tool.root or fault.way != "open" or fault.id in ("good", "refused")
                }
                answers = {key: job.result() for key, job in jobs.items()}
        finally:
            lab.stdin.close()
            lab.wait(10)
    return [{"fault": fault, "tool": tool, **answer.as_dict()} for (fault, tool), answer in answers.items() if answer]


def _ask(tool, fault, hosts, ca):
    words = tool.words(fault, ca)
    if words is None:
        return None
    return run(words, hosts=hosts, typed=typed(fault.protocol) if tool.typed else (), root=tool.root)


def _lab(directory):
    servers = [f"{fault.behaviour}@{address(fault)}:{fault.port}" for fault in FAULTS if fault.behaviour]
    lab = subprocess.Popen(
        [tools.LAB, "serve", "--ca-out", directory / "ca.pem", *servers],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    for _ in servers:
        line = lab.stdout.readline()
        if not line.startswith("listening "):
            raise SystemExit(f"the lab did not start: {line}")
    # The file is written before the first server listens.
    time.sleep(0.1)
    return lab
