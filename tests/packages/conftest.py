"""The packages, made for the tests, and how a program is run to its end."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.packages.programs import MAKERS, VERSION, run
from tests.support.programs import ROOT


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> dict[str, list[Path]]:
    """Each package, made in two clones of different age, owner's umask and name."""

    def build(kind: str, name: str, umask: int) -> Path:
        clone = tmp_path_factory.mktemp(kind) / name
        run("git", "-c", "safe.directory=*", "clone", "--quiet", "--no-hardlinks", ROOT, clone)
        previous = os.umask(umask)
        try:
            run(clone / "packaging" / MAKERS[kind], VERSION)
        finally:
            os.umask(previous)
        (package,) = (clone / "dist").iterdir()
        return package

    found: dict[str, list[Path]] = {}
    for kind in MAKERS:
        with ThreadPoolExecutor() as pool:
            found[kind] = list(pool.map(build, (kind, kind), ("a", "a-clone-of-another-name"), (0o022, 0o027)))
    return found
