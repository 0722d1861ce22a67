"""Compares mailprobe with the tools that people use, and writes the tables of docs/comparison.md.

Usage: python3 scripts/compare [all | faults | speed | page | list]

`all` (about ten minutes, as root on Debian) installs the tools, builds mailprobe if there is no release build, measures
in networks of its own and writes the page; `faults` and `speed` measure one half again; `page` writes the page from the
last measurement; `list` names the faults and the tools.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from faults import FAULTS  # noqa: E402
from tools import KEEP, TOOLS  # noqa: E402


def main(words):
    match words:
        case [] | ["all"]:
            _measure("faults", "speed")
        case ["faults"] | ["speed"]:
            _measure(words[0])
        case ["page"]:
            _page()
        case ["list"]:
            print("\n".join(f"fault\t{fault.title}\t{fault.state}" for fault in FAULTS))
            print("\n".join(f"tool\t{tool.name}" for tool in TOOLS if not tool.root))
        case ["inside", half]:
            _inside(half)
        case _:
            sys.exit(__doc__)


def _measure(*halves):
    import installing
    import network

    if os.geteuid() != 0:
        sys.exit("This needs root: it installs packages and gives the servers a network of their own. Try sudo.")
    installing.everything()
    for half in halves:
        print(f"measuring: {half}", flush=True)
        subprocess.run([*network.NAMESPACES, sys.executable, __file__, "inside", half], check=True)
    _page()


def _inside(half):
    import measuring
    import speed

    result = measuring.faults() if half == "faults" else speed.good_ports()
    KEEP.mkdir(parents=True, exist_ok=True)
    (KEEP / f"{half}.json").write_text(json.dumps(result, indent=1, ensure_ascii=False))


def _page():
    import page

    page.write()


main(sys.argv[1:])
