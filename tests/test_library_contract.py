"""The contract of the engine: what a library imports is itself, and what is listed."""

import grimp
import pytest

from tools.library import problems_of

NEEDS = {"enum", "socket"}


def graph(*imports: tuple[str, str]) -> grimp.ImportGraph:
    made = grimp.ImportGraph()
    for name in ("app", "app.model", "app.engine", "app.engine.codec"):
        made.add_module(name)
    for name in ("enum", "os", "socket"):
        made.add_module(name, is_squashed=True)
    usual = [("app.engine.codec", "enum"), ("app.engine", "socket"), ("app.engine", "app.engine.codec")]
    for importer, imported in (*usual, ("app.model", "app.engine"), ("app.model", "os"), *imports):
        made.add_import(importer=importer, imported=imported, line_number=7, line_contents="")
    return made


def test_a_library_imports_itself_and_what_is_listed():
    assert list(problems_of(graph(), "app.engine", NEEDS)) == []


@pytest.mark.parametrize(("importer", "imported"), [("app.engine.codec", "os"), ("app.engine", "app.model")])
def test_it_imports_nothing_else(importer, imported):
    [problem] = problems_of(graph((importer, imported)), "app.engine", NEEDS)
    assert problem.startswith(f"{importer} imports {imported} (line 7): ")


def test_an_entry_that_nothing_imports_is_reported():
    [problem] = problems_of(graph(), "app.engine", {*NEEDS, "os"})
    assert problem == "nothing in app.engine imports os: remove it from needs"
