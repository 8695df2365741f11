"""The configuration: G1-G5 and X4, where a test of the daemon is not needed."""

import os
import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haproxy_agentx import config as config_module
from haproxy_agentx.config import (
    AgentxConfig,
    Config,
    ConfigError,
    HaproxyConfig,
    advice,
    default_text,
    load,
    parse,
)
from haproxy_agentx.config.errors import SHOWN
from haproxy_agentx.objects.schema import ROOT
from haproxy_agentx.settings.keys import Key, KeyGroup, keys_of
from haproxy_agentx.settings.paths import CREDENTIALS_DIRECTORY
from tests.support.refused import FILE, LINE, problems
from tests.support.unprivileged import unprivileged


def problem(text: str) -> str:
    """Give the only line of the error that a text is refused with; it names file, line, key, what and remedy (G3)."""
    (line,) = problems(text)
    assert LINE.fullmatch(line), line
    return line


def outcome(text: str) -> str:
    """Give the text of the error that a text is refused with, if it is."""
    try:
        assert isinstance(parse(text, FILE), Config)
    except ConfigError as error:
        return str(error)
    return ""


def haproxy(text: str) -> HaproxyConfig:
    (record,) = parse(f"haproxy:\n  - {{{text}}}\n", FILE).haproxy
    return record


# What is right


@pytest.mark.parametrize(
    "text", ["", "\n", "# nothing\n", "---\n", "{}", "null", "agentx:\nhaproxy:\n", "\ufeffagentx: {}"]
)
def test_what_is_not_said_is_the_default(text):
    assert parse(text, FILE) == Config()


def test_the_defaults_fit_a_stock_debian_load_balancer():
    assert Config() == Config(
        root=ROOT,
        agentx=AgentxConfig(socket="/var/agentx/master", priority=127),
        haproxy=(HaproxyConfig("local", "/run/haproxy/admin.sock", 1.0, 2.0, None, None, None),),
        store="/var/lib/haproxy-agentx/state.db",
    )


def test_everything_at_once():
    text = """
        root: .1.3.6.1.4.1.99999.1
        agentx: {socket: "tcp:[::1]:705", priority: 1}
        haproxy:
          - name: edge
            stats: /run/haproxy/edge.sock
            interval: 500ms
            timeout: 1m
            master_socket: /run/haproxy-master.sock
            certificate_days: 30
          - {name: far, stats: "https://lb.example.org:8404/stats;csv?x=1", interval: 2.5, username: ops,
             password_file: /etc/secret, ca_file: /etc/ca.pem}
        store: /var/lib/other/state.db
    """
    assert parse(text, FILE) == Config(
        root=(1, 3, 6, 1, 4, 1, 99999, 1),
        agentx=AgentxConfig("tcp:[::1]:705", 1),
        haproxy=(
            HaproxyConfig(
                "edge",
                "/run/haproxy/edge.sock",
                0.5,
                60.0,
                master_socket="/run/haproxy-master.sock",
                certificate_days=30,
            ),
            HaproxyConfig(
                "far", "https://lb.example.org:8404/stats;csv?x=1", 2.5, 2.0, "ops", "/etc/secret", "/etc/ca.pem"
            ),
        ),
        store="/var/lib/other/state.db",
    )


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1", 1.0), ("1s", 1.0), ("0.1", 0.1), ("100ms", 0.1), ("1.5s", 1.5), ("2m", 120.0), ("1h", 3600.0), ("3 s", 3.0)],
)
def test_durations(text, seconds):
    assert haproxy(f"interval: {text}").interval == seconds


@pytest.mark.parametrize("text", ["no", "1.10", "1:30", "0x10", "on", "2024-01-01", "a" * 64, "a:b"])
def test_a_name_is_the_text_of_the_file_whatever_yaml_makes_of_it(text):
    assert haproxy(f"name: {text}").name == text


@pytest.mark.parametrize("text", ["tcp:127.0.0.1:705", "tcp:[::1]:705", "tcp:localhost:1", "tcp:127.9.9.9:65535", "/a"])
def test_x4_the_master_is_on_this_machine(text):
    assert parse(f"agentx: {{socket: '{text}'}}", FILE).agentx.socket == text


