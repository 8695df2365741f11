"""The corpus through every target, and a runner that finds what is planted."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.mutate import mutated
from tests.fuzz.seeds import CORPUS, HERE, TARGETS, module_of, seeds

ROOT = HERE.parent.parent
PLANTED = {
    "an exception": ("raise IndexError('planted')", "IndexError: planted"),
    "a hang": ("while True: pass", "longer than 1 s"),
    "a hang in C": ("import re; re.match(b'(a*)*b', b'a' * 64)", "longer than 1 s"),
    "memory": ("bytearray(3 << 30)", "MemoryError"),
    "a dead process": ("import os; os.kill(os.getpid(), 9)", "status -9"),
    "an exit": ("raise SystemExit", "SystemExit"),
}
MODULE = """\
SEEDS = {{"near": b"bu?"}}


def target(data):
    if data[:3] == b"bug":
        {statement}
"""


def run(*arguments: object, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the runner, which also finds the modules in ``path``."""
    return subprocess.run(
        [sys.executable, "-m", "tests.fuzz.run", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(path or "")},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


@pytest.mark.parametrize("name", TARGETS)
def test_the_corpus(name: str):
    target = module_of(name).target
    tried = seeds(name)
    assert len(tried) > 5
    for seed, data in tried.items():
        try:
            target(data)
        except Exception as error:
            error.add_note(f"seed {seed!r} of the target {name}: {data!r}")
            raise


@pytest.mark.parametrize("name", TARGETS)
def test_some_mutations(name: str):
    target = module_of(name).target
    chance = random.Random(name)
    tried = list(seeds(name).values())
    for _ in range(50):
        data = mutated(tried, chance, 2048)
        try:
            target(data)
        except Exception as error:
            error.add_note(f"target {name}: {data!r}")
            raise


def test_kept_inputs_belong_to_a_target():
    assert {path.name for path in CORPUS.iterdir()} <= set(TARGETS)


@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_bug_is_found(tmp_path: Path, kind: str):
    statement, reported = PLANTED[kind]
    (tmp_path / "planted.py").write_text(MODULE.format(statement=statement))
    options = ("--engine", "builtin", "--timeout", 1, "--crashes", tmp_path / "crashes")

    found = run("--seconds", 60, *options, "planted", path=tmp_path)

    assert found.returncode == 1, found.stdout + found.stderr
    assert reported in found.stdout
    (kept,) = (tmp_path / "crashes").iterdir()
    assert kept.read_bytes()[:3] == b"bug"
    assert f"python -m tests.fuzz.run --input {kept} planted" in found.stdout


# With atheris where it is installed: it is the engine that `make fuzz` takes then.
def test_a_planted_bug_is_found_by_the_best_engine(tmp_path: Path):
    (tmp_path / "planted.py").write_text(MODULE.format(statement="raise IndexError('planted')"))
    before = set(ROOT.iterdir())

    found = run("--seconds", 60, "--crashes", tmp_path / "crashes", "planted", path=tmp_path)

    assert found.returncode == 1, found.stdout + found.stderr
    (kept,) = (tmp_path / "crashes").iterdir()
    assert kept.read_bytes()[:3] == b"bug"
    assert not [path for path in set(ROOT.iterdir()) - before if path.name.startswith(("crash-", "oom-"))]
    again = run("--input", kept, "planted", path=tmp_path)
    assert again.returncode == 1
    assert "IndexError: planted" in again.stderr


def test_without_a_bug_it_says_so(tmp_path: Path):
    found = run("--seconds", 1, "--engine", "builtin", "--crashes", tmp_path / "crashes", "oid", "status")

    assert found.returncode == 0, found.stdout + found.stderr
    assert sorted(line.split()[0] for line in found.stdout.splitlines()) == ["oid", "status"]
    assert all(line.endswith("ok") for line in found.stdout.splitlines())
    assert not (tmp_path / "crashes").exists()


def test_without_atheris_it_says_so(tmp_path: Path):
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['atheris'] = None\n")

    found = run("--seconds", 1, "oid", path=tmp_path)

    assert found.returncode == 0, found.stdout + found.stderr
    assert "atheris is not installed" in found.stdout
    assert "seeds  ok" in found.stdout
