"""The module file and the declaration are the same, as two independent SMI parsers read it (RFC 2578-2580)."""

import re
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest

from haproxy_agentx.agentx import oid as oids
from haproxy_agentx.objects import module, schema
from haproxy_agentx.objects.smi import anchor, quoted
from tests.support import mibs
from tests.support.programs import ROOT
from tests.support.root_literals import PLAYPEN

OTHER_ROOTS = ["1.3.6.1.4.1.64512", "1.3.6.1.4.1.64512.5.6", "1.3.6.1.3.8404", "1.3.7.2"]


@pytest.fixture(scope="module")
def tree() -> ET.Element:
    return mibs.parsed(mibs.MODULE)


def cells() -> Iterator[tuple[str, schema.Column]]:
    """Every column with its dotted OID, index columns included."""
    for table in schema.TABLES:
        for column in table.defined:
            yield oids.dotted(schema.column_oid(table, column)), column


def syntax_of(node: ET.Element) -> str:
    """The syntax of an object as smidump tells it, written as in SMI."""
    inner = node.find("syntax")
    assert inner is not None
    if (named := inner.find("type")) is not None:
        return named.attrib["name"]
    own = inner.find("typedef")
    assert own is not None
    ranges = [f"({limit.attrib['min']}..{limit.attrib['max']})" for limit in own.findall("range")]
    return " ".join([own.attrib["basetype"], *ranges])


def found(tree: ET.Element, kind: str) -> dict[str, tuple[str, str, str, str | None]]:
    return {
        node.attrib["name"]: (
            node.attrib["oid"],
            syntax_of(node),
            node.findtext("access", ""),
            node.findtext("units"),
        )
        for node in tree.iter(kind)
    }


def test_the_committed_file_is_the_rendered_declaration():
    assert mibs.MODULE.read_text() == module.render(), "make mib"


# RFC 4181: level 6 of smilint is the reviewer's bar.
@pytest.mark.system
def test_the_file_is_clean():
    assert mibs.lint(mibs.MODULE) == ""


@pytest.mark.system
def test_the_gate_sees_a_mistake(tmp_path):
    broken = tmp_path / mibs.MODULE.name
    broken.write_text(module.render().replace("haxServerStatus OBJECT-TYPE", "haxServerStatos OBJECT-TYPE"))
    assert "haxServerStat" in mibs.lint(broken)


@pytest.mark.system
def test_columns(tree):
    access = {"read-only": "readonly", "not-accessible": "noaccess"}
    assert found(tree, "column") == {
        column.name: (oid, column.syntax.name, access[column.access], column.units) for oid, column in cells()
    }


@pytest.mark.system
def test_scalars(tree):
    assert found(tree, "scalar") == {
        scalar.name: (oids.dotted(schema.scalar_oid(scalar)), scalar.syntax.name, "readonly", scalar.units)
        for scalar in schema.SCALARS
    }


@pytest.mark.system
def test_tables_and_their_indexes(tree):
    assert {node.attrib["name"]: node.attrib["oid"] for node in tree.iter("table")} == {
        table.name: oids.dotted((*schema.ROOT, *schema.OBJECTS, table.sub_id)) for table in schema.TABLES
    }
    rows = {
        row.attrib["name"]: [index.attrib["name"] for index in row.iterfind("linkage/index")]
        for row in tree.iter("row")
    }
    assert rows == {table.entry: [index.name for index in table.indexes] for table in schema.TABLES}


@pytest.mark.system
def test_conventions_and_their_named_numbers(tree):
    typedefs = tree.find("typedefs")
    assert typedefs is not None
    in_file = {
        node.attrib["name"]: {
            number.attrib["name"]: int(number.attrib["number"]) for number in node.iter("namednumber")
        }
        for node in typedefs
    }
    assert in_file == {convention.name: dict(convention.labels or {}) for convention in schema.CONVENTIONS}


def test_the_labels_of_a_syntax_are_those_of_its_convention():
    conventions = {convention.name: convention.labels for convention in schema.CONVENTIONS}
    conventions["TruthValue"] = {"true": 1, "false": 2}
    things = [*schema.SCALARS, *(column for _, column in cells())]
    for thing in things:
        assert thing.syntax.labels == conventions.get(thing.syntax.name), thing.name


# RFC 2578 8.1: the objects of a notification, in their order.
@pytest.mark.system
def test_notifications_and_their_objects(tree):
    assert {
        node.attrib["name"]: (node.attrib["oid"], [named.attrib["name"] for named in node.iterfind("objects/object")])
        for node in tree.iter("notification")
    } == {one.name: (oids.dotted((*schema.ROOT, 0, one.sub_id)), list(one.objects)) for one in schema.NOTIFICATIONS}