def test_a_credential_of_systemd_is_a_file_in_its_folder():
    text = "haproxy: [{stats: 'https://h/', username: u, password_file: 'credential:pw'}]"
    assert parse(text, FILE).haproxy[0].password_file == f"{CREDENTIALS_DIRECTORY}/pw"
    assert parse(text, FILE, "/run/c/").haproxy[0].password_file == "/run/c/pw"


def test_a_configuration_is_a_key_of_a_dict():
    assert {Config(): 1, parse("", FILE): 2} == {Config(): 2}


# The table of keys


def every_key(table=None):
    """Give each key of the table."""
    for item in keys_of(Config) if table is None else table:
        assert isinstance(item, Key | KeyGroup)
        if isinstance(item, KeyGroup):
            yield from every_key(item.keys)
        else:
            yield item


def test_each_default_and_example_is_a_text_that_reads_as_it():
    for key in every_key():
        if key.most:
            continue
        value = key.type.read(key.text)
        assert value == key.default or key.is_required or key.is_example
        assert key.type.read(key.type.write(value)) == value


def test_the_default_file_reads_as_the_defaults_with_and_without_its_comment_signs():
    text = default_text()
    assert parse(text, FILE) == Config()
    uncommented = re.sub("^#(?! [^ ])", "", text, flags=re.MULTILINE)
    assert "\nstore: /" in uncommented
    assert parse(uncommented, FILE) == Config()
    assert max(map(len, text.splitlines())) <= 132


def test_the_default_file_names_every_key():
    for key in every_key():
        assert f"{key.name}: {key.text}" in default_text()


def test_the_examples_of_the_default_file_are_right():
    text = default_text()
    for _ in range(4):  # as deep as examples are in each other
        text = re.sub("^#(?! [^ ])", "", text, flags=re.MULTILINE)
        text = re.sub("^( *(?:- )?)# (?=[a-z_0-9]+:|  )", r"\1", text, flags=re.MULTILINE)
    assert not [line for line in text.splitlines() if re.match(" *# +[a-z_0-9]+:", line)]
    found = problems(text)
    assert found == [
        next(line for line in found if "haproxy[0].username: it goes with a URL" in line),
        next(line for line in found if "haproxy[0].password_file: it goes with a URL" in line),
        next(line for line in found if "haproxy[0].ca_file: it goes with a URL" in line),
        next(line for line in found if "keepalived.snmp.v3: community_file is given, too" in line),
        next(line for line in found if "peers[0].v3: community_file is given, too" in line),
    ]


# What is wrong


