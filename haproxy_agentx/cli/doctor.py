"""``haproxy-agentx doctor``: what keeps this node from being monitored or from failing over, and what mends it."""

import json
import re
import socket
import sys
import textwrap
import time
from collections.abc import Collection, Sequence
from pathlib import Path

from haproxy_agentx.doctor import look, mutes
from haproxy_agentx.doctor.codes import CODES
from haproxy_agentx.doctor.examine import PARTS, Other, Subject, examine, examined, grade, part_of
from haproxy_agentx.doctor.finding import Finding, Grade
from haproxy_agentx.doctor.machine import Machine
from haproxy_agentx.vocabulary.shown import printable

USAGE = 2
_LABEL = {Grade.ok: "ok", Grade.warn: "warn", Grade.fail: "FAIL"}
_NO_FILE = "not examined: no file of it"
_HINT = {
    **dict.fromkeys(("HAPROXY", "SNMPD", "KEEP"), _NO_FILE),
    **dict.fromkeys(("AGENT", "SYSTEM", "STORE"), "not examined: these are copies of files"),
    "LIMIT": "not examined: no daemon runs, or these are copies of files",
    "PEER": "not examined: no peers in config.yaml, no daemon runs, or these are copies of files",
    "PAIR": "not examined: name keepalived.conf of the other node with --other",
}
"""Why a part was not examined."""

_UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86400}


def doctor(config_file: str | None, *, folder: str | None, others: Sequence[str], as_json: bool) -> int:
    """Examine this node, or copies of its files in ``folder``; return the worst grade: 0 ok, 1 warn, 2 FAIL.

    ``others`` are folders or keepalived.conf files of the other nodes. Raises OSError where a file cannot be read.
    """
    subject, muted = _subject(config_file, folder, others)
    found = examine(subject)
    if as_json:
        print(json.dumps(_whole(subject, found, muted), indent=2))
    else:
        _show(found, examined(subject), muted)
    return int(grade(found, muted))


def examination(config_file: str | None) -> dict[str, object]:
    """Return what is found on this node, as ``--json`` prints it. Raises OSError where a file cannot be read."""
    subject, muted = _subject(config_file, None, ())
    return _whole(subject, examine(subject), muted)


def _subject(config_file: str | None, folder: str | None, others: Sequence[str]) -> tuple[Subject, Collection[str]]:
    """Return what is examined, and the codes that are muted."""
    copied = None if folder is None else look.texts_in(folder)
    own = Path(folder, "config.yaml") if folder is not None else None
    file = str(own) if own is not None and own.is_file() and config_file is None else config_file
    config, invalid = look.configuration(file)
    setup = look.setup_of(config)
    subject = Subject(
        texts=look.texts_here() if copied is None else copied,
        setup=setup,
        machine=look.machine(config, setup, invalid) if copied is None else Machine(invalid=invalid),
        host=socket.gethostname().partition(".")[0] if folder is None else Path(folder).name,
        others=[Other(Path(path).name, look.texts_of(path)) for path in others],
        is_copy=folder is not None,
    )
    return subject, mutes.muted(mutes.path_of(config.store))


def _whole(subject: Subject, found: Sequence[Finding], muted: Collection[str]) -> dict[str, object]:
    return {
        "grade": grade(found, muted).name,
        "examined": sorted(examined(subject)),
        "findings": [_json(one, muted) for one in found],
    }


def _json(one: Finding, muted: Collection[str]) -> dict[str, object]:
    return {
        "code": one.code,
        "grade": CODES[one.code].grade.name,
        "where": printable(one.where),
        "what": printable(one.what, 400),
        "remedy": printable(str(one.remedy), 1000),
        "muted": one.code in muted,
    }


def _show(found: Sequence[Finding], parts: Collection[str], muted: Collection[str]) -> None:
    for part in PARTS:
        wrong = [one for one in found if part_of(one.code) == part]
        if not wrong:
            print(f"ok    {part.lower()}" if part in parts else f"-     {part.lower()}: {_HINT[part]}")
        for one in wrong:
            label = "muted" if one.code in muted else _LABEL[CODES[one.code].grade]
            print(f"{label:5} {one.code} {printable(one.where)}: {printable(one.what, 400)}")
            print(f"      -> {printable(str(one.remedy), 1000)}")


def explain(code: str) -> int:
    """Print what a code means."""
    known = _code(code)
    if known is None:
        return USAGE
    print(f"{known} ({_LABEL[CODES[known].grade]}): {CODES[known].title}.\n")
    print(textwrap.fill(CODES[known].why, 100))
    return 0


def mute(config_file: str | None, code: str, span: str) -> int:
    """Have a code count for nothing for a time; `0` ends that."""
    known = _code(code)
    seconds = _seconds(span)
    if known is None or seconds is None:
        if seconds is None:
            print(f"--for {printable(span, 80)}: not a time: write a number and s, min, h or d, as 7d", file=sys.stderr)
        return USAGE
    config, _ = look.configuration(config_file)
    file = mutes.path_of(config.store)
    try:
        mutes.mute(file, known, seconds)
    except OSError as error:
        print(f"{file}: {error.strerror}: run it as root", file=sys.stderr)
        return USAGE
    until = time.strftime("%Y-%m-%d %H:%M", time.localtime(time.time() + seconds))
    print(f"{known} is muted until {until}" if seconds else f"{known} is not muted")
    return 0


def _code(text: str) -> str | None:
    code = text.upper()
    if code not in CODES:
        print(
            f"{printable(text, 80)}: no such code; `haproxy-agentx doctor` prints those that were found",
            file=sys.stderr,
        )
        return None
    return code


def _seconds(text: str) -> float | None:
    found = re.fullmatch(r"([0-9]{1,6})\s*(s|min|h|d)?", text)
    return float(found[1]) * _UNITS[found[2] or "s"] if found else None
