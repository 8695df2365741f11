"""docs/architecture.md names files that there are, and draws the layers that are enforced."""

import re
import tomllib

import pytest

from tests.support.documents import blocks, spans
from tests.support.programs import ROOT

TEXT = (ROOT / "docs" / "architecture.md").read_text()
PACKAGE = ROOT / "haproxy_agentx"
PACKAGES = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))
_NAME = re.compile(rf"\b(?:{'|'.join(PACKAGES)})/[a-z_0-9]+")


def named() -> set[str]:
    """The modules that are named with their package, in the text and in the drawings."""
    drawn = "\n".join(block.text for block in blocks(TEXT) if block.language == "mermaid")
    return {span for span in spans(TEXT) if _NAME.fullmatch(span)} | set(_NAME.findall(drawn))


def listed() -> set[str]:
    """The modules of the tables, in which one that follows another of its package has its name only."""
    found = set()
    for line in TEXT.splitlines():
        first, *others = re.findall(r"`([^`]+)`", line.split("|")[1]) if line.startswith("| `") else [""]
        if _NAME.fullmatch(first):
            found |= {other if "/" in other else f"{first.partition('/')[0]}/{other}" for other in (first, *others)}
    return found


def layers() -> list[str]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [layered] = [contract for contract in contracts if contract["type"] == "layers"]
    return [layer for layer in layered["layers"] if layer != "__main__"]


def test_each_module_that_is_named_is_there():
    names = named() | listed()
    assert len(names) > 100
    assert sorted(name for name in names if not (PACKAGE / f"{name}.py").exists()) == []


@pytest.mark.parametrize("walk", ["An answer to `show stat`", "A line of keepalived's FIFO", "A GetNext"])
def test_each_walk_is_drawn_and_told_with_the_same_files(walk):
    section = TEXT.partition(f"\n### {walk}\n")[2].partition("\n##")[0]
    [drawing] = blocks(section)
    told = {span for span in spans(section) if _NAME.fullmatch(span)}
    assert set(_NAME.findall(drawing.text)) <= told


def test_the_table_has_the_layers_of_the_contract():
    rows = (line.split(" | ") for line in TEXT.partition("| floor |")[2].splitlines() if line.startswith("| "))
    assert [" | ".join(re.findall(r"`(\w+)`", row[1])) for row in rows if "`" in row[1]] == layers()