@pytest.mark.parametrize(
    ("text", "line", "key", "what"),
    [
        # G1: a tab, a duplicate key, an unknown key, a wrong type
        ("agentx:\n\tpriority: 5\n", 2, "agentx", "a tab"),
        ("agentx:\n  priority:\t@\n", 2, "agentx.priority", "a tab"),
        ("store: /a\nroot: 1.3.6.1.4.1.5.5\nstore: /b\n", 3, "store", "given twice, first in line 1"),
        ("agentx: {priority: 5, priority: 6}", 1, "agentx.priority", "given twice"),
        (
            "haproxy:\n- stats: /a\n  interval: 1s\n  interval: 1s",
            4,
            "haproxy[0].interval",
            "given twice, first in line 3",
        ),
        ("stroe: /a", 1, "stroe", "did you mean store?"),
        ("agentx: {pritority: 5}", 1, "agentx.pritority", "did you mean priority?"),
        ("haproxy: [{password-file: /a}]", 1, "haproxy[0].password-file", "did you mean password_file?"),
        ("Agentx: {}", 1, "Agentx", "did you mean agentx?"),
        ("quite_other: 1", 1, "quite_other", "the keys are root, agentx, haproxy, keepalived, services"),
        ("<<: {store: /a}", 1, "<<", "no such key"),
        ("agentx: 5", 1, "agentx", "found a single value"),
        ("agentx: [socket]", 1, "agentx", "found a list"),
        ("haproxy: {name: a}", 1, "haproxy", "expected a list"),
        ("haproxy: /run/haproxy/admin.sock", 1, "haproxy", "expected a list"),
        ("haproxy: []", 1, "haproxy", "the list is empty"),
        ("haproxy:\n- {name: a}\n- 5", 3, "haproxy[1]", "a single value"),
        ("store: [/a]", 1, "store", "found a list"),
        ("store: {a: b}", 1, "store", "found a mapping"),
        ("store:", 1, "store", "there is no value"),
        ("store: ''", 1, "store", "there is no value"),
        ("- a\n- b", 1, "(top level)", "found a list"),
        ("just words", 1, "(top level)", "a single value"),
        ("? [a]\n: b", 1, "(key)", "a key is a mapping or a list"),
        # G1: negative, huge
        ("haproxy: [{interval: -1}]", 1, "haproxy[0].interval", "'-1' is not a duration"),
        ("haproxy: [{interval: 0}]", 1, "haproxy[0].interval", "out of range"),
        ("haproxy: [{interval: 99ms}]", 1, "haproxy[0].interval", "out of range"),
        ("haproxy: [{interval: 61m}]", 1, "haproxy[0].interval", "out of range"),
        ("haproxy: [{timeout: 61}]", 1, "haproxy[0].timeout", "out of range"),
        ("haproxy: [{timeout: 1e3}]", 1, "haproxy[0].timeout", "not a duration"),
        ("haproxy: [{timeout: .inf}]", 1, "haproxy[0].timeout", "not a duration"),
        ("haproxy: [{timeout: nan}]", 1, "haproxy[0].timeout", "not a duration"),
        ("haproxy: [{timeout: 1d}]", 1, "haproxy[0].timeout", "not a duration"),
        (f"haproxy: [{{timeout: {'9' * 5000}}}]", 1, "haproxy[0].timeout", "not a duration"),
        ("agentx: {priority: 0}", 1, "agentx.priority", "not a priority"),
        ("agentx: {priority: -1}", 1, "agentx.priority", "not a priority"),
        ("agentx: {priority: 256}", 1, "agentx.priority", "not a priority"),
        (f"agentx: {{priority: {'9' * 9000}}}", 1, "agentx.priority", "not a priority"),
        ("agentx: {priority: low}", 1, "agentx.priority", "not a priority"),
        # the root
        ("root: abc", 1, "root", "not an object identifier"),
        ("root: 1.3.6.1", 1, "root", "not below 1.3.6.1"),
        ("root: 1.3", 1, "root", "not below 1.3.6.1"),
        ("root: 2.3.6.1.4.1.5", 1, "root", "not below 1.3.6.1"),
        ("root: 1.3.6.1.4.4294967296", 1, "root", "not an object identifier"),
        ("root: 1.3.6.1.-4", 1, "root", "not an object identifier"),
        (f"root: 1.3.6.1{'.4' * 97}", 1, "root", "101 sub-identifiers"),
        (f"root: 1.3.6.1{'.4' * 200}", 1, "root", "not an object identifier"),
        ("root: 1.3.6.1.4.1", 1, "root", "would shadow"),
        ("root: 1.3.6.1.2.1.2", 1, "root", "would shadow 1.3.6.1.2.1"),
        ("root: 1.3.6.1.4.1.9586.100.5.2", 1, "root", "keepalived"),
        # where snmpd is (X4)
        ("agentx: {socket: master}", 1, "agentx.socket", "not an absolute path"),
        ("agentx: {socket: 'tcp:10.0.0.1:705'}", 1, "agentx.socket", "no authentication"),
        ("agentx: {socket: 'tcp:snmp.example.org:705'}", 1, "agentx.socket", "is not an address"),
        ("agentx: {socket: 'tcp:0.0.0.0:705'}", 1, "agentx.socket", "no authentication"),
        ("agentx: {socket: 'tcp:127.0.0.1'}", 1, "agentx.socket", "not an address"),
        ("agentx: {socket: 'tcp:127.0.0.1:0'}", 1, "agentx.socket", "not an address"),
        ("agentx: {socket: 'tcp:127.0.0.1:65536'}", 1, "agentx.socket", "not an address"),
        ("agentx: {socket: 'tcp:::1:705'}", 1, "agentx.socket", "not an address"),
        (f"agentx: {{socket: /{'a' * 107}}}", 1, "agentx.socket", "at most 107 octets"),
        (f"agentx: {{socket: /{'é' * 54}}}", 1, "agentx.socket", "at most 107 octets"),
        # where HAProxy is
        ("haproxy: [{stats: admin.sock}]", 1, "haproxy[0].stats", "not an absolute path"),
        ("haproxy: [{stats: /run/haproxy/}]", 1, "haproxy[0].stats", "path of a folder"),
        ("haproxy: [{stats: 'http:/h/stats'}]", 1, "haproxy[0].stats", "'//' must follow"),
        ("haproxy: [{stats: 'ftp://h/stats'}]", 1, "haproxy[0].stats", "only http:// and https://"),
        ("haproxy: [{stats: 'http:///stats'}]", 1, "haproxy[0].stats", "no host"),
        ("haproxy: [{stats: 'http://h:0/stats'}]", 1, "haproxy[0].stats", "port is 0"),
        ("haproxy: [{stats: 'http://h:99999/'}]", 1, "haproxy[0].stats", "cannot be read"),
        ("haproxy: [{stats: 'http://[::1/'}]", 1, "haproxy[0].stats", "cannot be read"),
        ("haproxy: [{stats: 'http://h/ x'}]", 1, "haproxy[0].stats", "ASCII without blanks"),
        ("haproxy: [{stats: 'http://h/#x'}]", 1, "haproxy[0].stats", "no '#...'"),
        ("haproxy: [{name: a b}]", 1, "haproxy[0].name", "not a name"),
        (f"haproxy: [{{name: {'a' * 65}}}]", 1, "haproxy[0].name", "not a name"),
        ("haproxy: [{name: é}]", 1, "haproxy[0].name", "not a name"),
        ('haproxy: [{name: "a\\nb"}]', 1, "haproxy[0].name", r"'a\nb' is not a name"),
        ("haproxy:\n- {name: a}\n- {name: b}\n- {name: a}", 4, "haproxy[2].name", "is that of line 2"),
        ("haproxy:\n- stats: /a\n- stats: /b", 3, "haproxy[1].name", "the name local is that of line 2"),
        ("haproxy: [{username: u}]", 1, "haproxy[0].username", "with a URL"),
        ("haproxy: [{ca_file: /a}]", 1, "haproxy[0].ca_file", "with a URL"),
        ("haproxy: [{stats: 'http://h/', ca_file: /a}]", 1, "haproxy[0].ca_file", "https:// only"),
        ("haproxy: [{stats: 'http://h/', username: u}]", 1, "haproxy[0].username", "without password_file"),
        ("haproxy: [{stats: 'http://h/', password_file: /u}]", 1, "haproxy[0].password_file", "without username"),
        ("haproxy: [{master_socket: m.sock}]", 1, "haproxy[0].master_socket", "not an absolute path"),
        (f"haproxy: [{{master_socket: /{'a' * 107}}}]", 1, "haproxy[0].master_socket", "at most 107"),
        ("haproxy: [{stats: /a, master_socket: /a}]", 1, "haproxy[0].master_socket", "give that of the master process"),
        ("haproxy: [{stats: 'http://h/', master_socket: /a}]", 1, "haproxy[0].master_socket", "with a socket in stats"),
        ("haproxy: [{certificate_days: 2w}]", 1, "haproxy[0].certificate_days", "not a number of days"),
        ("haproxy: [{certificate_days: 3651}]", 1, "haproxy[0].certificate_days", "from 0 to 3650"),
        ("store: state.db", 1, "store", "not an absolute path"),
        (f"store: /{'a' * 5000}", 1, "store", "longer than 4095"),
        ('store: "/a\\0b"', 1, "store", "cannot be printed"),
        ('store: "/a\\ud800"', 1, "store", "cannot be printed"),
        # what is no YAML
        ("agentx: {socket: /a", 1, "agentx", "never closed"),
        ("store: /a\nroot: 'x\nagentx: {}\n", 2, "root", "never closed"),
        ("a: b: c", 1, "a", "': ' too many"),
        ("store: /a\n  root: 1.3.6.1.4.1.5\n", 2, "root", "': ' too many, or the indentation"),
        ("agentx:\n    socket: /a\n  priority: 5\n", 3, "priority", "indentation"),
        ("haproxy: [{stats: https://h/a?b}]", 1, "haproxy[0]", "quote a value that holds '?'"),
        ("store: @a", 1, "store", "special in YAML"),
        ('store: "\\q"', 1, "store", "escape"),
        ('store: "\\UFFFFFFFF"', 1, "store", "single quotes"),
        ("store: /a\n\x00", 2, "(top level)", r"'\x00' is not allowed"),
        ("\n\ud800", 2, "(top level)", r"'\ud800' is not allowed"),
        ("%YAML 9.9\n---\n", 1, "(top level)", "only 'key: value' lines"),
        ("store: /a\n---\nstore: /b", 2, "(top level)", "a second document"),
    ],
)
def test_g1_g3_each_mistake_has_its_line_its_key_and_a_remedy(text, line, key, what):
    found = problem(text)
    assert found.startswith(f"{FILE}:{line}: {key}: ")
    assert what in found


