"""``maintenance``: what is ordered wrongly. What it does is tested in tests/monitor and tests/lab."""

import pytest

from haproxy_agentx.cli.main import main
from tests.support.fake_daemon import FakeDaemon


@pytest.mark.parametrize("length", ["1x", "", "nan", "0", "9" * 30])
def test_a_wrong_length_is_a_wrong_usage(length, tmp_path, capsys):
    daemon = FakeDaemon(tmp_path)
    assert main(["maintenance", "on", "--for", length, "--config", str(daemon.config)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("--for: ")
    assert said.count("\n") == 1


def test_without_a_daemon_it_fails(tmp_path, capsys):
    assert main(["maintenance", "on", "--config", str(FakeDaemon(tmp_path).config)]) == 1
    assert "is not running here" in capsys.readouterr().err
