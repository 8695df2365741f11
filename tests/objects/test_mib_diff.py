"""tools/diff-mib: the last released module is a promise (RFC 2578 section 10); what breaks it is refused."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from haproxy_agentx.objects import conventions, module, schema
from haproxy_agentx.objects.declaration import Column, Group, Scalar, Table
from haproxy_agentx.objects.syntax import COUNTER64
from tests.support import mibs
from tests.support.programs import ROOT

pytestmark = pytest.mark.system

TABLE = schema.SERVER_TABLE
STATUS = next(column for column in TABLE.columns if column.name == "haxServerStatus")
NEW = Column(TABLE.columns[-1].sub_id + 1, "haxServerNew", COUNTER64, "", "The number of things.", "things")


def compare(released: Path, new: Path) -> tuple[int, str]:
    command = [ROOT / "tools" / "diff-mib", mibs.fetched(), released, new]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    path = tmp_path_factory.mktemp("released") / mibs.MODULE.name
    path.write_text(module.render())
    return path


@pytest.fixture
def change(monkeypatch):
    """Change one name of the module that renders, such as TABLES."""

    def put(**named: object) -> None:
        for name, value in named.items():
            monkeypatch.setattr(module, name, value)

    return put


@pytest.fixture
def against(released, tmp_path):
    """Render what is declared now and compare it with what was released: the exit status and the text."""

    def run() -> tuple[int, str]:
        path = tmp_path / mibs.MODULE.name
        path.write_text(module.render())
        return compare(released, path)

    return run


def tables(table: Table) -> tuple[Table, ...]:
    return tuple(table if one.name == table.name else one for one in module.TABLES)


def columns(changed: Column) -> tuple[Table, ...]:
    return tables(replace(TABLE, columns=tuple(changed if one is STATUS else one for one in TABLE.columns)))


def regrouped(*, without: str = "", renamed: str = "", more: str = "") -> tuple[Group, ...]:
    """The groups with haxServerStatus left out or renamed, or with another object beside it."""

    def members(group: Group) -> tuple[str, ...]:
        if STATUS.name not in group.objects:
            return group.objects
        kept = [renamed if one == STATUS.name and renamed else one for one in group.objects if one != without]
        return (*kept, more) if more else tuple(kept)

    return tuple(replace(group, objects=members(group)) for group in module.GROUPS)


def revised() -> tuple[tuple[str, str], ...]:
    return (("202611230000Z", "More."), *module.REVISIONS)


def relabelled(labels: dict[str, int]) -> tuple[object, ...]:
    return tuple(
        replace(one, labels=labels) if one.name == "HaxServerOperStatus" else one for one in module.CONVENTIONS
    )


def in_percent() -> tuple[Scalar, ...]:
    return tuple(replace(one, units=one.units and "percent") for one in module.SCALARS)


LABELS = dict(next(one for one in conventions.CONVENTIONS if one.name == "HaxServerOperStatus").labels or {})
TEST = next(one for one in schema.NOTIFICATIONS if one.name == "haxTest")


def notifications(objects: tuple[str, ...]) -> tuple[object, ...]:
    return tuple(replace(TEST, objects=objects) if one is TEST else one for one in module.NOTIFICATIONS)


INCOMPATIBLE = {
    "renamed": (
        "name-changed",
        lambda: {
            "TABLES": columns(replace(STATUS, name="haxServerState")),
            "GROUPS": regrouped(renamed="haxServerState"),
        },
    ),
    "removed": (
        "node-removed",
        lambda: {
            "TABLES": tables(replace(TABLE, columns=tuple(one for one in TABLE.columns if one is not STATUS))),
            "GROUPS": regrouped(without=STATUS.name),
        },
    ),
    "retyped": ("basetype-changed", lambda: {"TABLES": columns(replace(STATUS, syntax=COUNTER64))}),
    "renumbered": ("node-removed", lambda: {"TABLES": columns(replace(STATUS, sub_id=NEW.sub_id))}),
    "in other units": ("units-changed", lambda: {"SCALARS": in_percent()}),
    "no index any more": ("index-changed", lambda: {"TABLES": tables(replace(TABLE, indexes=TABLE.indexes[1:]))}),
    "a label renamed": (
        "named-number-changed",
        lambda: {"CONVENTIONS": relabelled({"ready" if name == "up" else name: LABELS[name] for name in LABELS})},
    ),
    "a label removed": (
        "named-number-removed",
        lambda: {"CONVENTIONS": relabelled({name: number for name, number in LABELS.items() if name != "maint"})},
    ),
    "an object of a notification removed": (
        "object-removed",
        lambda: {"NOTIFICATIONS": notifications(TEST.objects[:-1])},
    ),
    "an object of a notification added": (
        "object-added",
        lambda: {"NOTIFICATIONS": notifications((*TEST.objects, "haxEventRole"))},
    ),
    "the objects of a notification in another order": (
        "objects-order",
        lambda: {"NOTIFICATIONS": notifications(TEST.objects[::-1])},
    ),
    "another object in a released group": (
        "member-added",
        lambda: {"TABLES": tables(replace(TABLE, columns=(*TABLE.columns, NEW))), "GROUPS": regrouped(more=NEW.name)},
    ),
}


@pytest.mark.parametrize(("tag", "changes"), INCOMPATIBLE.values(), ids=INCOMPATIBLE)
def test_an_incompatible_change_is_refused(change, against, tag, changes):
    change(REVISIONS=revised(), **changes())
    status, text = against()
    assert status == 1, text
    assert f"{{{tag}" in text
    assert "incompatible with" in text


def test_a_column_in_a_new_group_is_compatible(change, against):
    group = Group(len(module.GROUPS) + 1, "haxServerNewGroup", (NEW.name,), "New.", "Only since then.")
    change(
        REVISIONS=revised(),
        TABLES=tables(replace(TABLE, columns=(*TABLE.columns, NEW))),
        GROUPS=(*module.GROUPS, group),
    )
    status, text = against()
    assert (status, "compatible with" in text) == (0, True), text


COMPATIBLE = {
    "a label added": lambda: {"CONVENTIONS": relabelled({**LABELS, "more": max(LABELS.values()) + 1})},
    "a description made clearer": lambda: {"TABLES": columns(replace(STATUS, description="Clearer."))},
    "a new way to the maintainers": lambda: {"CONTACT": "Somebody."},
}


@pytest.mark.parametrize("changes", COMPATIBLE.values(), ids=COMPATIBLE)
def test_a_compatible_change_is_let_through(change, against, changes):
    change(REVISIONS=revised(), **changes())
    status, text = against()
    assert (status, "compatible with" in text) == (0, True), text


# RFC 2578 5.5: a revised module has a REVISION clause for the revision.
def test_a_change_without_a_revision_is_refused(change, against):
    change(CONVENTIONS=relabelled({**LABELS, "more": max(LABELS.values()) + 1}))
    status, text = against()
    assert (status, "without a new REVISION" in text) == (1, True), text


def test_no_change_is_said_to_be_none(against):
    status, text = against()
    assert (status, "the same as" in text) == (0, True), text


def test_without_a_release_it_says_that_nothing_was_compared(tmp_path):
    status, text = compare(tmp_path / "none.txt", mibs.MODULE)
    assert (status, "nothing was compared" in text) == (0, True), text


@pytest.mark.parametrize("octets", [0, 40_000])
def test_a_file_that_is_no_whole_module_is_no_silent_success(released, tmp_path, octets):
    torn = tmp_path / "torn.txt"
    torn.write_text(released.read_text()[:octets])
    for pair in ((torn, released), (released, torn)):
        status, text = compare(*pair)
        assert (status, "reads no module" in text) == (1, True), text


def test_what_is_released_is_what_make_check_compares():
    makefile = (ROOT / "Makefile").read_text()
    assert "tools/diff-mib $(MIBS) $(RELEASED) $(MODULE)" in makefile
    assert compare(ROOT / "mib" / "released" / mibs.MODULE.name, mibs.MODULE)[0] == 0