def test_g1_all_mistakes_of_a_file_are_told_in_its_order():
    found = problems("stroe: /a\nagentx:\n  priority: 0\n  socket: x\nhaproxy:\n- interval: 0\n  timeout: x\nroot: 1\n")
    assert [line.split(": ")[:2] for line in found] == [
        ["config.yaml:1", "stroe"],
        ["config.yaml:3", "agentx.priority"],
        ["config.yaml:4", "agentx.socket"],
        ["config.yaml:6", "haproxy[0].interval"],
        ["config.yaml:7", "haproxy[0].timeout"],
        ["config.yaml:8", "root"],
    ]


def test_very_many_mistakes_are_counted():
    found = problems("".join(f"key{number}: 1\n" for number in range(2000)))
    assert len(found) == SHOWN + 1
    assert "1950 more problems" in found[-1]


def test_at_most_64_haproxy():
    def listed(count: int) -> str:
        return "haproxy:\n" + "".join(f"- name: p{number}\n" for number in range(count))

    assert len(parse(listed(64), FILE).haproxy) == 64
    assert "65 are listed: 64 are the most" in problem(listed(65))


# G4


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("store: !!python/object/apply:os.system [true]", "a tag"),
        ("store: !!str /a", "a tag"),
        ("store: !secret /a", "a tag"),
        ("!!map {store: /a}", "a tag"),
        ("store: !a!b c", "a tag"),
        ("agentx: &a {priority: 5}", "an anchor"),
        ("&a agentx: {priority: 5}", "an anchor"),
        ("store: *a", "alias"),
    ],
)
def test_g4_tags_anchors_and_aliases_are_refused(text, what):
    assert what in problem(text)


