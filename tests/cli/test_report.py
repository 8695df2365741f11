"""``report``: one file, for its owner alone, with what there is."""

import errno
import json
import os
import tarfile

import pytest

from haproxy_agentx.cli.main import main
from tests.support.fake_daemon import FakeDaemon


def bundle(path):
    """Return the files of a bundle, by their names without its folder."""
    with tarfile.open(path) as found:
        modes = {member.mode for member in found}
        assert modes == {0o600}
        return {name.partition("/")[2]: found.extractfile(name).read().decode() for name in found.getnames()}


pytestmark = pytest.mark.system  # it asks the programs for their versions


@pytest.fixture
def daemon(tmp_path):
    return FakeDaemon(tmp_path)


def test_with_a_daemon(daemon, tmp_path, capsys):
    secret = tmp_path / "community"
    secret.write_text("Geheim99\n")
    with daemon.config.open("a") as file:
        file.write(f"keepalived: {{snmp: {{address: '127.0.0.1:1', community_file: {secret}}}}}\n")
    daemon.state = {**daemon.state, "note": "Geheim99 is refused"}
    with daemon.running():
        assert main(["report", "--config", str(daemon.config), "--to", str(tmp_path / "r.tar.gz")]) == 0
    assert (tmp_path / "r.tar.gz").stat().st_mode & 0o777 == 0o600
    files = bundle(tmp_path / "r.tar.gz")
    assert json.loads(files["status.json"])["version"] == daemon.state["version"]
    assert "events" in json.loads(files["events.json"])
    assert str(secret) in files["config.yaml"]
    assert "haproxy-agentx: " in files["versions.txt"]
    assert "Geheim99" not in "".join(files.values())
    assert "read it before you pass it on" in capsys.readouterr().out


def test_without_a_daemon_it_says_so_inside_too(daemon, tmp_path, capsys):
    assert main(["report", "--config", str(daemon.config), "--to", str(tmp_path / "r.tar.gz")]) == 0
    assert "not in it: status: " in capsys.readouterr().out
    files = bundle(tmp_path / "r.tar.gz")
    assert "is not running here" in files["missing.txt"]
    assert "status.json" not in files


def test_a_file_that_exists_is_not_written_over(daemon, tmp_path, capsys):
    file = tmp_path / "r.tar.gz"
    file.write_text("kept")
    assert main(["report", "--config", str(daemon.config), "--to", str(file)]) == 1
    assert file.read_text() == "kept"
    assert "File exists: pass --to FILE" in capsys.readouterr().err


def test_what_a_link_points_to_is_not_written(daemon, tmp_path):
    file = tmp_path / "r.tar.gz"
    file.symlink_to(tmp_path / "elsewhere")
    assert main(["report", "--config", str(daemon.config), "--to", str(file)]) == 1
    assert not (tmp_path / "elsewhere").exists()


def test_a_part_of_a_report_is_not_left(daemon, tmp_path, capsys, monkeypatch):
    def add(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tarfile.TarFile, "addfile", add)
    file = tmp_path / "r.tar.gz"
    assert main(["report", "--config", str(daemon.config), "--to", str(file)]) == 1
    assert not file.exists()
    assert "No space left on device" in capsys.readouterr().err
