"""The octets that we count are those that a real snmpd counts: a Response of one octet more is never sent."""

from collections.abc import Callable

import pytest

from haproxy_agentx.agentx.events import Acknowledged, Ready, Unanswered
from haproxy_agentx.objects import schema
from haproxy_agentx.objects.notification_size import COMPACT, FULL, octets
from haproxy_agentx.objects.notifications import varbinds
from haproxy_agentx.vocabulary.event import Kind
from tests.objects.test_notification_size import longest
from tests.support import golden
from tests.support.our_agent import Agent
from tests.support.snmpd import Snmpd
from tests.support.snmptrapd import Snmptrapd
from tests.support.wait import eventually

pytestmark = pytest.mark.system

UP_TIME = 2**32 - 1


def outcomes(agent: Agent) -> dict[object, str]:
    found: dict[object, str] = {}
    for event in agent.events:
        if isinstance(event, Acknowledged):
            found[event.token] = "taken" if event.error == 0 else f"error {event.error}"
        elif isinstance(event, Unanswered):
            found[event.token] = "passed over"
    return found


# 484 is the least that net-snmp lets one set.
@pytest.mark.parametrize("budget", [COMPACT, 1024, FULL])
def test_the_longest_notifications_are_answered_at_the_limit_and_arrive(
    tmp_path, agent_factory: Callable[..., Agent], budget
):
    with (
        Snmptrapd(tmp_path / "v2c") as v2c,
        Snmptrapd(tmp_path / "v3") as v3,
        Snmpd(tmp_path / "snmpd", [*v2c.sinks(), *v3.v3_sinks(), f"[snmp] sendMessageMaxSize {budget}"]) as snmpd,
    ):
        agent = agent_factory(snmpd.agentx, golden.VIEW, timeout=5.0)
        eventually(lambda: Ready() in agent.events, 10)
        sent = {kind: varbinds(longest(kind), schema.ROOT, UP_TIME, budget) for kind in Kind}
        for kind, found in sent.items():
            assert agent.call(agent.connection.notify, found, kind)
        eventually(lambda: len(outcomes(agent)) == len(Kind), 10)
        assert outcomes(agent) == dict.fromkeys(Kind, "taken")
        for sink in (v2c, v3):
            eventually(lambda sink=sink: len(ours(sink)) == len(Kind), 10)
            assert [len(trap) for trap in ours(sink)] == [len(found) for found in sent.values()]


def test_one_octet_more_than_the_limit_is_never_answered(snmpd_factory, agent_factory: Callable[..., Agent]):
    found = varbinds(longest(Kind.serviceFailover), schema.ROOT, UP_TIME)
    snmpd = snmpd_factory([f"[snmp] sendMessageMaxSize {octets(found) - 1}"])
    agent = agent_factory(snmpd.agentx, golden.VIEW, timeout=5.0)
    eventually(lambda: Ready() in agent.events, 10)
    assert agent.call(agent.connection.notify, found, "too long")
    eventually(lambda: outcomes(agent), 10)
    assert outcomes(agent) == {"too long": "passed over"}
    shorter = varbinds(longest(Kind.serviceFailover), schema.ROOT, UP_TIME, octets(found) - 1)
    assert agent.call(agent.connection.notify, shorter, "short enough")
    eventually(lambda: len(outcomes(agent)) == 2, 10)
    assert outcomes(agent)["short enough"] == "taken"


def ours(sink: Snmptrapd) -> list[object]:
    """Give our notifications: snmpd itself says that it has started."""
    prefix = ".".join(map(str, schema.ROOT))
    return [trap for trap in sink.traps() if prefix in trap[1].text]
