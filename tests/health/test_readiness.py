"""assess: each rule of docs/health.md, 'Readiness', and a model of it against random proxies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.health.model import MemberKind, Readiness, Reason
from haproxy_agentx.health.proxies import Proxies
from haproxy_agentx.health.readiness import Member, ProcessState, assess, required
from haproxy_agentx.health.requirements import ALL, Minimum, ServiceRequirements
from haproxy_agentx.health.words import MAX_LINE
from tests.health.proxies import Process, Servers, done, proxies_of, sample
from tests.health.readiness_model import model

OPEN = {"fe": "OPEN"}
ALL_OF_IT = ServiceRequirements()


def judge(
    backends: dict[str, Servers], frontends: dict[str, str] = OPEN, requirements: ServiceRequirements = ALL_OF_IT
):
    return assess(requirements, [ProcessState("local", proxies_of(backends, frontends))])


def reasons(verdict) -> set[str]:
    return {reason.name for reason in Reason if reason in verdict.reasons}


@pytest.mark.parametrize(
    ("backends", "readiness", "why"),
    [
        ({"a": {"x": "UP", "y": "UP"}}, "ready", set()),
        ({"a": {"x": "UP", "y": "DOWN"}}, "degraded", {"belowMinimum"}),
        ({"a": {"x": "DOWN", "y": "NOLB"}}, "notReady", {"noUsableBackend"}),
        ({"a": {"x": "UP"}, "b": {"x": "DOWN"}}, "degraded", {"backendDown"}),
        ({"a": {"x": "DOWN"}, "b": {"x": "DOWN"}}, "notReady", {"noUsableBackend"}),
        ({"a": {"x": "UP"}, "b": {}}, "ready", set()),
        ({"a": {}}, "notReady", {"backendEmpty"}),
        ({"a": {}, "b": {}}, "notReady", {"backendEmpty"}),
        ({}, "ready", set()),
        ({"a": {"x": "UP", "y": "MAINT"}}, "ready", {"maintenance"}),
        ({"a": {"x": "UP", "y": "DRAIN"}}, "ready", {"maintenance"}),
        ({"a": {"x": "UP"}, "b": {"x": "MAINT"}}, "ready", {"maintenance"}),
        ({"a": {"x": "MAINT"}}, "notReady", {"maintenance", "noUsableBackend"}),
        ({"a": {"x": "DOWN"}, "b": {"x": "MAINT"}}, "notReady", {"maintenance", "noUsableBackend"}),
        ({"a": {"x": "DOWN", "y": "MAINT"}}, "notReady", {"maintenance", "noUsableBackend"}),
        ({"a": {"x": "no check"}}, "ready", {"unchecked"}),
        ({"a": {"x": "no check", "y": "UP"}}, "ready", set()),
        ({"a": {"x": "no check", "y": "DOWN"}}, "degraded", {"belowMinimum", "unchecked"}),
        ({"a": {"x": "no check"}, "b": {"x": "DOWN"}}, "notReady", {"noUsableBackend", "unchecked"}),
        (
            {"a": {"x": "no check", "y": "DOWN"}, "b": {"x": "DOWN"}},
            "degraded",
            {"belowMinimum", "backendDown", "unchecked"},
        ),
        ({"a": {"x": "no check"}, "b": {"x": "MAINT"}}, "ready", {"unchecked", "maintenance"}),
        ({"a": {"x": "MAINT (resolution)"}}, "notReady", {"noUsableBackend"}),
        ({"a": {"x": "UP", "y": "MAINT (resolution)"}}, "ready", set()),
        ({"a": {"x": "UP"}, "b": {"y": "MAINT (resolution)"}}, "degraded", {"backendDown"}),
        ({"a": {"x": "ODD"}}, "notReady", {"noUsableBackend"}),
        ({"a": {"x": ("UP", "L7OK", "0"), "y": "UP"}}, "ready", {"maintenance"}),
    ],
)
def test_backends(backends, readiness, why):
    verdict = judge(backends)
    assert (verdict.readiness.name, reasons(verdict)) == (readiness, why)
    assert verdict.maintenance is ("maintenance" in why)
    assert bool(verdict.details) is bool(why)


@pytest.mark.parametrize("status", ["STOP", "PAUSED", "ODD"])
def test_a_frontend_that_is_not_open(status):
    verdict = judge({"a": {"x": "UP"}}, {"shut": status})
    assert (verdict.readiness, reasons(verdict)) == (Readiness.notReady, {"frontendClosed"})
    assert "frontend shut is" in verdict.details
    beside = judge({"a": {"x": "UP"}}, {"fe": "OPEN", "shut": status})
    assert (beside.readiness, reasons(beside)) == (Readiness.degraded, {"frontendClosed"})
    named = judge({"a": {"x": "UP"}}, {"fe": "OPEN", "shut": status}, ServiceRequirements(("shut",), ("a",)))
    assert named.readiness is Readiness.notReady


def test_a_frontend_at_its_limit_is_open():
    """HAProxy up to 1.8 shows FULL."""
    assert judge({"a": {"x": "UP"}}, {"fe": "FULL"}).readiness is Readiness.ready


@pytest.mark.parametrize(
    ("minimum", "up", "down", "readiness"),
    [
        (ALL, 4, 0, "ready"),
        (ALL, 3, 1, "degraded"),
        (Minimum(80, percent=True), 4, 1, "ready"),
        (Minimum(80, percent=True), 3, 1, "degraded"),
        (Minimum(80, percent=True), 16, 4, "ready"),
        (Minimum(80, percent=True), 15, 5, "degraded"),
        (Minimum(1), 1, 3, "ready"),
        (Minimum(1), 0, 4, "notReady"),
        (Minimum(3), 3, 3, "ready"),
        (Minimum(3), 2, 0, "degraded"),
        (Minimum(0), 0, 2, "notReady"),
        (Minimum(1, percent=True), 0, 2, "notReady"),
    ],
)
def test_minimum(minimum, up, down, readiness):
    servers = {f"up{n}": "UP" for n in range(up)} | {f"down{n}": "DOWN" for n in range(down)}
    verdict = judge({"a": servers | {"off": "MAINT"}}, requirements=ServiceRequirements(minimum=minimum))
    assert (verdict.readiness.name, verdict.usable, verdict.configured) == (readiness, up, up + down)


def test_a_number_is_asked_for_also_in_maintenance():
    verdict = judge({"a": {"x": "MAINT"}, "b": {"x": "UP"}}, requirements=ServiceRequirements(minimum=Minimum(1)))
    assert (verdict.readiness, reasons(verdict)) == (Readiness.degraded, {"belowMinimum", "maintenance"})


def test_a_part_of_a_server_is_one():
    assert [required(Minimum(50, percent=True), counted) for counted in range(5)] == [0, 1, 1, 2, 2]


# HAProxy that cannot be asked


@pytest.mark.parametrize(
    ("trouble", "readiness"),
    [
        (Reason.haproxyGone, Readiness.notReady),
        (Reason.haproxyUnresponsive, Readiness.notReady),
        (Reason.haproxyUnreadable, Readiness.unknown),
    ],
)
@pytest.mark.parametrize("was_read", [True, False])
def test_trouble(trouble, readiness, was_read):
    """Stale data is never shown as healthy."""
    proxies = proxies_of({"a": {"x": "UP"}}, OPEN) if was_read else None
    verdict = assess(ALL_OF_IT, [ProcessState("local", proxies, trouble)])
    assert (verdict.readiness, verdict.reasons, verdict.usable) == (readiness, trouble, 0)
    assert {member.readiness for member in verdict.members} <= {readiness}
    assert len(verdict.members) == (2 if was_read else 0)
    assert verdict.details.startswith("haproxy local ")


def test_not_read_yet_is_unknown():
    verdict = assess(ALL_OF_IT, [ProcessState("local", None)])
    assert (verdict.readiness, reasons(verdict)) == (Readiness.unknown, {"haproxyUnreadable"})


@pytest.mark.parametrize(
    ("words", "details"),
    [
        ("haproxy local does not answer within 2 s", "haproxy local does not answer within 2 s"),
        ("no answer within 2 s", "haproxy local: no answer within 2 s"),
        ("", "haproxy local does not answer"),
    ],
)
def test_words_of_trouble(words, details):
    state = ProcessState("local", None, Reason.haproxyUnresponsive, words)
    assert assess(ALL_OF_IT, [state]).details == details


def test_no_process_at_all():
    verdict = assess(ALL_OF_IT, [])
    assert (verdict.readiness, reasons(verdict)) == (Readiness.unknown, {"noMember"})


# Several processes


def test_backends_of_all_processes_are_judged_together():
    up, down = proxies_of({"a": {"x": "UP"}}), proxies_of({"a": {"x": "DOWN"}}, name="other")
    mixed = assess(ALL_OF_IT, [ProcessState("local", up), ProcessState("other", down)])
    assert (mixed.readiness, reasons(mixed)) == (Readiness.degraded, {"backendDown"})
    assert mixed.details == "backend other/a has no usable server of 1 (x DOWN)"
    both = assess(ALL_OF_IT, [ProcessState("local", down), ProcessState("other", down)])
    assert both.readiness is Readiness.notReady


def test_each_process_has_to_serve_its_part():
    up = ProcessState("local", proxies_of({"a": {"x": "UP"}}))
    assert assess(ALL_OF_IT, [up, ProcessState("other", None, Reason.haproxyGone)]).readiness is Readiness.notReady
    assert assess(ALL_OF_IT, [up, ProcessState("other", None)]).readiness is Readiness.unknown


def test_what_is_certain_goes_before_what_is_unknown():
    states = [ProcessState("a", None, Reason.haproxyGone), ProcessState("b", None, Reason.haproxyUnreadable)]
    assert assess(ALL_OF_IT, states).readiness is Readiness.notReady


def test_a_process_without_a_part_is_of_no_importance():
    here, gone = ProcessState("local", proxies_of({"a": {"x": "UP"}}, OPEN)), Reason.haproxyGone
    for requirements in (
        ServiceRequirements(("fe",), ("a",)),
        ServiceRequirements(("local/fe",), ("local/a",)),
        ServiceRequirements((), ("local/a",)),
    ):
        assert assess(requirements, [here, ProcessState("other", None, gone)]).readiness is Readiness.ready
        assert (
            assess(requirements, [here, ProcessState("other", proxies_of({"b": {}}), gone)]).readiness
            is Readiness.ready
        )


def test_a_process_that_may_have_what_is_nowhere_else_has_a_part():
    here, requirements = (
        ProcessState("local", proxies_of({"a": {"x": "UP"}}, OPEN)),
        ServiceRequirements(("fe",), ("a", "b")),
    )
    verdict = assess(requirements, [here, ProcessState("other", None, Reason.haproxyGone)])
    assert (verdict.readiness, reasons(verdict)) == (Readiness.notReady, {"haproxyGone"})


# What was named


def test_only_what_was_named_counts():
    proxies = {"a": {"x": "UP"}, "b": {"x": "DOWN"}}
    fronts = {"fe": "OPEN", "stats": "STOP"}
    assert judge(proxies, fronts, ServiceRequirements(("fe",), ("a",))).readiness is Readiness.ready
    assert judge(proxies, fronts, ServiceRequirements(("fe",), ("local/a", "a"))).members == (
        Member("local", "fe", kind=MemberKind.frontend, readiness=Readiness.ready),
        Member("local", "a", kind=MemberKind.backend, readiness=Readiness.ready, usable=1, configured=1, required=1),
    )
    assert judge(proxies, fronts, ServiceRequirements(("fe",), ("b",))).readiness is Readiness.notReady


@pytest.mark.parametrize(
    ("requirements", "readiness"),
    [
        (ServiceRequirements(("fe",), ("a", "gone")), Readiness.degraded),
        (ServiceRequirements(("fe", "gone"), ("a",)), Readiness.degraded),
        (ServiceRequirements(("fe",), ("gone",)), Readiness.notReady),
        (ServiceRequirements(("gone",), ("a",)), Readiness.notReady),
        (ServiceRequirements(("gone",), ("gone", "other/a")), Readiness.notReady),
        (ServiceRequirements((), ("a", "elsewhere/a")), Readiness.degraded),
    ],
)
def test_missing(requirements, readiness):
    verdict = judge({"a": {"x": "UP"}}, OPEN, requirements)
    assert verdict.readiness is readiness
    assert "memberMissing" in reasons(verdict)
    assert "is not in HAProxy" in verdict.details
    assert any(member.readiness is Readiness.notReady for member in verdict.members)


def test_nothing_is_missing_where_it_may_be_and_was_not_read():
    states = [ProcessState("local", proxies_of({"a": {"x": "UP"}})), ProcessState("other", None)]
    assert "memberMissing" not in reasons(assess(ServiceRequirements((), ("gone",)), states))


def test_nothing_belongs_to_it():
    verdict = judge({"a": {"x": "UP"}, "empty": {}}, OPEN, ServiceRequirements((), ()))
    assert (verdict.readiness, reasons(verdict)) == (Readiness.unknown, {"noMember"})


def test_an_empty_backend_that_was_named_is_an_outage():
    verdict = judge({"a": {"x": "UP"}, "empty": {}}, OPEN, ServiceRequirements((), ("empty",)))
    assert (verdict.readiness, reasons(verdict)) == (Readiness.notReady, {"backendEmpty", "noUsableBackend"})
    assert verdict.details == "backend empty has no servers"


def test_a_name_given_twice_counts_once():
    assert judge({"a": {"x": "UP"}}, requirements=ServiceRequirements((), ("a", "a"))).usable == 1


# Words


def test_details_name_what_is_wrong():
    servers = {"web1": "DOWN", "web2": "NOLB", "web3": "UP"}
    assert judge({"app": servers}).details == "backend app has 1 of 3 servers, needs 3 (web1 DOWN, web2 NOLB)"
    assert judge({"app": {"x": "MAINT (resolution)"}}).details == (
        "backend app has no server to use (x MAINT (resolution))"
    )
    many = {f"w{n}": "DOWN" for n in range(9)}
    assert judge({"app": many}).details == "backend app has no usable server of 9 (w0 DOWN, w1 DOWN, w2 DOWN, ...)"


def test_details_have_the_worst_first_and_an_end():
    backends = {f"b{n}": {"x": "DOWN", "y": "UP"} for n in range(9)} | {"zz": {"x": "DOWN"}}
    details = judge(backends, {"fe": "STOP"}).details
    assert details.startswith("frontend fe is STOP; backend zz has no usable server of 1 (x DOWN); backend b0")
    assert details.endswith("; and 8 more")


def test_details_tell_remarks_only_when_nothing_is_wrong():
    assert judge({"a": {"x": "MAINT", "y": "UP"}}).details == "1 of backend a in maintenance"
    assert judge({"a": {"x": "no check"}}).details == "backend a serves by servers without checks"
    assert "maintenance" not in judge({"a": {"x": "MAINT", "y": "DOWN"}}).details


def test_long_names_are_cut():
    long = "n" * 1000
    details = judge({long: {long + str(n): "DOWN" for n in range(4)}, long + "2": {"x": "DOWN"}}).details
    assert len(details) <= MAX_LINE + 3


# Samples of a real HAProxy


@pytest.mark.parametrize(
    ("name", "readiness", "why"),
    [
        ("01-healthy", "ready", {"unchecked", "maintenance"}),
        ("03-web1-down", "degraded", {"belowMinimum", "unchecked", "maintenance"}),
        ("05-web1-maint", "ready", {"unchecked", "maintenance"}),
        ("06-web1-drain", "ready", {"unchecked", "maintenance"}),
        ("07-api1-down-backup-active", "degraded", {"belowMinimum", "unchecked", "maintenance"}),
        ("08-all-web-and-api-down", "notReady", {"noUsableBackend", "unchecked", "maintenance"}),
        ("09-nocheck-server-dead", "ready", {"unchecked", "maintenance"}),
        ("09b-web2-nolb-404", "degraded", {"belowMinimum", "unchecked", "maintenance"}),
        ("10-frontend-paused", "degraded", {"frontendClosed", "unchecked", "maintenance"}),
    ],
)
def test_samples(name, readiness, why):
    proxies = Proxies("local")
    done(proxies.take(sample(name)))
    verdict = assess(ALL_OF_IT, [ProcessState("local", proxies)])
    assert (verdict.readiness.name, reasons(verdict)) == (readiness, why)


def test_a_reload_with_all_servers_down_is_no_recovery():
    process = Process()
    seen = []
    for servers in ({"x": "UP"}, {"x": "DOWN"}, {"x": ("UP 1/3", "INI")}, {"x": ("UP 1/3", "* INI")}, {"x": "UP"}):
        process.show({"app": servers}, OPEN)
        seen.append(assess(ALL_OF_IT, [ProcessState("local", process.proxies)]).readiness.name)
    assert seen == ["ready", "notReady", "notReady", "notReady", "ready"]


# Against a model

WORDS = st.sampled_from(["UP", "UP 1/2", "DOWN", "NOLB", "DRAIN", "MAINT", "MAINT (resolution)", "no check"])
BACKENDS = st.dictionaries(
    st.sampled_from("abc"), st.dictionaries(st.sampled_from("xyz"), WORDS, max_size=3), max_size=3
)
FRONTENDS = st.dictionaries(st.sampled_from("fg"), st.sampled_from(["OPEN", "STOP"]), max_size=2)
NAMES = st.none() | st.lists(st.sampled_from(["a", "f", "p/a", "q/b", "q/g", "z"]), max_size=3).map(tuple)
MINIMA = st.builds(Minimum, st.integers(0, 3)) | st.builds(Minimum, st.integers(0, 100), percent=st.just(True))
TROUBLES = st.sampled_from(
    [Reason(0), Reason(0), Reason.haproxyGone, Reason.haproxyUnresponsive, Reason.haproxyUnreadable]
)
STATES = st.tuples(st.none() | st.tuples(BACKENDS, FRONTENDS), TROUBLES)


@given(NAMES, NAMES, MINIMA, STATES, st.none() | STATES)
def test_any_proxies(frontends, backends, minimum, first, second):
    requirements = ServiceRequirements(frontends, backends, minimum)
    states = {"p": first} | ({"q": second} if second is not None else {})
    processes = [
        ProcessState(name, None if proxies is None else proxies_of(proxies[0], proxies[1], name), trouble)
        for name, (proxies, trouble) in states.items()
    ]
    verdict = assess(requirements, processes)
    assert verdict.readiness.name == model(requirements, states)
    assert verdict.usable <= verdict.configured
    assert bool(verdict.details) or not verdict.reasons
