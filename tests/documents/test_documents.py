"""What the documents say can be done can be done: links, commands, configurations, names."""

import importlib.util
import re

import pytest

from haproxy_agentx.cli.main import _parser
from haproxy_agentx.config import Config, advice, parse
from haproxy_agentx.config.effective import effective_text
from haproxy_agentx.objects import module
from haproxy_agentx.settings.keys import Key, keys_of
from tests.support.configuration import fits
from tests.support.documents import anchors, blocks, commands, documents, links, prose, spans
from tests.support.programs import ROOT
from tools.documents import configuration

DOCUMENTS = {str(path.relative_to(ROOT)): path.read_text() for path in documents()}
CONFIGURATION = "docs/configuration.md"
TARGETS = {
    target
    for line in re.findall(r"^([a-z][a-z -]*):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for target in line.split()
}
OURS = re.compile(r"\bhax[A-Z]\w+")
PATH = re.compile(r"(?:tests|tools|docs|integration|benchmarks|mib|systemd|\.ci)/[\w./-]*\w")
FOLDERS = ("tests/", "tools/", "docs/", "integration/", "benchmarks/", "mib/", "systemd/", ".ci/")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_somewhere(name):
    for link in links(DOCUMENTS[name]):
        if re.match(r"(https?|mailto):", link):
            continue
        file, _, anchor = link.partition("#")
        target = ((ROOT / name).parent / file).resolve() if file else ROOT / name
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        if anchor:
            assert anchor in anchors(target.read_text()), link


@pytest.mark.parametrize("folder", ["docs", "docs/adr"])
def test_each_document_is_linked_from_the_index(folder):
    index = ROOT / folder / "README.md"
    linked = {(index.parent / link.partition("#")[0]).resolve() for link in links(index.read_text())}
    for path in (ROOT / folder).glob("*.md"):
        assert path == index or path in linked, path


def test_the_readme_fits_two_screens():
    assert DOCUMENTS["README.md"].count("\n") <= 120


@pytest.mark.parametrize("name", DOCUMENTS)
def test_examples_of_the_configuration_are_right(name):
    for block in blocks(DOCUMENTS[name]):
        if block.language == "yaml" and not block.text.startswith("about:"):  # an entry of the zoo
            assert advice(parse(block.text, name)) == (), block.text
            assert fits(block.text), block.text


@pytest.mark.parametrize("name", DOCUMENTS)
def test_commands_of_ours_exist(name):
    for words in commands(DOCUMENTS[name], "haproxy-agentx"):
        if words and words[0].islower():
            _parser().parse_args([{"N": "1", "OID": "1.3.6.1.4.1.9"}.get(word, word) for word in words])


@pytest.mark.parametrize("name", DOCUMENTS)
def test_targets_of_make_exist(name):
    for words in commands(DOCUMENTS[name], "make"):
        for word in words:
            if re.fullmatch(r"[a-z-]+", word):
                assert word in TARGETS, words


@pytest.mark.parametrize("name", DOCUMENTS)
def test_modules_that_are_run_exist(name):
    for words in commands(DOCUMENTS[name], "python"):
        if words[:1] == ["-m"]:
            assert importlib.util.find_spec(words[1]), words


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name != "CHANGELOG.md"])
def test_files_that_are_named_exist(name):
    for span in spans(DOCUMENTS[name]):
        if span.startswith(FOLDERS) and PATH.fullmatch(span.rstrip("/")):
            made_later = span.startswith("mib/released/")  # by a release, of which there was none yet
            assert made_later or (ROOT / span).exists() or ((ROOT / name).parent / span).exists(), span


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name != "CHANGELOG.md"])
def test_names_of_the_mib_exist(name):
    defined = set(OURS.findall(module.render()))
    for found in OURS.findall(DOCUMENTS[name]):
        assert found in defined, found


def test_the_checks_find_what_is_wrong():
    text = (
        "[a](docs/none.md#b) `sudo make nothing`\n```\nlb1# haproxy-agentx statsu --json | head\n```\n"
        "    python -m no.module  # x\n"
    )
    assert links(text) == ["docs/none.md#b"]
    assert list(commands(text, "make")) == [["nothing"]]
    assert list(commands(text, "haproxy-agentx")) == [["statsu", "--json"]]
    assert list(commands(text, "python")) == [["-m", "no.module"]]
    assert anchors("## A `b`: c's (d)\n") == {"a-b-cs-d"}
    assert "statsu" not in prose(text)


# docs/configuration.md


def test_each_key_has_its_row():
    def count(table):
        return sum(1 if isinstance(item, Key) else 1 + count(item.keys) for item in table)

    assert configuration.key_table(Config).count("\n") == 1 + count(keys_of(Config))


def test_the_document_shows_the_defaults():
    assert parse(effective_text(Config()), CONFIGURATION) == Config()
    assert effective_text(Config()) in DOCUMENTS[CONFIGURATION]
