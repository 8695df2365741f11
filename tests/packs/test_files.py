"""The generated files: those of the tree are up to date, follow another root, and are what their formats want."""

import subprocess
import sys

import pytest

from haproxy_agentx.agentx.oid import dotted
from integration.packs.files import FOLDER, rendered, source
from integration.packs.mib import Mib
from tests.support.programs import ROOT

OTHER_ROOT = (1, 3, 6, 1, 4, 1, 32473, 8404)
FILES = rendered(source())
MOVED = rendered(source(OTHER_ROOT, "https://example.org/operations.md"))


@pytest.mark.parametrize("path", FILES)
def test_a_file_of_the_tree_is_up_to_date(path):
    assert (FOLDER / path).read_text() == FILES[path], "run `make packs-write`"


def test_the_folder_has_no_other_files():
    there = {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file()}
    assert there - FILES.keys() == {"README.md"}


@pytest.mark.parametrize("path", MOVED)
def test_a_moved_root_moves_each_oid(path):
    assert Mib().base not in MOVED[path]
    assert (dotted(OTHER_ROOT) in MOVED[path]) == (Mib().base in FILES[path])


def test_the_address_of_the_documents_can_be_set():
    assert any("https://example.org/operations.md#health-blackhole" in text for text in MOVED.values())
    assert not any("docs/operations.md#" in text for text in MOVED.values())


def test_the_command_writes_them(tmp_path):
    command = [sys.executable, "-m", "integration.packs", "--root", dotted(OTHER_ROOT), "--to", str(tmp_path)]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
    written = {str(path.relative_to(tmp_path)): path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    assert written == dict(rendered(source(OTHER_ROOT)))
