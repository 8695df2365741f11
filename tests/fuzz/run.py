"""Fuzz the parsers: each target in a process of its own, with limits of memory and of time for each input.

With atheris it is guided by coverage; without it, the seeds are mutated blindly. An input that fails is kept, with
the command that tries it again, and the exit status is 1.
"""
# ruff: noqa: T201  -- it prints: that is its work

import argparse
import contextlib
import hashlib
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.blackbox import BlackBox
from tests.fuzz.seeds import HERE, TARGETS, module_of, seeds

POLL = 0.1
MEGABYTES = 1024
"""Address space of a worker; 300 of them are Python's and the engine's own."""

START = 30
"""Seconds until the first input, and after the last."""

_ROOT = HERE.parent.parent
_ERROR = re.compile(r"\w[\w.]*(Error|Exception|Interrupt|Exit|Warning)\b|==\d+== ?ERROR: ")


@dataclass(frozen=True, slots=True)
class Limits:
    """``seconds`` for a target, ``timeout`` in seconds for each input, ``megabytes`` for a worker."""

    seconds: int
    timeout: float
    megabytes: int


class Run:
    """One worker, from its start to its result."""

    def __init__(self, target: str, engine: str, limits: Limits, crashes: Path, folder: Path) -> None:
        self.target = target
        self._limits = limits
        self._crashes = crashes
        self._log = folder / "log"
        (folder / "seeds").mkdir()
        self._seeds = list(seeds(target).values())
        for number, seed in enumerate(self._seeds):
            (folder / "seeds" / str(number)).write_bytes(seed)
        self._box = BlackBox(folder / "blackbox")
        worker = (sys.executable, "-m", "tests.fuzz.worker")
        arguments = (engine, str(limits.seconds), str(limits.megabytes), str(folder), target)
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                (*worker, *arguments), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=_ROOT, env=_environment()
            )
        self._began = self._moved = time.monotonic()
        self._started = 0
        self._first: float | None = None

    def watch(self) -> tuple[bool, str] | None:
        """Give whether all went well, and the line that tells; None while it runs. Kills a worker that hangs."""
        now = time.monotonic()
        ended = self._process.poll() is not None
        if self._box.started != self._started:
            self._started, self._moved = self._box.started, now
            self._first = self._first or now
        trying = self._box.trying()
        if ended:
            why = "" if self._process.returncode == 0 else self._explain(self._process.returncode)
        elif trying is not None and now - self._moved > self._limits.timeout:
            why = f"an input takes longer than {self._limits.timeout:g} s"
        elif now - self._began > self._limits.seconds + START:
            why = f"no end after {now - self._began:.0f} s"
        else:
            return None
        self.stop()
        return not why, self._line(now, why, trying)

    def stop(self) -> None:
        """End the worker, if it has not ended."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()

    def _explain(self, status: int) -> str:
        lines = [line for line in self._log.read_text(errors="replace").splitlines() if line.strip()]
        errors = [line for line in lines if _ERROR.match(line)]
        return errors[-1][:200] if errors else f"the worker ended with status {status}: {' / '.join(lines[-2:])[:200]}"

    def _line(self, now: float, why: str, trying: bytes | None) -> str:
        spent = max(now - (self._first or now), 0.001)
        log = self._log.read_text(errors="replace")
        found = re.findall(r"ft: (\d+) corp: (\d+)", log)
        reached = f"{found[-1][0]:>6} features {found[-1][1]:>5} inputs" if found else f"{len(self._seeds):>5} seeds"
        line = f"{self.target:<9}{self._started:>9} runs {self._started / spent:>7.0f}/s {reached:>29}  "
        return line + ("ok" if not why else self._keep(why, trying, log))

    def _keep(self, why: str, data: bytes | None, log: str) -> str:
        if data is None:
            return f"FAILED outside of an input: {why}\n{log[-2000:]}"
        self._crashes.mkdir(parents=True, exist_ok=True)
        path = self._crashes / f"{self.target}-{hashlib.sha256(data).hexdigest()[:12]}"
        path.write_bytes(data)
        traceback = log[log.rfind("Traceback") :] if "Traceback" in log else ""
        shown = os.path.relpath(path, _ROOT) if path.is_relative_to(_ROOT) else path
        again = f"python -m tests.fuzz.run --input {shown} {self.target}"
        return f"FAILED: {why}\n  {data[:60]!r}, {len(data)} octets\n  again: {again}\n{traceback}".rstrip()


def _environment() -> dict[str, str]:
    """Give the environment of a worker, which finds the modules that we find."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path or "." for path in sys.path)}


@contextlib.contextmanager
def _started(target: str, engine: str, limits: Limits, crashes: Path) -> Iterator[Run]:
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        run = Run(target, engine, limits, crashes, Path(folder))
        try:
            yield run
        finally:
            run.stop()


def fuzz(targets: list[str], engine: str, limits: Limits, crashes: Path) -> bool:
    """Run all targets, as many at once as there are processors. Gives whether nothing was found."""
    waiting = list(targets)
    running: dict[Run, contextlib.ExitStack] = {}
    well = True
    with contextlib.ExitStack() as all_of_them:
        while waiting or running:
            while waiting and len(running) < (os.cpu_count() or 1):
                stack = all_of_them.enter_context(contextlib.ExitStack())
                run = stack.enter_context(_started(waiting.pop(0), engine, limits, crashes))
                running[run] = stack
            time.sleep(POLL)
            for run in list(running):
                if (result := run.watch()) is not None:
                    well = well and result[0]
                    print(result[1], flush=True)
                    running.pop(run).close()
    return well


def _engine(wanted: str) -> str:
    if wanted == "auto":
        wanted = "atheris" if importlib.util.find_spec("atheris") else "builtin"
        if wanted == "builtin":
            print("atheris is not installed for this Python: the seeds are mutated blindly, without coverage")
    return wanted


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.run", description=__doc__.partition("\n")[0])
    parser.add_argument("target", nargs="*", help=f"which to run; all: {' '.join(TARGETS)}")
    parser.add_argument("--seconds", type=int, default=20, help="for each target (default: 20)")
    parser.add_argument("--timeout", type=float, default=5, help="seconds for one input (default: 5)")
    parser.add_argument("--memory", type=int, default=MEGABYTES, help=f"of a worker, in MiB (default: {MEGABYTES})")
    parser.add_argument("--engine", choices=("auto", "atheris", "builtin"), default="auto")
    parser.add_argument("--crashes", type=Path, default=HERE / "crashes", help="folder for inputs that fail")
    parser.add_argument("--input", type=Path, help="try this input alone, without a fuzzer")
    asked = parser.parse_args()
    if asked.input:
        for target in asked.target:
            module_of(target).target(asked.input.read_bytes())
        return 0
    limits = Limits(asked.seconds, asked.timeout, asked.memory)
    return 0 if fuzz(asked.target or list(TARGETS), _engine(asked.engine), limits, asked.crashes) else 1


if __name__ == "__main__":
    sys.exit(main())
