"""Which codes are muted, and until when: a file of JSON beside the store.

A muted finding is shown, and counts for nothing.
"""

import json
import os
import time
from pathlib import Path

NAME = "doctor-muted.json"


def path_of(store: str) -> Path:
    """Return the file, which is in the folder of the store."""
    return Path(store).with_name(NAME)


def muted(file: Path) -> dict[str, float]:
    """Return until when each code is muted, in seconds since 1970. A file that is none mutes nothing."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    now = time.time()
    whole = found if isinstance(found, dict) else {}
    return {str(code): float(until) for code, until in whole.items() if isinstance(until, int | float) and until > now}


def mute(file: Path, code: str, seconds: float) -> None:
    """Mute a code; with 0 seconds it is heard again. Raises OSError."""
    known = {**muted(file), code: time.time() + seconds}
    if not seconds:
        del known[code]
    new = file.with_suffix(".new")
    new.write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")
    os.replace(new, file)  # noqa: PTH105  in one step