@pytest.mark.system
def test_every_object_is_in_one_group_and_every_group_in_the_compliance(tree):
    members = {
        group.attrib["name"]: [member.attrib["name"] for member in group.iterfind("members/member")]
        for group in tree.iter("group")
    }
    assert members == {group.name: list(group.objects or group.notifications) for group in schema.GROUPS}
    assert not [group for group in schema.GROUPS if group.objects and group.notifications]
    grouped = [name for names in members.values() for name in names]
    accessible = [column.name for _, column in cells() if column.access == "read-only"]
    named = [one.name for one in (*schema.SCALARS, *schema.NOTIFICATIONS)]
    assert sorted(grouped) == sorted([*accessible, *named])
    requires = tree.find("compliances/compliance/requires")
    assert requires is not None
    assert {node.attrib["name"] for node in requires} == set(members)


@pytest.mark.system
def test_nodes(tree):
    nodes = {node.attrib["name"]: node.attrib["oid"] for node in tree.findall("nodes/*")}
    assert nodes[module.IDENTITY] == oids.dotted(schema.ROOT)
    for node in schema.NODES:
        assert nodes[node.name] == oids.dotted((*schema.ROOT, *node.oid))


# net-snmp, what operators use, is a second parser.
@pytest.mark.system
def test_snmptranslate_knows_the_same_names():
    lines = mibs.translated(mibs.MODULE, "-Tz").splitlines()
    known = dict(re.findall(r'"(.*?)"', line) for line in lines if line.strip())
    for oid, column in cells():
        assert known[column.name] == oid
    for scalar in schema.SCALARS:
        assert known[scalar.name] == oids.dotted(schema.scalar_oid(scalar))
    for notification in schema.NOTIFICATIONS:
        assert known[notification.name] == oids.dotted((*schema.ROOT, 0, notification.sub_id))


@pytest.mark.parametrize("name", ["haxServerStatus", "haxServiceHealth", "haxEventCause", "haxEventReasons"])
@pytest.mark.system
def test_snmptranslate_knows_the_named_numbers(name):
    said = mibs.translated(mibs.MODULE, "-Td", f"{module.NAME}::{name}")
    labels = next(c.syntax.labels for _, c in cells() if c.name == name)
    assert labels
    assert dict(re.findall(r"(\w+)\((\d+)\)", said.partition("{")[2].partition("}")[0])) == {
        label: str(number) for label, number in labels.items()
    }


# RFC 2578 5.6: the module hangs from one place, so that a site moves it by one line.
@pytest.mark.parametrize("text", OTHER_ROOTS)
@pytest.mark.system
def test_another_root_is_clean_and_moves_everything(text, tmp_path):
    root = oids.parse(text)
    moved = tmp_path / mibs.MODULE.name
    moved.write_text(module.render(root))
    assert mibs.lint(moved) == ""
    here, there = mibs.parsed(mibs.MODULE), mibs.parsed(moved)
    old = oids.dotted(schema.ROOT)
    for kind in ("node", "scalar", "table", "row", "column", "notification", "group", "compliance"):
        before = {node.attrib["name"]: node.attrib["oid"] for node in here.iter(kind)}
        before = {name: oid for name, oid in before.items() if not name.startswith("haxSite")}  # above the root
        after = {node.attrib["name"]: node.attrib["oid"] for node in there.iter(kind)}
        assert {name: after[name] for name in before} == {
            name: text + oid.removeprefix(old) for name, oid in before.items()
        }
    assert mibs.translated(moved, "-On", f"{module.NAME}::haxServerStatus").strip() == f".{text}.1.9.1.27"


# RFC 2578 5.3: "the name, postal address, telephone number, and electronic mail address of the person to whom technical
# queries concerning this information module should be sent". None may be made up.
def test_contact_info_has_what_the_project_has_and_no_more():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    known = [*project.get("urls", {}).values(), *(text for one in project.get("authors", []) for text in one.values())]
    assert all(one in module.CONTACT for one in known)
    assert ("no postal or electronic address" in module.CONTACT) == (not known)
    assert not set(re.findall(r"\S+@\S+|https?://\S+", module.CONTACT)) - set(known)


def test_the_anchor_is_the_nearest_known_node():
    assert anchor((*PLAYPEN, 7)) == ("netSnmpPlaypen", "NET-SNMP-MIB", (7,))
    assert anchor((1, 3, 6, 1, 4, 1, 7, 8)) == ("enterprises", "SNMPv2-SMI", (7, 8))
    assert anchor((1, 3, 6, 1, 4, 1)) == ("internet", "SNMPv2-SMI", (4, 1))


@pytest.mark.parametrize("root", [(), (1,), (0, 3), (2, 5, 4)])
def test_a_root_outside_iso_is_refused_with_a_remedy(root):
    with pytest.raises(ValueError, match="choose a root such as"):
        module.render(root)


# RFC 2578 3.1.1: text is ASCII, and a double quote would end it.
@pytest.mark.parametrize("text", ['a "b"', "café"])
def test_a_text_that_would_break_the_module_is_refused(text):
    with pytest.raises(ValueError, match="not a text"):
        quoted(text, 8)


def test_lines_are_short_and_plain():
    text = Path(mibs.MODULE).read_text(encoding="ascii")
    assert max(map(len, text.splitlines())) <= 79
    assert "\t" not in text
