"""docs/conformance.md and the tests: each row has its tests, each numbered test its row, each cited number a row."""

import ast
import io
import re
import tokenize
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.programs import ROOT

TESTS = ROOT / "tests"
DOCUMENT = (ROOT / "docs" / "conformance.md").read_text()
KEY = r"(?:(?P<letter>[A-Z])(?P<digits>\d+)|`(?P<limit>[\w.]+)`)"
ROW = re.compile(rf"^\| {KEY} \| (?P<text>.+?) \| (?P<tests>.*) \|$", re.MULTILINE)
NUMBERED = re.compile(r"(?:^test|(?<=\d))_([cfgklprstx])(\d{1,2})(?=_)")
CITED = re.compile(r"\b([CFGKLPRSTX])(\d{1,2})\b(?!\.\d)")


class Row(NamedTuple):
    """A row: its number or limit, what it says, and where its tests are."""

    key: str
    text: str
    tests: list[str]


class Proof(NamedTuple):
    """A test by its file below tests/, its name, and the numbers in that."""

    file: str
    name: str
    numbers: frozenset[str]


def row(found: re.Match[str]) -> Row:
    key = found["limit"] or f"{found['letter']}{int(found['digits'])}"
    return Row(key, found["text"], re.findall("`(.+?)`", found["tests"]))


ROWS = [row(found) for found in ROW.finditer(DOCUMENT)]
NUMBERS = {row.key: row for row in ROWS if "." not in row.key}
LIMITS = {row.key: row for row in ROWS if "." in row.key}


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    found = [node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [one for one in found if one.name.startswith("test_")]


FILES = sorted(TESTS.rglob("*.py"))
ALL = [
    Proof(
        str(path.relative_to(TESTS)),
        function.name,
        frozenset(f"{letter.upper()}{int(digits)}" for letter, digits in NUMBERED.findall(function.name)),
    )
    for path in FILES
    if path.name.startswith("test_")
    for function in functions(path)
]
NAMED = {f"{test.file}::{test.name}" for test in ALL}


def test_each_line_of_a_table_is_a_row():
    lines = re.findall(r"^\| (?!number|limit|---).*", DOCUMENT, re.MULTILINE)
    assert len(ROWS) == len({row.key for row in ROWS}) == len(lines)
    assert {key[0] for key in NUMBERS} == set("CFGKLPRSTX")
    assert LIMITS


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.key)
def test_each_row_has_its_tests(row):
    assert row.tests, "no test proves it"
    for where in row.tests:
        if "::" in where:
            assert where in NAMED, where
        else:
            assert any(test.file == where and row.key in test.numbers for test in ALL), where


def test_each_numbered_test_has_its_row():
    missing = [
        f"{test.file}::{test.name}"
        for test in ALL
        for number in test.numbers
        if number not in NUMBERS or not {test.file, f"{test.file}::{test.name}"} & set(NUMBERS[number].tests)
    ]
    assert missing == []


def citations(path: Path) -> set[str]:
    """Return the numbers that the comments and docstrings of a file cite."""
    tokens = tokenize.generate_tokens(io.StringIO(path.read_text()).readline)
    texts = [token.string for token in tokens if token.type == tokenize.COMMENT]
    alone = (node.value for node in ast.walk(tree(path)) if isinstance(node, ast.Expr))
    texts += [one.value for one in alone if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    return {f"{letter}{int(digits)}" for text in texts for letter, digits in CITED.findall(text)}


def test_each_number_that_a_test_cites_has_a_row():
    unknown = {str(path.relative_to(TESTS)): cited - set(NUMBERS) for path in FILES if (cited := citations(path))}
    assert {file: numbers for file, numbers in unknown.items() if numbers} == {}
