"""Programs of this machine, run to their end."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from integration.netlab.waiting import LabError


def run(
    *argv: str,
    check: bool = True,
    seconds: float = 30.0,
    extra: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a program. LabError with its output where it fails (with check), is not there or does not end."""
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
            env={**os.environ, **(extra or {})},
            cwd=folder,
        )
    except FileNotFoundError:
        raise LabError(f"no program '{argv[0]}': tools/install-packages lab") from None
    except subprocess.TimeoutExpired:
        raise LabError(f"not within {seconds:g} s: {' '.join(argv)}") from None
    if check and done.returncode:
        raise LabError(f"exit {done.returncode}: {' '.join(argv)}\n{done.stdout}{done.stderr}".rstrip())
    return done
