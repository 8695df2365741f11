"""What is generated is that of the tables: the MIB module, and parts of the documents."""

import re
import subprocess
import sys

import pytest

from tests.support.programs import ROOT
from tools.documents.__main__ import DOCUMENTS, main
from tools.documents.parts import filled

PARTS = [(name, part) for name, parts in DOCUMENTS.items() for part in parts]


def test_all_files_are_up_to_date(capsys):
    assert main(["--check"]) == 0, capsys.readouterr().out


@pytest.mark.parametrize(("name", "part"), PARTS)
def test_each_part_is_there_once(name, part):
    text = (ROOT / name).read_text()
    assert text.count(DOCUMENTS[name][part]()) == 1
    assert text.count(f"<!-- {part}: ") == text.count(f"<!-- end of {part} -->") == 1


@pytest.mark.parametrize(("name", "part"), PARTS)
def test_a_part_that_is_old_is_renewed(name, part):
    text = (ROOT / name).read_text()
    old = re.sub(rf"(<!-- {part}: [^\n]*\n).*?(\n<!-- end)", r"\1an old table\2", text, count=1, flags=re.DOTALL)
    assert "an old table" in old
    assert filled(old, DOCUMENTS[name]) == text


def test_no_document_has_another_part():
    for file in sorted((ROOT / "docs").rglob("*.md")):
        found = re.findall("<!-- end of (.*?) -->", file.read_text())
        assert set(found) == set(DOCUMENTS.get(str(file.relative_to(ROOT)), {}))


@pytest.mark.parametrize(("arguments", "status"), [(["--check"], 0), (["fill"], 2)])
def test_as_a_program(arguments, status):
    program = [sys.executable, "-m", "tools.documents", *arguments]
    done = subprocess.run(program, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == status, done.stdout
    assert ("usage:" in done.stderr) == (status == 2)
