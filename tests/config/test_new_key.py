"""A new key is one field of one record: all that a key is read, printed, checked and documented by follows from it."""

from dataclasses import dataclass

import pytest
from jsonschema import Draft7Validator

from haproxy_agentx.config import Config, ConfigError, NotificationsConfig
from haproxy_agentx.config.default import text_of
from haproxy_agentx.config.effective import effective_text
from haproxy_agentx.config.reader import read
from haproxy_agentx.config.schema import schema_of
from haproxy_agentx.config.secret_files import named_files
from haproxy_agentx.config.values import NAME
from haproxy_agentx.settings.given import Given
from haproxy_agentx.settings.hosts import ADDRESS
from haproxy_agentx.settings.keys import group, groups, key, optional, optional_group, required
from haproxy_agentx.settings.paths import secret_file
from haproxy_agentx.settings.types import duration, whole_number
from haproxy_agentx.snmp.access import V3Access
from tools.documents.configuration import key_table


@dataclass(frozen=True, slots=True)
class Louder(NotificationsConfig):
    volume: int = key(whole_number(0, 11, "a volume"), default=3, help="how loud it is: {range}")


@dataclass(frozen=True, slots=True)
class Route:
    to: str = required(NAME, example="there", help="where it leads")


@dataclass(frozen=True, slots=True)
class Neighbour:
    name: str = required(ADDRESS, example="192.0.2.2:161", help="where it is")
    community_file: str | None = optional(secret_file("community"), example="/etc/c", help="file with it")
    v3: V3Access | None = optional_group(V3Access, help="instead of a community")
    interval: float = key(duration(1.0, 60.0), default=5.0, help="time between readings: {range}")

    routes: tuple[Route, ...] = groups(Route, most=3, default=(), help="how to get there")

    def check(self, given: Given) -> None:
        if given.has("community_file") and given.has("v3"):
            given.note_at("v3", "community_file is given, too: remove one of the two")


@dataclass(frozen=True, slots=True)
class More(Config):
    notifications: Louder = group(Louder, default=Louder(), help="What is reported.")
    neighbours: tuple[Neighbour, ...] = groups(Neighbour, most=2, default=(), unique="name", help="The others.")


def parsed(text):
    return read(text, "config.yaml", More, "/run/credentials")


def problem(text):
    with pytest.raises(ConfigError) as raised:
        parsed(text)
    return str(raised.value)


def test_a_new_key_of_a_group():
    assert parsed("notifications: {volume: 11}").notifications == Louder(volume=11)
    assert parsed("").notifications.volume == 3
    assert problem("notifications:\n  volume: 12") == (
        "config.yaml:2: notifications.volume: '12' is not a volume: use a whole number from 0 to 11"
    )
    assert "did you mean volume?" in problem("notifications: {volum: 1}")
    assert "remind: none, volume: 11}" in effective_text(parsed("notifications: {volume: 11}"))
    assert "| `notifications.volume` | number | `3` | how loud it is: 0 to 11 |" in key_table(More)
    assert "#  volume: 3" in text_of(More)
    validator = Draft7Validator(schema_of(More))
    assert validator.is_valid({"notifications": {"volume": 11}})
    assert not validator.is_valid({"notifications": {"volume": 12}})
    assert not Draft7Validator(schema_of(Config)).is_valid({"notifications": {"volume": 11}})


TEXT = """
neighbours:
  - {name: '192.0.2.2:161', community_file: credential:c}
  - {name: '192.0.2.3:161', v3: {user: u, auth_file: /a, priv_file: /b}, interval: 1m, routes: [{to: a}, {to: b}]}
"""


def test_a_new_list_of_groups():
    found = parsed(TEXT)
    assert found.neighbours == (
        Neighbour("192.0.2.2:161", "/run/credentials/c"),
        Neighbour("192.0.2.3:161", None, V3Access("u", auth_file="/a", priv_file="/b"), 60.0, (Route("a"), Route("b"))),
    )
    assert parsed(effective_text(found)) == found
    assert parsed("").neighbours == ()
    assert "neighbours" not in effective_text(parsed(""))
    assert [(file.key, file.secret) for file in named_files(found)] == [
        ("neighbours[0].community_file", True),
        ("neighbours[1].v3.auth_file", True),
        ("neighbours[1].v3.priv_file", True),
    ]
    assert Draft7Validator(schema_of(More)).is_valid({"neighbours": [{"name": "192.0.2.2:161", "interval": "5s"}]})
    assert "| **`neighbours`** | list of at most 2 mappings | none | The others. |" in key_table(More)
    assert "| `neighbours[].v3.user` | name | required |" in key_table(More)
    assert "| `neighbours[].routes[].to` | name | required |" in key_table(More)
    assert "#   - name: 192.0.2.2:161" in text_of(More)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("neighbours: [{}]", "neighbours[0].name: it is missing: add it, such as name: 192.0.2.2:161"),
        ("neighbours: [{name: 'a'}]", "neighbours[0].name: it is not a numeric address"),
        ("neighbours: [{name: '[::1]:1'}, {name: '[::1]:1'}]", "neighbours[1].name: the name [::1]:1 is that of line"),
        ("neighbours: [{name: '[::1]:1', community_file: /c, v3: {user: u}}]", "neighbours[0].v3: community_file is"),
        ("neighbours: [{name: '[::1]:1', v3: {user: u}}]", "neighbours[0].v3.auth_file: it is missing"),
        ("neighbours: [{}, {}, {}]", "3 are listed: 2 are the most"),
        ("neighbours: [{name: '[::1]:1', routes: [{}]}]", "neighbours[0].routes[0].to: it is missing"),
        ("neighbour: []", "did you mean neighbours?"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_new_list_of_groups(text, what):
    assert what in problem(text)
