"""What fuzzing starts from: the SEEDS of each target, and the files in ``corpus/TARGET/``.

SEEDS are made of what real daemons have said (``samples``), of the golden PDUs and of malformed ones that were thought
of. A file in ``corpus`` is what fuzzing has found: an input that was answered wrongly once.
"""

import importlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).parent
CORPUS = HERE / "corpus"
SAMPLES = HERE.parent / "samples" / "haproxy"
TARGETS = tuple(sorted(path.stem for path in (HERE / "targets").glob("[a-z]*.py")))

Target = Callable[[bytes], None]


def samples(name: str, count: int) -> dict[str, bytes]:
    """Give the last ``count`` different answers of real HAProxy that are kept under that file name."""
    found = {path.read_bytes(): f"real {path.parent.name}" for path in sorted(SAMPLES.glob(f"*/{name}"))}
    return {where: text for text, where in list(found.items())[-count:]}


def module_of(target: str) -> ModuleType:
    """Load one of TARGETS, or any other module that has a ``target`` and SEEDS."""
    return importlib.import_module(f"tests.fuzz.targets.{target}" if target in TARGETS else target)


def seeds(target: str) -> dict[str, bytes]:
    """Give the inputs that fuzzing of a target starts from, by name."""
    kept = {path.name: path.read_bytes() for path in sorted((CORPUS / target).glob("[!.]*"))}
    return {**module_of(target).SEEDS, **kept}
