"""Writes the tables of docs/comparison.md from the last measurement."""

import json
import os
import platform
import re
import subprocess
from datetime import date
from pathlib import Path

from faults import FAULTS
from judging import judged
from tools import KEEP, MAILPROBE, PLUGINS, ROOT, TOOLS

PAGE = ROOT / "docs" / "comparison.md"
MARKS = {"named": " ✓", "shown": " ~", None: ""}


def write():
    """Replaces what stands between the markers of the page."""
    text = PAGE.read_text()
    answers = {}
    if (KEEP / "faults.json").exists():
        for one in json.loads((KEEP / "faults.json").read_text()):
            answers[one["fault"], one["tool"]] = one
        text = _replace(text, "machine", _machine())
        text = _replace(text, "codes", _codes(answers))
        text = _replace(text, "seconds", _seconds(answers))
        text = _replace(text, "answers", _answers(answers))
        text = _replace(text, "rules", _rules())
        text = _replace(text, "commands", _commands(answers))
    if (KEEP / "speed.json").exists():
        text = _replace(text, "speed", _speed(json.loads((KEEP / "speed.json").read_text())))
    PAGE.write_text(text)
    print(f"written: {PAGE.relative_to(ROOT)}")


def _replace(text, name, content):
    begin, end = f"<!-- begin {name} -->\n", f"<!-- end {name} -->"
    if begin not in text or end not in text:
        raise SystemExit(f"{PAGE} has no markers for {name}")
    head, rest = text.split(begin, 1)
    return f"{head}{begin}\n{content}\n\n{end}{rest.split(end, 1)[1]}"


def _machine():
    processor = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    system = re.search(r'PRETTY_NAME="(.*)"', Path("/etc/os-release").read_text())
    others = [_version(tool.name) for tool in TOOLS if tool.name != "mailprobe" and not tool.root]
    name = processor[1].strip() if processor else platform.machine()
    distribution = system[1] if system else platform.system()
    lines = [
        f"Measured on {date.today()}, {distribution}, Linux {platform.release()}, {os.cpu_count()} cores ({name}):",
        ", ".join([_version("mailprobe"), *others]) + ".",
    ]
    return "\n".join(lines)


def _version(name):
    """The name and the first number that looks like a version."""
    tool = next(tool for tool in TOOLS if tool.name == name)
    try:
        answer = subprocess.run(tool.version, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return f"{name} (version unknown)"
    found = re.search(r"\d+(\.\d+)+\w*|\d{8}\.\d", answer.stdout + answer.stderr)
    return f"{name} {found[0] if found else ''}".strip()


def _shown_tools():
    return [tool for tool in TOOLS if not tool.root]


def _table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _codes(answers):
    def cell(fault, tool):
        answer = answers.get((fault.id, tool.name))
        if answer is None:
            return ""
        mark, _ = judged(fault, answer)
        if fault.id == "good":
            return _code(answer)
        # All is well, it says to a script, and to a reader not what is wrong.
        wrong = answer["code"] == 0 and mark is None
        return (f"**{_code(answer)}**" if wrong else _code(answer)) + MARKS[mark]

    tools = _shown_tools()
    rows = [[fault.title, *[cell(fault, tool) for tool in tools]] for fault in FAULTS]
    counted = [fault for fault in FAULTS if fault.id != "good"]
    named = []
    for tool in tools:
        asked = [fault for fault in counted if (fault.id, tool.name) in answers]
        good = [fault for fault in asked if judged(fault, answers[fault.id, tool.name])[0] == "named"]
        named.append(f"{len(good)} of {len(asked)}")
    return _table(["what is wrong", *[tool.name for tool in tools]], [*rows, ["*causes named*", *named]])


def _code(answer):
    return "no end" if answer["code"] is None else str(answer["code"])


def _seconds(answers):
    tools = _shown_tools()
    rows = [[fault.title, *[_time(answers.get((fault.id, tool.name))) for tool in tools]] for fault in FAULTS]
    return _table(["what is wrong", *[tool.name for tool in tools]], rows)


def _time(answer):
    if answer is None:
        return ""
    return "> 30" if answer["code"] is None else f"{answer['seconds']:.1f}"


def _answers(answers):
    parts = []
    for fault in FAULTS[1:]:
        parts.append(f"### {fault.title[0].upper()}{fault.title[1:]}\n")
        rows = []
        for tool in TOOLS:
            if answer := answers.get((fault.id, tool.name)):
                mark, line = judged(fault, answer)
                rows.append([tool.name, _code(answer) + MARKS[mark], _time(answer), _code_span(line)])
        parts.append(_table(["tool", "code", "s", "what it says"], rows) + "\n")
    return "\n".join(parts).rstrip()


def _code_span(line):
    return "`" + line.replace("`", "'").replace("|", "\\|") + "`"


def _rules():
    return _table(["what is wrong", "✓: it says"], [[fault.title, fault.rule] for fault in FAULTS[1:]])


def _commands(answers):
    shown = [answers[key, tool.name]["command"] for tool in TOOLS for key in ["good"] if (key, tool.name) in answers]
    short = [re.sub(r"/\S*/(ca\.pem)", r"\1", line).replace(str(MAILPROBE), "mailprobe") for line in shown]
    short = [line.replace(f"{KEEP}/sslyze/bin/", "").replace(f"{PLUGINS}/", "") for line in short]
    return "```console\n" + "\n".join(short) + "\n```"


def _speed(result):
    parts = []
    for title, rows in result.items():
        own = rows[0]["median"]
        table = [
            [
                row["name"],
                f"{row['median']:.3f}",
                f"{row['least']:.3f}",
                f"{row['median'] / own:.1f}",
                str(row["connections"]),
            ]
            for row in rows
        ]
        parts.append(_table([title, "median, s", "least, s", "median, × mailprobe", "connections"], table))
    rounds = next(iter(result.values()))[0]["rounds"]
    parts.append(f"{rounds} rounds; in each, every way once, so that a busy moment of the machine falls on all alike.")
    return "\n\n".join(parts)
