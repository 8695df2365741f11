"""What was last reported is the truth, whatever happens: bursts, limits, ends and starts."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haproxy_agentx.health.rate_limiter import CALM, MANY, RateWindow
from haproxy_agentx.monitor.backend_reports import BackendReports
from haproxy_agentx.monitor.last_reported import BUCKETS, MAX_REMOVED, REMOVED, LastReported, Reported
from haproxy_agentx.monitor.source_reports import RETURN, SNMPD, SourceReports
from haproxy_agentx.monitor.state_reports import Explanation, StateReports
from haproxy_agentx.vocabulary.event import Kind
from tests.health.proxies import Process
from tests.support.event_texts import texts_of

KINDS = (Kind.backendChange, Kind.serverChange)
LIMIT, PER = 3, 60.0
NAMES = ("a", "b", "c", "d", "e")

STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("set"), st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["UP", "DOWN", "MAINT", ""]))
        ),
        st.tuples(st.just("wait"), st.sampled_from([0.1, 1.0, CALM, PER])),
        st.tuples(st.just("end"), st.sampled_from(["killed", "killed before it was kept", "terminated"])),
    ),
    max_size=40,
)


class Run:
    """BackendReports as the daemon runs them, with what a manager and the store have got from all runs so far."""

    def __init__(self) -> None:
        self.now = 0.0
        self.truth: dict[str, str] = dict.fromkeys(NAMES, "UP")
        self.events: list[Mapping[str, str]] = []
        self.memory: dict[str, str] = {}
        self.balance = 0
        """Changes seen in this run that are neither reported nor counted yet."""
        self._before: tuple[int, dict[str, str]] = (0, {})
        self.start()

    def start(self) -> None:
        self.process = Process("local")
        self.reports = BackendReports(KINDS, LIMIT, PER, self.memory)
        self.seen: dict[str, str] = {}
        self.balance = 0
        self.look()

    def last(self) -> dict[str, str]:
        """What a manager knows by the events."""
        return {one["haxEventSubject"]: one["haxEventState"] for one in self.events if one["haxEventSubject"] != MANY}

    def remembered(self) -> dict[str, str]:
        return {subject: one.state for kind in KINDS for subject, one in LastReported(kind, self.memory)}

    def raised(self) -> set[str]:
        last = {subject: one for kind in KINDS for subject, one in LastReported(kind, self.memory)}
        return {subject for subject, one in last.items() if one.raised and one.state != "UP"}

    def look(self) -> None:
        """Read HAProxy."""
        self.process.show({name: {"web": state} for name, state in self.truth.items() if state}, {"www": "OPEN"})
        states = {
            "/".join(filter(None, ("local", one.backend, one.server))): one.status
            for one in self.process.proxies.statuses(servers=True)
        }
        remembered = self.remembered()
        known = remembered | self.seen
        for subject, state in states.items():
            is_back = subject not in self.seen and remembered.get(subject) == REMOVED
            self.balance += subject in known and state != ("UP" if is_back else known[subject])
        ended = {subject for subject in known if subject not in states} & self.raised()
        self.balance += sum(self.seen.get(subject) != REMOVED for subject in ended)
        self.seen = dict.fromkeys(ended, REMOVED) | states
        self.reports.take("local", self.process.proxies, self.now)
        self.report()

    def report(self) -> None:
        self._before = len(self.events), dict(self.memory)
        known = self.remembered()
        for draft in self.reports.report(self.now, self.now):
            subject = texts_of(draft)["haxEventSubject"]
            self.events.append(texts_of(draft))
            self.balance -= int(texts_of(draft)["haxEventSuppressed"])
            if subject != MANY:
                self.balance -= 1
                assert texts_of(draft)["haxEventPreviousState"] == known[subject] != texts_of(draft)["haxEventState"]
                assert texts_of(draft)["haxEventState"] == self.seen[subject], "no false event"
        self.memory = dict(self.reports.texts)
        ended = {subject for subject, state in self.remembered().items() if state == REMOVED}
        self.seen = {name: state for name, state in self.seen.items() if state != REMOVED or name not in ended}

    def wait(self, seconds: float) -> None:
        end = self.now + seconds
        while (due := self.reports.deadline(self.now)) is not None and due <= end:
            self.now = max(self.now, due)
            self.report()
            due = self.reports.deadline(self.now)
            assert due is None or due > self.now
        self.now = end

    def end(self, how: str) -> None:
        if how == "killed before it was kept":
            count, self.memory = self._before
            del self.events[count:]  # an event is on disk with its memory, or not at all
        elif how == "terminated":
            self.report()
            for draft in self.reports.flush(self.now, self.now):
                self.events.append(texts_of(draft))
                self.balance -= int(texts_of(draft)["haxEventSuppressed"])
            assert self.balance == 0
            self.memory = dict(self.reports.texts)
        self.start()


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_what_was_last_reported_is_the_truth(steps):
    run = Run()
    for what, how in steps:
        if what == "set":
            run.truth |= how
            run.look()
        elif what == "wait":
            run.wait(how)
        else:
            run.end(how)
    run.wait(PER * 20)
    assert run.balance == 0, "each change is reported or counted"
    assert {subject: state for subject, state in run.remembered().items() if state != REMOVED} == run.seen
    for subject, state in run.last().items():
        now = run.seen.get(subject)
        if now is None:
            assert state in ("UP", REMOVED), "what was wrong with something that is gone has been ended"
        else:
            assert state == now or (state, now) == (REMOVED, "UP")


def reports(memory: Mapping[str, str] | None = None, limit: int = 10) -> StateReports:
    return StateReports(
        Kind.backendChange,
        "UP",
        0.0,
        RateWindow(limit, PER),
        lambda one: Explanation(one.words),
        memory or {},
    )


def drafts(of: StateReports, now: float) -> list[tuple[str, str]]:
    return [(texts_of(one)["haxEventSubject"], texts_of(one).get("haxEventState", "")) for one in of.report(now, now)]


def test_one_that_flaps_for_ever_does_not_keep_others_from_being_reported():
    of = reports(limit=2)
    reported = []
    for name in ("flaps", "other"):
        of.see(name, "UP", 0.0)
    for second in range(600):
        of.see("flaps", ("UP", "DOWN")[second % 2], float(second))
        if second == 100:
            of.see("other", "DOWN", 100.0)
        reported += [(second, *one) for one in drafts(of, float(second))]
    assert [one for one in reported if one[1] == "other" and one[0] < 100 + PER + 1]
    assert len(reported) <= 3 * 600 / PER


def test_what_is_removed_in_a_good_state_is_forgotten_in_silence():
    of = reports()
    of.see("a", "UP", 0.0)
    of.gone("a", 1.0, "")
    assert drafts(of, 2.0) == []
    assert of.last.get("a") is None


def test_a_problem_of_which_no_event_was_made_needs_no_end():
    of = reports()
    of.see("a", "DOWN", 0.0)
    of.gone("a", 1.0, "")
    assert drafts(of, 2.0) == []


def test_a_problem_that_was_reported_is_ended_when_its_subject_is_gone():
    of = reports()
    of.see("a", "UP", 0.0)
    of.see("a", "DOWN", 1.0)
    assert drafts(of, 1.0) == [("a", "DOWN")]
    of.gone("a", 2.0, "it is gone")
    assert drafts(reports(of.last.texts), 2.0) == []
    assert drafts(of, 2.0) == [("a", REMOVED)]
    of.see("a", "UP", 3.0)
    assert drafts(of, 3.0) == [], "it is well, and nobody believes anything else"


def test_a_subject_that_was_reported_and_comes_back_with_a_problem_is_reported():
    of = reports()
    for second, state in enumerate(("UP", "DOWN", "UP")):
        of.see("a", state, float(second))
        drafts(of, float(second))
    of.gone("a", 3.0, "")
    assert drafts(of, 3.0) == []
    of = reports(of.last.texts)
    of.see("a", "DOWN", 4.0)
    assert drafts(of, 4.0) == [("a", "DOWN")]


def test_the_memory_of_what_is_gone_is_bounded():
    last = LastReported(Kind.serverChange)
    for number in range(30_000):
        last.report(f"web{number}", "DOWN")
        last.drop(f"web{number}")
    assert len(list(last)) <= BUCKETS * MAX_REMOVED
    assert last.get("web29999") == Reported(REMOVED, raised=False)


# The memory.


def test_the_memory_of_50_000_servers_is_small_and_a_report_rewrites_little_of_it():
    last = LastReported(Kind.serverChange)
    last.learn({f"local/app{number % 50}/web{number}": "UP" for number in range(50_000)})
    before = dict(last.texts)
    assert len(before) <= BUCKETS
    assert sum(map(len, before.values())) < 2_500_000
    last.report("local/app7/web7", "DOWN")
    changed = [text for key, text in last.texts.items() if before.get(key) != text]
    assert len(changed) == 1
    assert len(changed[0]) < 5_000
    assert LastReported(Kind.serverChange, last.texts).get("local/app7/web7") == Reported("DOWN", raised=True)
    assert len(list(last)) == 50_000


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"a": 1}', '{"a": null}', "\ud800"])
def test_a_memory_that_cannot_be_read_is_empty(text):
    last = LastReported(Kind.backendChange)
    last.report("a", "DOWN")
    (key,) = last.texts
    assert LastReported(Kind.backendChange, {key: text}).get("a") is None
    assert list(LastReported(Kind.backendChange, {key: text})) == []


@given(st.dictionaries(st.text(), st.text(min_size=1).filter(lambda text: text[0] not in "~^")))
def test_the_memory_reads_as_it_was_written(states):
    last = LastReported(Kind.sourceChange)
    for subject, state in states.items():
        last.report(subject, state)
    again = LastReported(Kind.sourceChange, json.loads(json.dumps(dict(last.texts))))
    assert {subject: one.state for subject, one in again} == states


# HAProxy.


def backend_events(of: BackendReports, process: Process, now: float) -> list[tuple[str, str, str]]:
    of.take("local", process.proxies, now)
    return [
        (texts_of(one)["haxEventSubject"], texts_of(one)["haxEventPreviousState"], texts_of(one)["haxEventState"])
        for one in of.report(now, now)
    ]


def down_once() -> dict[str, str]:
    """Return the memory of a run that has reported a backend as DOWN."""
    process, of = Process(), BackendReports(KINDS, 10, PER, {})
    process.show({"app": {"web": "UP"}, "more": {"web": "UP"}})
    assert backend_events(of, process, 0.0) == []
    process.show({"app": {"web": "DOWN"}, "more": {"web": "UP"}})
    assert len(backend_events(of, process, 1.0)) == 2
    return of.texts


def test_a_start_beside_a_reload_of_haproxy_is_no_recovery():
    """Each server is UP until its first check has ended: that proves nothing."""
    process, of = Process(), BackendReports(KINDS, 10, PER, down_once())
    process.show({"app": {"web": ("UP", "INI")}, "more": {"web": ("UP", "INI")}})
    assert backend_events(of, process, 10.0) == []
    process.show({"app": {"web": "DOWN"}, "more": {"web": "UP"}})
    assert backend_events(of, process, 11.0) == []
    process.show({"app": {"web": "UP"}, "more": {"web": "UP"}})
    assert len(backend_events(of, process, 12.0)) == 2


def test_a_recovery_that_is_proven_after_the_start_is_reported():
    process, of = Process(), BackendReports(KINDS, 10, PER, down_once())
    process.show({"app": {"web": ("UP", "INI")}, "more": {"web": "UP"}})
    assert backend_events(of, process, 10.0) == []
    process.show({"app": {"web": "UP"}, "more": {"web": "UP"}})
    assert backend_events(of, process, 11.0) == [("local/app", "DOWN", "UP"), ("local/app/web", "DOWN", "UP")]


def test_a_bad_row_is_no_removal():
    process, of = Process(), BackendReports(KINDS, 10, PER, down_once())
    process.show({"app": {"web": "DOWN"}, "more": {"web": "UP"}})
    good = process.reading
    assert backend_events(of, process, 10.0) == []
    lines = [line for line in good.lines if not line.startswith(b"app,")]
    header = b"# " + b",".join(name.encode() for name in good.fields) + b",\n"
    process.take(header + b"\n".join([*lines, b"app,web,torn"]) + b"\n\n")
    assert not process.proxies.is_complete
    assert backend_events(of, process, 11.0) == []
    process.show({"more": {"web": "UP"}})
    assert [one[::2] for one in backend_events(of, process, 12.0)] == [
        ("local/app", REMOVED),
        ("local/app/web", REMOVED),
    ]


def test_a_process_that_is_no_longer_configured_ends_what_was_wrong_in_it():
    of = BackendReports(KINDS, 10, PER, down_once())
    of.keep({"other"}, 5.0)
    reported = list(of.report(5.0, 5.0))
    assert {texts_of(one)["haxEventSubject"] for one in reported} == {"local/app", "local/app/web"}
    assert all("local is no longer configured" in texts_of(one)["haxEventCauseText"] for one in reported)
    states = {state for text in of.texts.values() for state in json.loads(text).values()}
    assert states == {"~removed"}, "but for the marks of what was reported"


def test_more_changes_than_is_kept_are_found_all_the_same():
    names = [f"web{number}" for number in range(3000)]
    process, of = Process(), BackendReports([Kind.serverChange], 1_000_000, PER, {})
    process.show({"app": dict.fromkeys(names, "UP")})
    for _ in range(100):
        assert backend_events(of, process, 0.0) == []
    process.show({"app": dict.fromkeys(names, "DOWN")})
    reported = [one for step in range(100) for one in backend_events(of, process, 1.0 + step)]
    assert {one[0] for one in reported} == {f"local/app/{name}" for name in names}
    assert len(reported) == len(names)


# Sources.


class Sources:
    """SourceReports of a node with a connected snmpd."""

    def __init__(self, memory: Mapping[str, str] | None = None) -> None:
        self.now = 0.0
        self.of = SourceReports(1.0, 10, PER, memory or {})
        self.connected = True
        self.states = {"keepalived-mib": "ok", "keepalived-traps": "ok", "local": "ok"}
        self.reported: list[tuple[str, str]] = []
        self.wait(30.0)

    def wait(self, seconds: float) -> "Sources":
        for _ in range(round(seconds * 4)):
            for name, state in self.states.items():
                self.of.take(name, state, f"{name} is lost", self.now)
            self.of.take_master(self.connected, self.now)
            self.reported += [
                (texts_of(one)["haxEventSubject"], texts_of(one)["haxEventState"])
                for one in self.of.report(self.now, self.now)
            ]
            self.now += 0.25
        return self

    def snmpd(self, up: bool) -> "Sources":
        self.connected = up
        self.states |= dict.fromkeys(("keepalived-mib", "keepalived-traps"), "ok" if up else "refused")
        return self


def test_a_restart_of_snmpd_that_takes_no_longer_than_the_hold_is_no_event():
    sources = Sources().snmpd(False).wait(0.75).snmpd(True)
    sources.states["keepalived-mib"] = "absent"  # keepalived connects again after 15 s
    sources.wait(16.0).states["keepalived-mib"] = "ok"
    assert sources.wait(200.0).reported == []


def test_an_outage_of_snmpd_is_one_fact():
    sources = Sources()
    sources.states["keepalived-mib"] = "refused"  # it may be seen before the session has ended
    sources.wait(0.5).snmpd(False).wait(100.0).snmpd(True)
    sources.states["keepalived-mib"] = "absent"
    sources.wait(16.0).states["keepalived-mib"] = "ok"
    assert sources.wait(200.0).reported == [(SNMPD, "absent"), (SNMPD, "ok")]


def test_a_source_that_does_not_come_back_with_snmpd_is_reported():
    sources = Sources().snmpd(False).wait(0.5).snmpd(True)
    sources.states["keepalived-mib"] = "absent"
    assert sources.wait(RETURN - 1).reported == []
    assert sources.wait(5.0).reported == [("keepalived-mib", "absent")]


def test_another_source_is_lost_on_its_own():
    sources = Sources().snmpd(False)
    sources.states["local"] = "refused"
    assert ("local", "refused") in sources.wait(5.0).reported


def test_a_source_that_came_back_while_nobody_looked_is_reported_at_the_start():
    before = Sources()
    before.states["local"] = "refused"
    assert before.wait(5.0).reported == [("local", "refused")]
    assert Sources(before.of.texts).reported == [("local", "ok")]


def test_a_source_that_was_lost_and_is_no_longer_configured_is_ended():
    before = Sources()
    before.states["local"] = "refused"
    before.wait(5.0)
    after = SourceReports(1.0, 10, PER, before.of.texts)
    after.keep({"keepalived-mib", "keepalived-traps"}, 0.0)
    (ended,) = after.report(0.0, 0.0)
    assert (texts_of(ended)["haxEventSubject"], texts_of(ended)["haxEventState"]) == ("local", REMOVED)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.sampled_from(["x", "y"]), st.sampled_from(["ok", "stale", "refused"])),
            st.tuples(st.just("wait"), st.floats(0.1, 3.0)),
            st.tuples(st.just("end"), st.booleans()),
        ),
        max_size=40,
    )
)
def test_the_last_report_of_a_source_is_the_truth(steps):
    now, states, last = 0.0, {"x": "ok", "y": "ok"}, {"x": "ok", "y": "ok"}
    of = SourceReports(1.0, LIMIT, PER, {})

    def look() -> None:
        for name, state in states.items():
            of.take(name, state, "lost", now)
        for draft in of.report(now, now):
            subject, state = texts_of(draft)["haxEventSubject"], texts_of(draft).get("haxEventState", "")
            if subject != MANY:
                assert last[subject] == texts_of(draft)["haxEventPreviousState"] != state
                last[subject] = state

    look()
    for what, how in [*steps, ("wait", PER * 5)]:
        if what == "wait":
            end = now + how
            while now < end:
                now += 0.5
                look()
        elif what == "end":
            if how:
                list(of.flush(now, now))
            of = SourceReports(1.0, LIMIT, PER, dict(of.texts))
            look()
        else:
            states[what] = how
            look()
    assert last == states
