"""The contract of the modules with IO: what a pure module reaches is pure."""

import grimp
import pytest

from tools.purity import problems_of

IO = {"app.reader", "app.cli.*"}
PURE = {"enum"}


def graph(*imports: tuple[str, str]) -> grimp.ImportGraph:
    made = grimp.ImportGraph()
    for name in ("app", "app.model", "app.reader", "app.cli", "app.cli.main"):
        made.add_module(name)
    for name in ("enum", "os"):
        made.add_module(name, is_squashed=True)
    for importer, imported in (("app.reader", "os"), ("app.cli.main", "app.reader"), ("app.model", "enum"), *imports):
        made.add_import(importer=importer, imported=imported, line_number=7, line_contents="")
    return made


def test_listed_modules_and_packages_do_io():
    assert list(problems_of(graph(("app.cli.main", "os"), ("app.reader", "app.model")), IO, PURE)) == []


@pytest.mark.parametrize(
    ("importer", "imported"),
    [("app.model", "os"), ("app.model", "app.reader"), ("app.model", "app.cli.main"), ("app.cli", "os")],
)
def test_what_is_not_listed_reaches_no_io(importer, imported):
    [problem] = problems_of(graph((importer, imported)), IO, PURE)
    assert problem.startswith(f"{importer} imports {imported} (line 7): ")


@pytest.mark.parametrize("entry", ["app.model", "app.gone", "app.reader.*"])
def test_an_entry_without_need_is_reported(entry):
    assert list(problems_of(graph(), {*IO, entry}, PURE)) == [f"{entry} needs no IO: remove it from io"]
