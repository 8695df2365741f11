"""What mypy says of a column that reads its record wrongly, and of a table that gets rows of another kind."""

from pathlib import Path

import pytest
from mypy import api

from tests.support.programs import ROOT

HEAD = """
from haproxy_agentx.objects import conventions as tc
from haproxy_agentx.objects.source_objects import SOURCE_TABLE, SourceRow
from haproxy_agentx.objects.declaration import RowColumn, Table, column
from haproxy_agentx.objects.syntax import GAUGE32, TEXT
from haproxy_agentx.objects.tables import row_columns

"""
DECLARED = "one: RowColumn[SourceRow] = column(2, 'haxSourceName', {syntax}, lambda row: {read}, 'The name.')\n"


def complaints(folder: Path, text: str) -> str:
    """Return what mypy prints of a module with this text, an empty text when all is well."""
    path = folder / "declared.py"
    path.write_text(HEAD + text)
    config = ["--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(folder / "cache")]
    printed, errors, status = api.run([*config, "--no-error-summary", "--follow-imports", "silent", str(path)])
    assert not errors
    assert (status != 0) == bool(printed)
    return printed


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("mypy")


def test_mypy_accepts_a_column_that_reads_its_record(folder):
    assert complaints(folder, DECLARED.format(syntax="TEXT", read="row.source.name")) == ""


@pytest.mark.parametrize(
    ("syntax", "read", "why"),
    [
        ("TEXT", "row.source.nmae", "[attr-defined]"),
        ("TEXT", "row.sauce", "[attr-defined]"),
        ("TEXT", "row.source.failures", "[arg-type]"),
        ("GAUGE32", "row.source.name", "[arg-type]"),
        ("tc.SOURCE_STATE", "row.source.kind", "[arg-type]"),
        ("tc.SOURCE_STATE", "row.source.state.name", "[arg-type]"),
    ],
)
def test_mypy_finds_a_mistyped_column(folder, syntax, read, why):
    assert why in complaints(folder, DECLARED.format(syntax=syntax, read=read))


@pytest.mark.parametrize(("row", "is_refused"), [("SourceRow(source, 1.0)", False), ("source", True)])
def test_mypy_refuses_the_rows_of_another_table(folder, row, is_refused):
    text = (
        "from haproxy_agentx.vocabulary.source_record import Source\n"
        f"def rows(source: Source) -> None:\n    row_columns((1,), SOURCE_TABLE, {{(1,): lambda: {row}}})\n"
    )
    assert ("SourceRow" in complaints(folder, text)) == is_refused
