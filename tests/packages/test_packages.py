"""`make deb` and `make rpm`: the same octets each time, no error of lintian and rpmlint, and they run unpacked."""

import argparse
import gzip
import subprocess
from pathlib import Path

import pytest

from haproxy_agentx import __version__
from haproxy_agentx.cli.main import _parser
from tests.packages.programs import MAKERS, run

pytestmark = [pytest.mark.system, pytest.mark.timeout(1800)]


@pytest.mark.parametrize("kind", MAKERS)
def test_two_builds_are_the_same_octets(made, kind):
    first, second = made[kind]
    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()


def test_lintian_finds_no_error(made):
    run("lintian", "--allow-root", "--fail-on", "error", made["deb"][0])


def test_rpmlint_finds_no_error(made):
    done = subprocess.run(["rpmlint", made["rpm"][0]], capture_output=True, text=True, check=False)
    errors = [line for line in done.stdout.splitlines() if ": E: " in line]
    assert [line for line in errors if not any(known in line for known in EXPECTED)] == []


EXPECTED = (
    "no-signature",
    "no-packager-tag",
    "no-group-tag",
    "non-executable-script /usr/lib/haproxy-agentx/lib/",
)
"""Errors that do not fit: who releases a package signs it; groups are obsolete; libraries have a file with a `#!`."""


@pytest.fixture
def unpacked(made, tmp_path) -> dict[str, Path]:
    for kind in MAKERS:
        (tmp_path / kind).mkdir()
    run("dpkg-deb", "--extract", made["deb"][0], tmp_path / "deb")
    with (tmp_path / "payload").open("wb") as payload:
        subprocess.run(["rpm2cpio", made["rpm"][0]], stdout=payload, check=True)
    with (tmp_path / "payload").open("rb") as payload:
        subprocess.run(["cpio", "-idm", "--quiet"], stdin=payload, cwd=tmp_path / "rpm", check=True)
    return {kind: tmp_path / kind for kind in MAKERS}


@pytest.mark.parametrize("kind", MAKERS)
def test_the_program_runs_with_what_the_package_has(unpacked, kind):
    home = unpacked[kind] / "usr/lib/haproxy-agentx"
    python = home / "bin/python"
    assert run(python, "-I", "-m", "haproxy_agentx", "--version").split() == ["haproxy-agentx", __version__]
    where = run(python, "-I", "-c", "import haproxy_agentx, pysnmp, requests, yaml, uvloop; print(pysnmp.__file__)")
    assert where.startswith(str(home))


@pytest.mark.parametrize("kind", MAKERS)
def test_each_command_is_in_the_manual_page_and_the_completion(unpacked, kind):
    share = unpacked[kind] / "usr" / "share"
    manual = gzip.decompress((share / "man/man1/haproxy-agentx.1.gz").read_bytes()).decode().replace("\\", "")
    bash = (share / "bash-completion/completions/haproxy-agentx").read_text()
    zsh = next((share / "zsh").rglob("_haproxy-agentx")).read_text()  # in another folder for each kin
    commands = next(one.choices for one in _parser()._actions if isinstance(one, argparse._SubParsersAction))
    assert len(commands) > 10
    for name, command in commands.items():
        assert f"'haproxy-agentx {name}'" in manual, name
        options = {option for action in command._actions for option in action.option_strings} - {"-h", "--help"}
        assert [option for option in options if option not in manual or option not in zsh] == [], name
        variable = f"_{name.replace('-', '_')}_option_strings=("
        (words,) = [line.partition(variable)[2].strip(")").split() for line in bash.splitlines() if variable in line]
        assert [option for option in options if option not in words] == [], name


@pytest.mark.parametrize("kind", MAKERS)
def test_what_is_installed(unpacked, kind):
    root = unpacked[kind]
    for path in (
        "usr/bin/haproxy-agentx",
        "usr/lib/systemd/system/haproxy-agentx.service",
        "usr/lib/systemd/system/haproxy-agentx.socket",
        "usr/lib/systemd/system/keepalived.service.d/haproxy-agentx.conf",
        "usr/lib/sysusers.d/haproxy-agentx.conf",
        "usr/lib/systemd/catalog/haproxy-agentx.catalog",
        "usr/lib/tmpfiles.d/haproxy-agentx.conf",
        "usr/share/snmp/mibs/HAPROXY-AGENTX-MIB.txt",
        "usr/share/man/man1/haproxy-agentx.1.gz",
        "usr/share/bash-completion/completions/haproxy-agentx",
        "usr/share/doc/haproxy-agentx/sbom.cdx.json",
        "etc/haproxy-agentx/config.yaml",
    ):
        assert (root / path).is_file(), path
    unit = (root / "usr/lib/systemd/system/haproxy-agentx.service").read_text()
    assert "ExecStart=/usr/bin/haproxy-agentx run\n" in unit
    assert "/opt/" not in unit
    files = [path for path in root.rglob("*") if path.is_file() and not path.is_symlink()]
    assert not [path for path in files if path.stat().st_mode & 0o022], "others may write"
    assert not list(root.rglob("__pycache__"))