def test_g4_an_alias_bomb_is_refused_where_it_begins():
    bomb = "a: &a [x, x]\n" + "".join(
        f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    started = time.process_time()
    assert "config.yaml:1: a: an anchor" in problems(bomb)[0]
    assert time.process_time() - started < 2


HOSTILE = {
    "deep lists": "[" * 200_000,
    "deep groups": "{a: " * 60_000,
    "deep blocks": "".join(" " * depth + "a:\n" for depth in range(600)),
    "deep dashes": "- " * 100_000,
    "questions": "? " * 100_000,
    "many keys": "".join(f"k{number}: v\n" for number in range(20_000)),
    "many likenesses": "".join(f"haprox{number}: v\n" for number in range(2_400)),
    "long key": "a" * 200_000 + ": 1",
    "long value": "store: " + "a" * 200_000,
    "many words": "a: " + "x " * 100_000,
    "block text": "a: |\n" + " x\n" * 80_000,
    "blank lines": "\n" * 250_000,
    "open quote": "a: '" + "\n" * 250_000,
    "escapes": 'a: "' + "\\x41" * 60_000 + '"',
    "anchors": "".join(f"k{number}: &a{number} v\n" for number in range(12_000)),
    "directives": "%A b\n" * 50_000,
    "documents": "---\n" * 60_000,
    "too large": "#" * 300_000,
    "great version": "%YAML " + "1" * 5000 + ".1\n---\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_g4_hostile_texts_are_refused_or_read_in_bounded_time(name):
    started = time.process_time()
    assert len(outcome(HOSTILE[name])) < 20_000
    assert time.process_time() - started < 6


YAML_LIKE = st.text(alphabet="abs0159:-[]{}&*!|>'\"%@#?,.\\\n \t~/<=\x00\x85\ud800é", max_size=60)
KEYS = st.sampled_from(["root", "agentx", "haproxy", "store", "socket", "priority", "name", "stats", "interval", "<<"])


@settings(max_examples=300)
@given(
    st.one_of(
        YAML_LIKE,
        st.text(max_size=40),
        st.lists(st.tuples(st.sampled_from(["", "  ", "- ", "  - "]), KEYS, YAML_LIKE), max_size=6).map(
            lambda lines: "".join(f"{indent}{key}: {value}\n" for indent, key, value in lines)
        ),
    )
)
def test_any_text_is_a_configuration_or_a_configuration_error(text):
    lines = outcome(text).splitlines()
    assert all(line.isprintable() for line in lines)
    assert all(line.startswith(f"{FILE}:") for line in lines)


# G5

SECRET = "hunter2"  # what a message must never hold


@pytest.mark.parametrize(
    "text",
    [
        f"haproxy: [{{stats: 'https://admin:{SECRET}@h/stats'}}]",
        f"haproxy: [{{stats: 'https://{SECRET}@h/stats'}}]",
        f"haproxy: [{{stats: 'https://admin:{SECRET}/stats'}}]",
        f"haproxy: [{{stats: 'ftp://admin:{SECRET}@h/stats'}}]",
        f"haproxy: [{{stats: 'https:/admin:{SECRET}@h/stats'}}]",
        f"haproxy: [{{stats: 'admin:{SECRET}@h/stats'}}]",
        f"haproxy: [{{stats: 'https://admin:{SECRET}@[h/stats'}}]",
        f"haproxy: ['https://admin:{SECRET}@h/stats']",
        f"haproxy: [https://admin:{SECRET}@h/stats: 1]",
        f"haproxy: 'https://admin:{SECRET}@h/stats'",
        f"haproxy: [{{password: {SECRET}}}]",
        f"haproxy: [{{stats: 'https://h/', username: 'admin:{SECRET}', password_file: /a}}]",
        f"haproxy: [{{stats: 'https://h/', username: admin, password_file: {SECRET}}}]",
        f"haproxy: [{{stats: 'https://h/', username: admin, password_file: 'credential:{SECRET}/x'}}]",
        f"haproxy: [{{stats: 'https://h/', username: admin, password_file: !{SECRET} x}}]",
        f"haproxy: [{{stats: 'https://h/', username: admin, password_file: !{SECRET}!x y}}]",
        f"haproxy: [{{stats: 'https://h/', username: admin, password_file: *{SECRET}}}]",
        f"haproxy: [{{stats: 'https://h/', username: admin, password_file: &{SECRET} y}}]",
        f'haproxy: [{{password: "\\q{SECRET}"}}]',
        f"haproxy: [{{password: @{SECRET}}}]",
        f"haproxy: [{{password: '{SECRET}",
        f"haproxy: [{{password: {SECRET}]",
        f"password: a: {SECRET}",
        f"password: |{SECRET}\n",
        f"%{SECRET} x\n---\n@",
    ],
)
def test_g5_no_secret_is_in_a_message(text):
    with pytest.raises(ConfigError) as raised:
        parse(text, FILE)
    assert SECRET not in str(raised.value)
    assert SECRET not in repr(raised.value)


def test_g5_credentials_in_a_url_are_refused_with_the_remedy():
    found = problem(f"haproxy: [{{stats: 'https://admin:{SECRET}@h/stats'}}]")
    assert "username, password_file" in found


def test_g5_records_hold_the_paths_of_secrets_only(tmp_path):
    secret = tmp_path / "password"
    secret.write_text(SECRET)
    record = haproxy(f"stats: 'https://h/', username: u, password_file: {secret}")
    assert SECRET not in repr(record)


# The file


def write(tmp_path: Path, content: bytes) -> str:
    file = tmp_path / "config.yaml"
    file.write_bytes(content)
    return str(file)


def refusal(path: str | None) -> str:
    with pytest.raises(ConfigError) as raised:
        load(path)
    return str(raised.value)


def test_a_file_is_loaded(tmp_path):
    assert load(write(tmp_path, b"store: /a/b\r\nagentx:\r\n  priority: 5\r\n")) == Config(
        agentx=AgentxConfig(priority=5), store="/a/b"
    )


def test_credentials_are_where_systemd_says(tmp_path):
    file = write(tmp_path, b"haproxy: [{stats: 'https://h/', username: u, password_file: 'credential:pw'}]")
    assert load(file, {"CREDENTIALS_DIRECTORY": "/run/here"}).haproxy[0].password_file == "/run/here/pw"
    assert load(file, {}).haproxy[0].password_file == f"{CREDENTIALS_DIRECTORY}/pw"


def test_g1_without_the_default_file_the_defaults_apply(tmp_path, monkeypatch):
    monkeypatch.setattr(config_module, "DEFAULT_FILE", str(tmp_path / "none" / "config.yaml"))
    assert load(None) == Config()
    monkeypatch.setattr(config_module, "DEFAULT_FILE", write(tmp_path, b""))
    assert load(None) == Config()
    monkeypatch.setattr(config_module, "DEFAULT_FILE", write(tmp_path, b"store: /elsewhere"))
    assert load(None).store == "/elsewhere"


def test_a_default_file_that_is_a_link_to_nowhere_is_told(tmp_path, monkeypatch):
    link = tmp_path / "config.yaml"
    link.symlink_to(tmp_path / "nowhere")
    monkeypatch.setattr(config_module, "DEFAULT_FILE", str(link))
    assert "cannot be read: No such file" in refusal(None)


def test_g1_a_file_that_was_asked_for_must_be_there(tmp_path):
    path = str(tmp_path / "none.yaml")
    found = refusal(path)
    assert found.startswith(f"{path}: cannot be read: No such file or directory: ")
    assert "correct the path" in found


def test_g1_a_directory(tmp_path):
    remedy = "give the path of the file in it, such as config.yaml"
    assert refusal(str(tmp_path)) == f"{tmp_path}: cannot be read: Is a directory: {remedy}"


def test_g1_a_fifo_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    assert "Not a regular file" in refusal(str(tmp_path / "fifo"))


def test_g1_unreadable():
    # outside of tmp_path, which others than its owner may not enter
    path = Path("/tmp") / f"haproxy-agentx-test-{os.getpid()}.yaml"
    path.write_text("store: /a\n")
    try:
        path.chmod(0)
        with unprivileged():
            found = refusal(str(path))
    finally:
        path.unlink()
    assert "cannot be read: Permission denied: let uid " in found
    assert "chmod 0640" in found


@pytest.mark.parametrize(
    ("content", "line"), [(b"# \xe9t\xe9\n", 1), (b"a: b\nc: \xff\n", 2), ("store: /a".encode("utf-16"), 1)]
)
def test_g1_not_utf_8(tmp_path, content, line):
    file = write(tmp_path, content)
    found = refusal(file)
    assert found.startswith(f"{file}:{line}: (encoding): ")
    assert "save the file as UTF-8" in found


def test_g4_the_size_is_capped(tmp_path):
    assert "larger than 256 KiB" in refusal(write(tmp_path, b"#" * (256 * 1024 + 1)))
    assert load(write(tmp_path, b"#" * (256 * 1024))) == Config()


def test_paths_that_are_none(tmp_path):
    assert "cannot be read: " in refusal("/dev/null\0")
    assert "cannot be read: " in refusal("")
    assert "cannot be read: Not a directory" in refusal(write(tmp_path, b"") + "/x")
    assert "\n" not in refusal("/no\nwhere")


# Advice


def test_x4_tcp_is_warned_of():
    assert any("no authentication" in line for line in advice(Config(agentx=AgentxConfig(socket="tcp:127.0.0.1:705"))))
    assert advice(Config()) == ()


@pytest.mark.parametrize(
    ("url", "warned"),
    [
        ("http://lb.example.org/", True),
        ("http://192.0.2.1/", True),
        ("https://lb.example.org/", False),
        ("http://127.0.0.1:8404/", False),
        ("http://[::1]/", False),
        ("http://localhost/", False),
    ],
)
def test_g5_a_password_in_clear_is_warned_of(url, warned):
    record = HaproxyConfig(stats=url, username="u", password_file="/a")
    assert bool(advice(Config(haproxy=(record,)))) == warned


def test_a_timeout_of_many_intervals_is_warned_of():
    assert "haproxy[0].timeout" in advice(Config(haproxy=(HaproxyConfig(interval=0.1, timeout=60.0),)))[0]
