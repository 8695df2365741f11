"""``haproxy-agentx report``: write what a bug report needs into one file, without its secrets."""

import io
import os
import platform
import socket
import sys
import tarfile
import time
from collections.abc import Iterator
from contextlib import suppress
from importlib import metadata

from haproxy_agentx import __version__
from haproxy_agentx.bundle.contents import Gathered, contents
from haproxy_agentx.cli.doctor import examination
from haproxy_agentx.config import Config
from haproxy_agentx.config.effective import effective_text
from haproxy_agentx.config.secret_files import named_files
from haproxy_agentx.control.client import NotRunning, ask, control_path
from haproxy_agentx.control.request import MAX_EVENTS
from haproxy_agentx.doctor import look, look_daemon
from haproxy_agentx.system.secret_file import read_secret
from haproxy_agentx.vocabulary.shown import printable
from haproxy_agentx.vocabulary.source import Denied

UNIT = "haproxy-agentx"
LOG_LINES = 2000
MODE = 0o600
"""Mode of the file, and of those in it."""

_PROGRAMS = {"snmpd": "--version", "keepalived": "--version", "haproxy": "-v", "systemctl": "--version"}
_PACKAGES = ("pysnmp", "pyasn1", "cryptography", "PyYAML", "uvloop", "requests", "rich")


def report(config_file: str | None, to: str | None) -> int:
    """Write the bundle and print its name; return 1 where it cannot be written."""
    name = f"haproxy-agentx-report-{socket.gethostname().partition('.')[0]}-{time.strftime('%Y%m%d-%H%M%S')}"
    path = to or f"{name}.tar.gz"
    found = _gathered(config_file)
    try:
        _write(path, name, contents(found))
    except OSError as error:
        print(f"{printable(path)}: {error.strerror}: pass --to FILE, with the path of a new file", file=sys.stderr)
        return 1
    print(f"{path}: read it before you pass it on; README.txt in it says what was left out")
    for problem in found.problems:
        print(f"not in it: {printable(problem)}")
    return 0


def _gathered(config_file: str | None) -> Gathered:
    config, invalid = look.configuration(config_file)
    problems = [] if invalid is None else [f"the configuration is invalid, and its defaults are shown: {invalid}"]
    answers: dict[str, object] = {}
    path = control_path(config.store)
    for name, request in (("status", None), ("events", {"command": "events", "limit": MAX_EVENTS})):
        try:
            answers[name] = ask(path, request)
        except NotRunning as error:
            problems.append(f"{name}: {error}")
    texts: dict[str, str] = {}
    try:
        texts = look.texts_here()
        answers["doctor"] = examination(config_file)
    except OSError as error:
        problems.append(f"configurations and doctor: {error.filename}: {error.strerror}: run it as root")
    log = look_daemon.output(
        "journalctl", "--unit", UNIT, "--lines", str(LOG_LINES), "--no-pager", "--output", "short-iso"
    )
    if log is None:
        problems.append("the log: journalctl cannot be run, or not by this user: run it as root")
    return Gathered(
        versions=dict(_versions()),
        config=effective_text(config),
        answers=answers,
        texts=texts,
        log=log or "",
        secrets=list(_secrets(config)),
        problems=problems,
    )


def _versions() -> Iterator[tuple[str, str]]:
    yield "haproxy-agentx", __version__
    yield "python", sys.version.replace("\n", " ")
    yield "kernel", platform.release()
    with suppress(OSError):
        yield "system", platform.freedesktop_os_release().get("PRETTY_NAME", "")
    for package in _PACKAGES:
        with suppress(metadata.PackageNotFoundError):
            yield package, metadata.version(package)
    for program, option in _PROGRAMS.items():
        lines = [line for line in (look_daemon.output(program, option) or "").splitlines() if line.strip()]
        yield program, printable(lines[0]) if lines else "not found"


def _secrets(config: Config) -> Iterator[str]:
    """Yield the secrets of the files that can be read, which are hidden wherever they turn up."""
    for one in named_files(config):
        if one.secret:
            with suppress(Denied):
                yield read_secret(one.path, one.key).decode("utf-8", "replace")


def _write(path: str, folder: str, files: dict[str, str]) -> None:
    """Write a new file that its owner alone can read. Raises OSError, also where there is one of that name."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, MODE)
    try:
        with os.fdopen(descriptor, "wb") as file, tarfile.open(fileobj=file, mode="w:gz") as bundle:
            for name, text in files.items():
                octets = text.encode(errors="replace")
                member = tarfile.TarInfo(f"{folder}/{name}")
                member.size, member.mode = len(octets), MODE
                bundle.addfile(member, io.BytesIO(octets))
    except BaseException:  # a full disk, Ctrl-C: it goes on to ``main``, which reports it, and leaves no part of a file
        os.unlink(path)  # noqa: PTH108  it would be in the way of the next
        raise
