"""The JSON Schema of the configuration accepts what the program accepts, and refuses what it can express."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from haproxy_agentx.cli.main import main
from haproxy_agentx.config import Config, ConfigError, default_text, parse
from haproxy_agentx.config.effective import effective_text
from haproxy_agentx.config.schema import schema_of
from haproxy_agentx.settings.keys import Key, KeyGroup, keys_of
from haproxy_agentx.settings.patterns import decimal, number
from haproxy_agentx.settings.types import FileUse
from tests.support.configuration import VALIDATOR, as_yaml, fits
from tests.support.refused import FILE

ODD = (
    "0", "1", "5", "012", "0x10", "0o17", "1.10", "1.", ".5", "1e3", "1_000", "-1", ".inf", ".NaN", "1:30",
    "2024-01-01", "yes", "no", "On", "OFF", "true", "False", "TRUE", "y", "none", "None", "null", "Null", "NULL", "~",
    "''", "=", "<<", "/a", "/a b", "/a/", "80%", "100 %", "10/min", "600 / h", "1s", "500 ms", "0.5m", "0.1", "60",
    "200", "200-399", "é", "sha-256", "AES128", "authNOpriv", "tcp:127.0.0.1:705", "127.0.0.1:0161", "[::1]:1162",
    "localhost:1", "HEAD", "get", "https://127.0.0.1/", "HTTP://h/a?b", "tcp://[::1]:1", "credential:pw",
    ".1.3.6.1.4.1.5", "1.3.6.1.4.1.5", "Master",
)  # fmt: skip
"""Texts that YAML, or one of its versions, takes for something else, or that some key takes."""

OUT_OF_RANGE = (
    "-1", "0", "99", "256", "600", "3651", "1000001", "99999999999", "0%", "101%", "0/min", "601/min", "601/h", "0s",
    "99ms", "61s", "61m", "59s", "9s", "169h", "2h", "604801s", "60.5s", "99-200", "200-600", "127.0.0.1:0",
    "127.0.0.1:65536",
)  # fmt: skip

WRONG = ("low", "[]", "{}", "[1]", "{a: b}", "''", "~", "relative", "a b:c d")


def is_accepted(text):
    try:
        parse(text, FILE)
    except ConfigError:
        return False
    return True


# What is accepted


def patterns(schema):
    yield from ([schema["pattern"]] if "pattern" in schema else [])
    for each in schema.get("anyOf", ()):
        yield from patterns(each)


def reads(key, text):
    try:
        key.type.read(text)
    except ValueError:
        return False
    return True


def written(text):
    """A text as a scalar of YAML: as it is where that is the same, or in quotes."""
    quoted = st.just("'" + text.replace("'", "''") + "'")
    return st.just(text) | quoted if re.fullmatch(r"[\w./%:+~-]+( [\w%/-]+)*", text) else quoted


def scalars(key):
    made = [st.from_regex(pattern, fullmatch=True) for pattern in patterns(key.type.schema)]
    return st.one_of(st.sampled_from(ODD), *made).filter(lambda text: reads(key, text)).flatmap(written)


def values(item):
    if isinstance(item, KeyGroup):
        if item.most:
            return st.lists(mappings(item.record), min_size=1, max_size=2).map(", ".join).map("[{}]".format)
        short = [scalars(key) for key in item.keys if key.name == item.short]
        return st.one_of(mappings(item.record), *short)
    if item.most:
        return st.lists(scalars(item), max_size=3).map(", ".join).map("[{}]".format)
    return scalars(item)


def mappings(record):
    """Flow mappings of YAML: what is required, and some of the rest."""
    items = keys_of(record)
    always = {item.name: values(item) for item in items if isinstance(item, Key) and item.is_required}
    others = {item.name: values(item) for item in items if item.name not in always}
    return st.fixed_dictionaries(always, optional=others).map(flow)


def flow(texts):
    return "{" + ", ".join(f"{key}: {text}" for key, text in texts.items()) + "}"


@pytest.mark.parametrize("item", keys_of(Config), ids=lambda item: item.name)
def test_what_the_program_accepts_fits_the_schema(item):
    seen = []

    @settings(max_examples=160)
    @given(values(item))
    def check(text):
        text = f"{item.name}: {text}"
        if is_accepted(text):
            seen.append(text)
            assert fits(text), text

    check()
    assert len(seen) > 10


@pytest.mark.parametrize("text", ["", "# nothing\n", "agentx:\n", "{}", "null", "haproxy: ~\nservices: Null\n"])
def test_what_is_left_out_fits_the_schema(text):
    assert is_accepted(text)
    assert fits(text)


def test_the_defaults_fit_the_schema():
    assert fits(default_text())
    assert fits(effective_text(Config()))


# What is refused


def whole_file():
    """A file with every key but those that exclude others, as nested dicts and lists of texts."""
    return {
        "root": "1.3.6.1.4.1.5.5",
        "agentx": {"socket": "/a", "priority": "5"},
        "haproxy": [
            {
                "name": "a", "stats": "/s", "interval": "1s", "timeout": "1s", "master_socket": "/m",
                "certificate_days": "3",
            },
            {"name": "b", "stats": "'https://h/s'", "username": "u", "password_file": "/p", "ca_file": "/c"},
        ],
        "keepalived": {
            "fifo": "/f",
            "traps": {"address": "127.0.0.1:1162", "community_file": "/c"},
            "snmp": {
                "address": "127.0.0.1:161",
                "v3": {
                    "user": "u", "level": "authPriv", "auth_protocol": "SHA", "auth_file": "/a", "priv_protocol": "AES",
                    "priv_file": "/b",
                },
            },
        },
        "services": [
            {
                "name": "s", "vrrp_instance": "V", "frontends": ["f"], "backends": ["b"], "min_servers": "1",
                "intended_role": "master",
                "probe": {
                    "url": "'https://127.0.0.1/'", "standby_url": "'https://127.0.0.1/'", "host": "h", "method": "GET",
                    "status": "200", "interval": "1s", "timeout": "1s", "fall": "1", "remote": "no", "ca_file": "/c",
                },
            }
        ],
        "notifications": {
            "hold": "1s", "limit": "1/min", "servers": "no", "backends": "no", "egress_hold": "1s", "remind": "1h",
            "sinks": ["192.0.2.50"],
        },
        "store": "/s",
    }  # fmt: skip


def rendered(found):
    if isinstance(found, dict):
        return flow({key: rendered(value) for key, value in found.items()})
    return f"[{', '.join(map(rendered, found))}]" if isinstance(found, list) else found


def places(found, record=Config, path=()):
    """Give the path of each key, with what is declared there; the record itself for each mapping."""
    yield path, record
    known = {item.name: item for item in keys_of(record)}
    for name, value in found.items():
        item = known[name]
        yield (*path, name), item
        if isinstance(item, KeyGroup):
            for place, each in enumerate(value) if item.most else [(None, value)]:
                inner = (*path, name) if place is None else (*path, name, place)
                yield from places(each, item.record, inner)


WHOLE = as_yaml(rendered(whole_file()))


def changed(path, value, found):
    """A whole file with another value at a path."""
    if not path:
        return value
    first, *rest = path
    if isinstance(found, list):
        return [changed(rest, value, each) if place == first else each for place, each in enumerate(found)]
    return {**found, first: changed(rest, value, found.get(first))}


def is_accepted_with(path, value):
    return is_accepted(rendered(changed(path, value, whole_file())))


def fits_with(path, value):
    return VALIDATOR.is_valid(changed(path, as_yaml(value), WHOLE))


PLACES = list(places(whole_file()))
KEYS = [(path, item) for path, item in PLACES if isinstance(item, Key)]


RANGES = [(path, key) for path, key in KEYS if key.type.range or key.name in {"min_servers", "status"}]


def named(value):
    return ".".join(map(str, value)) if isinstance(value, tuple) else ""


def test_the_whole_file_has_every_key_and_is_accepted():
    text = rendered(whole_file())
    assert is_accepted(text), text
    assert fits(text)
    assert {item.name for _, item in KEYS} | {"community_file"} == {item.name for item in every(Config)}


def every(record):
    for item in keys_of(record):
        yield from every(item.record) if isinstance(item, KeyGroup) else [item]


@pytest.mark.parametrize("path", [path for path, item in PLACES if isinstance(item, type)], ids=named)
def test_an_unknown_key_is_refused_by_both(path):
    assert not is_accepted_with((*path, "unknown"), "1")
    assert not fits_with((*path, "unknown"), "1")


@pytest.mark.parametrize("value", WRONG)
@pytest.mark.parametrize(("path", "item"), [place for place in PLACES if not isinstance(place[1], type)], ids=named)
def test_a_value_of_another_type_is_refused_by_both(path, item, value):
    if not is_accepted_with(path, value) and not is_beyond_a_schema(item, value):
        assert not fits_with(path, value)


def is_beyond_a_schema(item, value):
    """Whether a refusal depends on more than the form of the value."""
    if isinstance(item, KeyGroup):  # it is empty, which is refused for what it lacks
        return value in {"{}", "~"} and not item.most
    if item.most:  # what is listed is not known elsewhere, or both lists are empty
        return value.startswith("[")
    return False


@pytest.mark.parametrize("value", OUT_OF_RANGE)
@pytest.mark.parametrize(
    ("path", "key"),
    [place for place in KEYS if place[1].type.range or place[1].name in {"min_servers", "status"}],
    ids=named,
)
def test_what_is_out_of_range_is_refused_by_both(path, key, value):
    assert fits_with(path, value) == is_accepted_with(path, value)


@pytest.mark.parametrize("text", ["haproxy: []", "services: []", "services: [{}]", f"haproxy: [{'{}, ' * 65}]"])
def test_lists_that_are_too_short_or_too_long_are_refused_by_both(text):
    assert not is_accepted(text)
    assert not fits(text)


# How it is made


@given(st.integers(0, 100_000), st.integers(0, 100_000), st.integers(0, 200_000))
def test_a_pattern_of_numbers_matches_its_range(least, width, number_):
    pattern = number(least, least + width)
    for each in {number_, least, least + width, least + width + 1, max(least - 1, 0)}:
        assert bool(re.fullmatch(pattern, str(each))) == (least <= each <= least + width)


@given(st.integers(0, 100), st.integers(1, 100), st.integers(0, 3000))
def test_a_pattern_of_decimals_matches_its_range(least, width, tenths):
    pattern = decimal(least, least + width)
    assert bool(re.fullmatch(pattern, f"{tenths // 10}.{tenths % 10}")) == (least <= tenths / 10 <= least + width)


def test_the_command_prints_the_schema(capsys):
    assert main(["schema"]) == 0
    printed = json.loads(capsys.readouterr().out)
    Draft7Validator.check_schema(printed)
    assert printed.items() >= dict(schema_of(Config)).items()
    assert printed["properties"]["agentx"]["properties"]["priority"]["default"] == 127
    assert printed["properties"]["agentx"]["properties"]["priority"]["patternErrorMessage"] == "expected: 1 to 255"


def test_each_key_that_holds_a_secret_may_be_a_credential():
    for key in every(Config):
        if key.type.file is FileUse.secret:
            assert re.search(key.type.schema["pattern"], "credential:a")
