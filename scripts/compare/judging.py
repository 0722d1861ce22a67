"""What an answer amounts to: whether it names the cause, and the line that decides."""

import re

GENERIC = r"error|fail|refus|timed? ?out|timeout|unable|warning|critical|problem|lost|closed|unexpected|\bOK\b"
"""Where no line names the cause, one of these tells most."""

NOISE = (
    r"Deprecation|^\s*self\._x509|^\s*-+\s*$|Early data|No ALPN|CT log|^DONE$|BIO_connect:connect error|"
    r"Nmap done|COMPLIANCE|"
    r"CHECKING CONN|SCANS COMPLETED|^Starting Nmap|Expansion: NONE|Secure Renegotiation|More details here"
)
"""These lines say nothing about the server."""

LONGEST = 170


def judged(fault, answer):
    """`named`, `shown` or nothing; and the line."""
    lines = [line for line in _lines(fault, answer) if not re.search(NOISE, line)]
    text = "\n".join(lines)
    for mark, expression in [("named", fault.named), ("shown", fault.shown)]:
        if expression and (found := re.search(expression, text, re.IGNORECASE | re.MULTILINE)):
            if re.search("8BITMIME|LOGINDISABLED", found[0]):
                return mark, "(the list of capabilities, without STARTTLS)"
            return mark, _around(text, found)
    # The last such line: what comes before it is the way there.
    telling = [line for line in lines if re.search(GENERIC, line, re.IGNORECASE)]
    return None, _short((telling or lines or ["(nothing)"])[-1])


def _lines(fault, answer):
    text = answer["output"].replace("\r", "\n")
    text = "".join(one if one == "\n" or one.isprintable() else " " for one in text)
    # The names of the lab's certificates, and the line that it injects, have the very words that are looked for.
    text = re.sub(
        r"((?:CN ?=|commonName=|Common Name: +|Issuer: +|Received Chain: +|Certificate ')) ?"
        r"(self-signed|expired|wrong-name)",
        r"\1…",
        text,
    )
    text = re.sub(r"250 STARTTLS injected|\* OK injected", "<the line from the lab>", text)
    if answer["tool"] == "mailprobe":
        # Paragraphs are folded at 80 columns.
        text = _unfolded(text)
    return [line for line in text.splitlines() if line.strip()]


def _unfolded(text):
    """Each finding with its evidence on one line, and the sentence of the verdict on another."""
    findings = re.findall(r"^(?:error|warning): .*(?:\n {4}.*)*", text, re.MULTILINE)
    verdict = re.findall(r"^\S+ (?:PASS|WARN|FAIL)  .*(?:\n {8}(?!hint:)\S.*)*", text, re.MULTILINE)
    # The name of the finding and its port are for scripts.
    findings = [re.sub(r"\s+[a-z-]+ [-·] port \d+\b", "", one) for one in findings]
    return "\n".join(re.sub(r"\s+", " ", part) for part in findings + verdict)


def _around(text, found):
    start = text.rfind("\n", 0, found.start()) + 1
    end = text.find("\n", found.end())
    line = text[start : end if end != -1 else len(text)].replace("\n", " ")
    if len(line) > LONGEST and found.end() - start > LONGEST:
        line = "…" + line[found.start() - start - 90 :]
    return _short(line)


def _short(line):
    line = re.sub(r"^posttls-finger: |^[|_ \t*-]+|^[0-9A-F]{12,16}:", "", re.sub(r"\s+", " ", line.strip()))
    line = re.sub(r"/\S*/sslyze/lib/\S*", "…", line)
    return line if len(line) <= LONGEST else line[: LONGEST - 1].rstrip() + "…"
