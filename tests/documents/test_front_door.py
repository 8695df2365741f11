"""How one begins to work on it: locked packages, the marks of the tests, and what CI and git run."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.programs import ROOT
from tests.support.unprivileged import NOBODY
from tests.support.wait import HANG

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = {name: (ROOT / "requirements" / f"{name}.txt").read_text() for name in ("dev", "run")}
WORKFLOW = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = {word for line in re.findall(r"^([a-z][a-z -]*):", MAKEFILE, re.MULTILINE) for word in line.split()}
SESSIONS = {
    node.name
    for node in ast.parse((ROOT / "noxfile.py").read_text()).body
    if isinstance(node, ast.FunctionDef) and node.decorator_list
}


def group(name: str) -> list[str]:
    """Return the requirements of a dependency group, with those of the groups that it includes."""
    found = []
    for one in PROJECT["dependency-groups"][name]:
        found += [one] if isinstance(one, str) else group(one["include-group"])
    return found


def locked(text: str) -> dict[str, str]:
    """Return the versions of a lock file by name; the name as PyPI has it."""
    found = re.findall(r"^([\w.-]+)==([\w.]+)", text, re.MULTILINE)
    return {canonicalize_name(name): version for name, version in found}


def commands() -> list[str]:
    """Return the commands of the workflow, with each value of its matrix."""
    found = []
    for job in WORKFLOW["jobs"].values():
        matrix = job.get("strategy", {}).get("matrix", {})
        for step in job["steps"]:
            texts = [step["run"]] if "run" in step else []
            for key, values in matrix.items():
                place = f"${{{{ matrix.{key} }}}}"
                texts = [text.replace(place, value) for text in texts for value in (values if place in text else [""])]
            found += texts
    return found


@pytest.mark.parametrize(("name", "groups"), [("dev", ["dev"]), ("run", ["build"])])
def test_what_is_asked_for_is_locked(name, groups):
    versions = locked(LOCKS[name])
    wanted = [*PROJECT["project"]["dependencies"], *(one for each in groups for one in group(each))]
    for requirement in map(Requirement, wanted):
        version = versions[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), (str(requirement), version)


def test_the_locks_agree():
    dev, run = map(locked, (LOCKS["dev"], LOCKS["run"]))
    assert {name: dev[name] for name in run} == run


# pip installs with --require-hashes only what has one; a lock that names an index binds whoever uses it to that index.
@pytest.mark.parametrize("name", LOCKS)
def test_each_locked_package_has_hashes_and_no_index(name):
    entries = re.split(r"^(?=\w)", LOCKS[name], flags=re.MULTILINE)
    assert entries[0] == ""
    for entry in entries[1:]:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\n", entry), entry
    assert not re.search(r"://|--\w*(index|find-links)", LOCKS[name])


@pytest.mark.parametrize("command", commands())
def test_the_workflow_runs_what_exists(command):
    words = command.removeprefix("sudo ").split()
    if words[0] == "make":
        assert words[1] in TARGETS
    elif words[:3] == ["python", "-m", "nox"]:
        assert set(words[4:]) <= SESSIONS
    elif words[:4] == ["python", "-m", "pip", "install"]:
        assert (ROOT / words[-1]).is_file()
    else:
        assert os.access(ROOT / words[0], os.X_OK)


def test_the_workflow_runs_what_has_to_pass():
    made = {command.removeprefix("sudo ").split()[1] for command in commands() if "make " in command}
    assert made >= {"check", "unit", "cost", "test", "lab"}
    assert any(set(command.split()) >= SESSIONS for command in commands())


def test_git_runs_the_sessions():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert [repo["repo"] for repo in hooks] == ["local"]
    assert {hook["entry"] for hook in hooks[0]["hooks"]} == {f"nox --session {name}" for name in SESSIONS}


# A test without the mark that needs root would fail for who has none, and one with it would not be seen there.
def test_what_is_not_selected_is_what_needs_the_system():
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "-m", "not system"]
    chosen = subprocess.run(
        [*command, "tests/lab", "tests/zoo", "tests/vocabulary/test_url.py"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=4 * HANG,
    )  # fmt: skip
    files = {line.partition("::")[0] for line in chosen.stdout.splitlines() if "::" in line}
    assert not chosen.returncode, chosen.stdout
    assert "tests/lab/test_lab.py" not in files
    assert files >= {"tests/zoo/test_judge.py", "tests/vocabulary/test_url.py"}


@pytest.mark.system
@pytest.mark.parametrize("owner", [0, NOBODY])
def test_what_root_makes_belongs_to_the_owner_of_the_tree(tmp_path, owner):
    tree = tmp_path / "tree"
    (tree / "tools").mkdir(parents=True)
    shutil.copy(ROOT / "tools" / "as-owner", tree / "tools")
    os.chown(tree, owner, owner)
    command = [tree / "tools" / "as-owner", "sh", "-c", "id -u && id -g && id -G"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == {str(owner)}


def test_no_target_changes_the_owner_of_the_tree():
    assert "chown" not in MAKEFILE
