"""``mib``: the module has the root that the daemon serves it at."""

import pytest

from haproxy_agentx.agentx.oid import parse
from haproxy_agentx.cli.main import main
from haproxy_agentx.objects.module import render
from haproxy_agentx.objects.root import ROOT

MOVED, OTHER = "1.3.6.1.4.1.32473.8404", "1.3.6.1.4.1.32473.1"


@pytest.fixture
def config(tmp_path):
    """A configuration with another root."""
    path = tmp_path / "config.yaml"
    path.write_text(f"root: {MOVED}\n")
    return path


@pytest.mark.parametrize(
    ("words", "root"),
    [([], MOVED), (["--root", OTHER], OTHER)],
)
def test_the_root_is_that_of_the_configuration_or_of_the_option(config, capsys, words, root):
    assert main(["mib", "--config", str(config), *words]) == 0
    assert capsys.readouterr().out == render(parse(root))


def test_without_a_root_in_the_configuration_it_is_the_default(config, capsys):
    config.write_text("# nothing is set\n")
    assert main(["mib", "--config", str(config)]) == 0
    assert capsys.readouterr().out == render(ROOT)


def test_with_a_root_the_configuration_is_not_read(config, capsys):
    config.write_text("rot: 1\n")
    assert main(["mib", "--config", str(config), "--root", OTHER]) == 0
    assert capsys.readouterr().out == render(parse(OTHER))


@pytest.mark.parametrize("text", ["rot: 1\n", "root: 1.3.6.1.2.1.1\n", None])
def test_no_module_is_printed_where_the_root_is_not_known(config, capsys, text):
    config.unlink() if text is None else config.write_text(text)
    assert main(["mib", "--config", str(config)]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert str(config) in shown.err
    assert "pass --root OID" in shown.err


@pytest.mark.parametrize("root", ["", "1.2.x"])
def test_a_root_that_is_none(config, capsys, root):
    assert main(["mib", "--config", str(config), "--root", root]) == 2
    assert capsys.readouterr().err.startswith("--root: ")
