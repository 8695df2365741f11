"""Files with secrets that others can read or write."""

import os
import subprocess

import pytest

from haproxy_agentx.cli.check_config import check_config
from haproxy_agentx.config import parse
from haproxy_agentx.config.secret_files import exposures, named_files


@pytest.fixture
def folder(tmp_path):
    """A folder below which nothing is open to all, but what a test opens."""
    for parent in (tmp_path, *tmp_path.parents):
        assert not parent.stat().st_mode & 0o002 or parent.stat().st_mode & 0o1000
    return tmp_path


def config(path):
    return parse(f"keepalived: {{snmp: {{community_file: '{path}'}}}}", "config.yaml")


@pytest.mark.parametrize("mode", range(0o600, 0o1000))
def test_every_mode(folder, mode):
    path = folder / "community"
    path.touch()
    path.chmod(mode)
    found = exposures(config(path))
    expected = "write it" if mode & 0o2 else "read the secret" if mode & 0o4 else None
    assert [one.why.removeprefix("everybody on this machine can ") for one in found] == ([expected] if expected else [])
    assert [one.writable for one in found] == ([bool(mode & 0o2)] if expected else [])


def test_the_remedy_mends_it(folder):
    path = folder / "community"
    path.touch(0o666)
    path.chmod(0o666)
    (found,) = exposures(config(path))
    subprocess.run(["sh", "-ec", found.remedy.replace("chgrp haproxy-agentx", f"chgrp {os.getgid()}")], check=True)
    assert exposures(config(path)) == ()


def test_a_folder_that_everybody_may_write_to(folder):
    open_folder = folder / "open"
    open_folder.mkdir()
    path = open_folder / "community"
    path.touch(0o600)
    open_folder.chmod(0o777)
    (found,) = exposures(config(path))
    assert found.writable
    assert found.remedy == f"chmod o-w {open_folder}"
    open_folder.chmod(0o1777)
    assert exposures(config(path)) == ()


def test_what_is_not_there_is_not_exposed(folder):
    assert exposures(config(folder / "nowhere")) == ()


def test_a_certificate_is_no_secret_but_nobody_else_may_write_it(folder):
    path = folder / "ca.pem"
    path.touch()
    read = parse(f"haproxy: [{{stats: 'https://h/s', ca_file: '{path}'}}]", "config.yaml")
    path.chmod(0o644)
    assert exposures(read) == ()
    path.chmod(0o646)
    assert [one.writable for one in exposures(read)] == [True]


def test_every_key_that_names_a_file_is_looked_at():
    text = """
    haproxy: [{stats: 'https://h/s', username: u, password_file: /p, ca_file: /c}]
    keepalived: {snmp: {v3: {user: u, auth_file: /a, priv_file: /b}}}
    """
    found = [(one.key, one.path, one.secret) for one in named_files(parse(text, "config.yaml"))]
    assert found == [
        ("haproxy[0].password_file", "/p", True),
        ("haproxy[0].ca_file", "/c", False),
        ("keepalived.snmp.v3.auth_file", "/a", True),
        ("keepalived.snmp.v3.priv_file", "/b", True),
    ]


def test_check_config_warns(folder, capsys):
    path = folder / "community"
    path.touch()
    path.chmod(0o644)
    file = folder / "config.yaml"
    file.write_text(f"keepalived: {{snmp: {{community_file: '{path}'}}}}\n")
    assert check_config(str(file)) == 0
    assert f"warning: keepalived.snmp.community_file: {path}: everybody on this machine can read the secret: " in (
        capsys.readouterr().out
    )
