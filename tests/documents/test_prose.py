"""The prose check: what it finds, what it leaves out, and that what it lists is clean."""

import pytest

from tests.support.programs import ROOT
from tools.check_prose import PACKAGES, WORDS, Finding, found, in_python, texts, without_code


def words(findings):
    return [(finding.line, finding.word) for finding in findings]


def test_what_is_checked_is_clean():
    assert list(texts(PACKAGES)) == []


def test_what_is_checked_exists():
    assert all((ROOT / name).exists() for name in PACKAGES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It tells the manager.", [(1, "tells")]),
        ("a\nIt is kept for\never, and told.", [(2, "for\never".replace("\n", " ")), (3, "told")]),
        ("Nobody, whoever: mind: this.", [(1, "Nobody"), (1, "whoever"), (1, "mind:")]),
        ("An intellect, a farmer, a reminder: everything is well.", []),
    ],
)
def test_words_are_found_whole_and_over_line_ends(text, expected):
    assert words(found("x", text)) == expected


def test_code_of_a_document_is_left_out():
    document = "a\n```\nnobody\n```\n`tell` told\n\n    nobody\n    tell\n\ntells\n"
    assert words(found("x", without_code(document))) == [(5, "told"), (10, "tells")]


def test_docstrings_and_messages_of_python_are_checked():
    source = '"""Give it."""\nNAME = "told"\nraise ValueError("a is told")\n\n\ndef f():\n    """Tell ``nobody``."""\n'
    assert {(finding.line, finding.word) for finding in in_python("x", source)} == {
        (1, "Give"),
        (3, "told"),
        (6, "Tell"),
        (7, "Tell"),
    }


def test_each_word_has_a_better_one():
    assert all(WORDS.values())
    assert next(found("x", "told")) == Finding("x", 1, "told", WORDS["(un)?told|tell(s|ing)?"])
