"""The process that tries inputs on one target: worker.py ENGINE SECONDS MEGABYTES FOLDER TARGET.

ENGINE is ``atheris`` (coverage-guided) or ``builtin`` (mutations of the seeds). It ends by itself after SECONDS, and
with FAILED and a traceback when an input fails. FOLDER holds the seeds, and the black box with the input.
"""

import logging
import os
import random
import resource
import sys
import time
import traceback
from pathlib import Path

from tests.fuzz.blackbox import BlackBox
from tests.fuzz.mutate import mutated
from tests.fuzz.seeds import TARGETS, Target, module_of

FAILED = 99
MAX_OCTETS = 8192
"""Octets of an input that is made here: the length of a real answer to ``show stat``, and some."""


def main() -> None:
    engine, seconds, megabytes, folder, name = sys.argv[1:]
    logging.disable()
    resource.setrlimit(resource.RLIMIT_AS, (int(megabytes) << 20,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    {"atheris": run_atheris, "builtin": run_builtin}[engine](name, int(seconds), Path(folder))


def watched(target: Target, folder: Path) -> Target:
    """Give the target with its inputs in the black box, and with an end at the first failure."""
    box = BlackBox(folder / "blackbox")

    def one(data: bytes) -> None:
        box.begin(data)
        try:
            target(data)
        except BaseException:  # noqa: BLE001  whatever it is, it is not what the target documents
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(FAILED)
        box.end()

    return one


def run_builtin(name: str, seconds: int, folder: Path) -> None:
    end = time.monotonic() + seconds
    one = watched(module_of(name).target, folder)
    seeds = [path.read_bytes() for path in sorted((folder / "seeds").iterdir())] or [b""]
    for seed in seeds:
        one(seed)
    chance = random.Random()
    while time.monotonic() < end:
        one(mutated(seeds, chance, MAX_OCTETS))


def run_atheris(name: str, seconds: int, folder: Path) -> None:
    import atheris  # noqa: PLC0415  not every Python has it

    with atheris.instrument_imports(include=["haproxy_agentx", *({name} - set(TARGETS))]):
        target = module_of(name).target
    (folder / "found").mkdir()
    options = {
        "max_total_time": seconds,
        "max_len": MAX_OCTETS,
        "rss_limit_mb": 0,  # setrlimit does it
        "timeout": 3600,  # whoever watches does it
        "artifact_prefix": f"{folder}/",
    }
    arguments = [f"-{option}={value}" for option, value in options.items()]
    atheris.Setup(
        [name, *arguments, str(folder / "found"), str(folder / "seeds")],
        watched(target, folder),
        enable_python_coverage=True,
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
