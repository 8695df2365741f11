"""The entries of the zoo can be read, and say what an entry has to say."""

import pytest

from haproxy_agentx.health.model import Cause
from tests.zoo import servers
from tests.zoo.entry import BALANCERS, KINDS, QUICK_JOBS, Entry, read
from tests.zoo.play import load, names

RESERVED = frozenset(
    {"saturated", "clientErrors", "probeFailed", "roleDisputed", "addressRemoved", "configurationChanged"}
)
CAUSES = RESERVED | {cause.name for cause in Cause}
MINIMAL = "{about: a, source: b, ask: 'http://10.77.0.100:8080/x'}"


@pytest.fixture(params=names())
def entry(request) -> Entry:
    return load(request.param)[0]


def test_an_entry_says_what_it_is_and_where_it_was_seen(entry):
    assert entry.about
    assert entry.source
    assert entry.asks
    assert entry.steps


def test_its_causes_exist_and_its_hosts_too(entry):
    for step in entry.steps:
        assert set(step.causes) <= set(BALANCERS)
        for causes in step.causes.values():
            assert causes <= CAUSES


def test_its_servers_exist(entry):
    for server in entry.servers.values():
        assert server.kind in {*servers.KINDS, "dns"}
        assert server.address.startswith("10.77.0.2")


def test_files_that_steps_put_on_a_host_exist(entry):
    _, folder = load(entry.name)
    for step in entry.steps:
        for action in step.actions:
            if action[0] == "put":
                assert (folder / action[3]).is_file(), action
            if action[0] == "server":
                assert action[1] in entry.servers, action


def test_there_are_enough_of_them_and_one_for_each_kind_is_quick():
    assert len(names()) >= 80
    assert sorted(filter(None, (load(name)[0].quick for name in names()))) == sorted(KINDS)


def test_what_is_quick_can_be_played_on_every_machine_and_in_time():
    quick = [load(name)[0] for name in names() if load(name)[0].quick]
    assert [entry.name for entry in quick if entry.needs] == []
    assert sum(entry.lasts for entry in quick) / QUICK_JOBS <= 180


def test_one_cause_stands_for_both_nodes_and_each_url_is_asked_at_each_node():
    made = read("x", MINIMAL.replace("}", ", steps: [{do: web down, as: noUsableBackend}]}"))
    assert made.steps[0].causes == dict.fromkeys(BALANCERS, frozenset({"noUsableBackend"}))
    assert made.own == {"": ("http://{}:8080/x",)}
    assert read("x", MINIMAL.replace("}", ", own: none}")).own == {}


@pytest.mark.parametrize(
    "more",
    [
        ", nonsense: 1}",
        ", own: all}",
        ", steps: [{do: nothing, expect: active}]}",
        ", servers: {db: mysql 10.77.0.21}}",
        ", quick: true}",
    ],
)
def test_what_is_no_entry_is_refused(more):
    with pytest.raises(ValueError, match="x: "):
        read("x", MINIMAL.replace("}", more))
