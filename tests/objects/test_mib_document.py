"""docs/mib.md has every object of the module, as it is declared."""

import re
import xml.etree.ElementTree as ET

import pytest

from haproxy_agentx.agentx import oid as oids
from haproxy_agentx.objects import schema
from tests.support import mibs
from tools.documents.mib import PARTS, _plain


def rows(part: str) -> list[list[str]]:
    """The rows of all tables of a part, without their heads, as they read."""
    lines = (line for line in part.splitlines() if line.startswith("| ") and not line.startswith(("| ---", "| OID")))
    return [[re.sub(r"\\(.)", r"\1", cell) for cell in re.split(r"(?<!\\) \| ", line[2:-2])] for line in lines]


# The module as libsmi reads it, not the declaration that both were made from.
@pytest.mark.parametrize(("part", "kinds"), [("objects", ("scalar", "column")), ("notifications", ("notification",))])
@pytest.mark.system
def test_the_document_says_what_the_module_says(part, kinds):
    root = oids.dotted(schema.ROOT)
    said = {row[1]: (row[0], row[-1], row[3] if part == "objects" else "") for row in rows(PARTS[part]())}
    assert said == {
        node.attrib["name"]: (
            node.attrib["oid"].removeprefix(root),
            " ".join(node.findtext("description", "").split()),
            node.findtext("units") or "",
        )
        for node in declared(kinds)
    }


def declared(kinds: tuple[str, ...]) -> list[ET.Element]:
    tree = mibs.parsed(mibs.MODULE)
    return [node for kind in kinds for node in tree.iter(kind)]


def test_each_table_has_its_place_in_the_tree_and_its_heading():
    numbers = {name.partition("]")[0].removeprefix("["): number for number, name, *_ in rows(PARTS["tree"]())}
    headings = re.findall(r"^### (\w+)$", PARTS["objects"](), re.MULTILINE)
    assert headings == ["haxAgent", *(table.name for table in schema.TABLES)]
    for table in schema.TABLES:
        assert numbers[table.name] == f".1.{table.sub_id}"


def test_each_convention_has_its_values():
    said = {row[0]: row[2] for row in rows(PARTS["conventions"]()) if row[0] != "name"}
    assert said == {
        one.name: ", ".join(f"{label}({number})" for label, number in (one.labels or {}).items())
        for one in schema.CONVENTIONS
    }


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a_b <c> | [d]", r"a\_b \<c\> \| \[d\]"), ("as `a_b|c` and 2*3", r"as `a_b\|c` and 2\*3"), ("", "")],
)
def test_a_description_reads_the_same_in_the_document(text, shown):
    assert _plain(text) == shown
