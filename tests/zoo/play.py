"""Play an entry on its stage, and judge at every rest."""

import math
import os
import re
import subprocess
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from tests.zoo.entry import BALANCERS, Entry, Step, read
from tests.zoo.judge import (
    CauseVerdict,
    Event,
    Sample,
    Score,
    View,
    Wrong,
    false_words,
    is_false,
    judge,
    judge_cause,
)
from tests.zoo.stage import ENTRIES, Referee, Stage

REST = 3.0
"""Seconds for which neither the truth nor a report has changed: that is a rest."""

STARVED = 0.3
"""Seconds by which the referee is woken late where the machine has too much to do: checks fail that should not."""

SLACK = 0.2
"""Seconds by which the date in a notification may be before the action: it has tenths."""

PATIENCE = 45.0
"""Seconds after which it is judged though something still changes."""

PROBLEMS = frozenset(
    {"standbyNotReady", "fault", "stopped", "unknown", "blackhole", "conflict", "activeDegraded", "standbyDegraded"}
)
REPORTERS = frozenset({"snmpd", "agent"})
SERVICE_KINDS = frozenset({"serviceFailover", "serviceHealthChange"})


def load(name: str) -> tuple[Entry, Path]:
    """Return an entry and its folder."""
    folder = ENTRIES / name
    return read(name, (folder / "entry.yaml").read_text()), folder


def names() -> list[str]:
    """Return the names of all entries, in order."""
    return sorted(folder.name for folder in ENTRIES.iterdir() if (folder / "entry.yaml").exists())


def is_playable(entry: Entry) -> bool:
    """Whether this machine has what an entry needs."""
    if entry.needs is None:
        return True
    program, least = entry.needs
    if program.startswith("/"):
        return Path(program).exists()
    shown = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"v?([0-9]+(?:\.[0-9]+)+)", shown.stdout + shown.stderr)
    return found is not None and tuple(map(int, found[1].split("."))) >= least


def play(name: str, number: int = 0) -> Score:
    """Play an entry from its start to its last rest."""
    entry, folder = load(name)
    score = Score()
    stage = Stage.of(entry, folder, f"zoo-{os.getpid()}-{number}")
    try:
        referee = Referee(stage)
        try:
            changed = time.monotonic()
            seen = _rest(referee, changed, 10.0)
            _judge_rest(score, stage, seen, "start")
            begins = []
            for step in entry.steps:
                changed = time.monotonic()
                begins.append(changed)
                for action in step.actions:
                    stage.act(action)
                done = time.monotonic()
                seen = _rest(referee, done, step.within)
                about = step.about or " ".join(step.actions[-1])
                _judge_rest(score, stage, seen, about)
                _judge_window(score, stage, referee, (changed, done + step.within), about)
            for step, since, until in zip(entry.steps, begins, [*begins[1:], math.inf], strict=True):
                _judge_events(score, stage, referee, (since, until), step)
            _judge_ends(score, stage, referee)
        finally:
            referee.close()
    finally:
        stage.down()
    return score


def _rest(referee: Referee, since: float, within: float) -> Sequence[Sample]:
    """Wait for the end of the detection window, and then until nothing changes; return the samples of the rest."""
    while True:
        now = time.monotonic()
        late = [sample for sample in referee.since(now - REST) if sample.at >= since]
        over = now >= since + within + REST
        if over and late and (now > since + within + PATIENCE or (_is_calm(late) and is_heard(late))):
            return late
        time.sleep(0.1)


def _is_calm(samples: Sequence[Sample]) -> bool:
    """Whether neither the truth nor a report differs; a report that did not come in time is no other report."""
    reports = ({repr(sample.reports[host]) for sample in samples if sample.reports.get(host)} for host in BALANCERS)
    return len({repr(sample.truth) for sample in samples}) == 1 and all(len(each) <= 1 for each in reports)


def is_heard(samples: Sequence[Sample]) -> bool:
    """Whether each node that can report has done so in time once: a machine with much else to do lets it wait."""
    return all(
        any(sample.reports.get(host) for sample in samples)
        for host in BALANCERS
        if samples[-1].alive[host].running >= REPORTERS and not samples[-1].alive[host].frozen & REPORTERS
    )


def _judge_rest(score: Score, stage: Stage, samples: Sequence[Sample], about: str) -> None:
    for host in BALANCERS:
        last = next((sample for sample in reversed(samples) if sample.reports.get(host)), samples[-1])
        reports = last.reports.get(host)
        if reports is None:
            running = last.alive[host].running
            if not running >= REPORTERS:
                continue  # the step stopped what would report
            score.rests += 1
            score.notes.append(f"{about}: {host} reports nothing")
            continue
        for service, health in reports.items():
            score.rests += 1
            if health == "unknown":
                score.notes.append(f"{about}: {host} {service} unknown")
                continue
            score.definite += 1
            wrong = _wrong(stage, last, host, service, health)
            if wrong is not None:
                score.wrong[wrong.name] = score.wrong.get(wrong.name, 0) + 1
                score.notes.append(
                    f"{about}: {host} {service} is {health}: {wrong.value}; {_view(stage, last, service)}"
                )


def _wrong(stage: Stage, sample: Sample, host: str, service: str, health: str) -> Wrong | None:
    view = sample.views[stage.entry.key(service)]
    return judge(health, view, host, sample.alive, redundant=stage.has_keepalived)


def _view(stage: Stage, sample: Sample, service: str) -> str:
    view = sample.views[stage.entry.key(service)]
    own = ", ".join(f"{node} {served}" for node, served in view.own.items())
    return f"served {view.served} at {view.arrives}, held by {_holders(view)}, own: {own}"


def _holders(view: View) -> str:
    if len(view.held) == 1:
        return str(sorted(view.holders))
    return ", ".join(f"{address} {sorted(nodes)}" for address, nodes in view.held.items())


def _judge_window(score: Score, stage: Stage, referee: Referee, window: tuple[float, float], about: str) -> None:
    """Count the seconds of false states outside the detection window."""
    samples = list(referee.since(window[0]))
    last_change = window[0]
    for before, sample in pairwise(samples):
        if sample.truth != before.truth:
            last_change = sample.at
        if sample.at < max(window[1], last_change + (window[1] - window[0])):
            continue
        for host in BALANCERS:
            for service, health in (sample.reports.get(host) or {}).items():
                wrong = _wrong(stage, sample, host, service, health)
                if wrong is Wrong.false_active:
                    score.false_active += sample.at - before.at
                elif wrong is Wrong.false_outage:
                    score.false_outage += sample.at - before.at
                if wrong in (Wrong.false_active, Wrong.false_outage):
                    note = f"{about}: {host} {service} {health} outside the window"
                    if note not in score.notes:
                        score.notes.append(note)


def _judge_events(score: Score, stage: Stage, referee: Referee, when: tuple[float, float], step: Step) -> None:
    since, until = when
    about = step.about or " ".join(step.actions[-1])
    samples = list(referee.since(since - 3.0))
    for event in [event for event in referee.events if since - SLACK <= event.at < until - SLACK]:
        near = [sample for sample in samples if abs(sample.at - event.at) <= 4.0] or samples
        words = false_words(event, near)
        if words:
            score.causes[CauseVerdict.wrong] = score.causes.get(CauseVerdict.wrong, 0) + 1
            score.notes.append(f"{about}: {event.host} {event.subject}: says '{words}': {event.text}")
        if event.kind not in SERVICE_KINDS:
            continue
        wanted = step.causes.get(event.host, frozenset())
        if not wanted and _has_moved(near):
            score.notes.append(f"{about}: it happened, and was not injected: {_line(event)}")
            continue
        if not wanted or is_false(event, stage.entry.key(event.subject), near, redundant=stage.has_keepalived):
            if any(sample.late > STARVED for sample in near):
                score.starved += 1
                score.notes.append(f"{about}: the machine stood still, not judged: {_line(event)}")
                continue
            score.false_events += 1
            score.notes.append(f"{about}: false event: {event.at - since:+.1f} s: {_line(event)}")
            continue
        verdict = judge_cause(event, wanted)
        score.causes[verdict] = score.causes.get(verdict, 0) + 1
        if verdict is not CauseVerdict.right:
            score.notes.append(f"{about}: cause {verdict}: {_line(event)}; wanted {', '.join(sorted(wanted))}")


def _has_moved(samples: Sequence[Sample]) -> bool:
    """Whether the addresses moved: a machine with much else to do lets keepalived miss advertisements."""
    return len({repr({key: (view.held, view.arrives) for key, view in s.views.items()}) for s in samples}) > 1


def _judge_ends(score: Score, stage: Stage, referee: Referee) -> None:
    """Every problem that was reported is over, or still there and shown."""
    last: dict[tuple[str, str], Event] = {}
    for event in referee.events:
        if event.kind in SERVICE_KINDS:
            last[event.host, event.subject] = event
    shown = referee.samples[-1].reports
    for (host, service), event in last.items():
        now = (shown.get(host) or {}).get(service)
        if event.is_end:
            if now in PROBLEMS:
                score.unended += 1
                score.notes.append(f"end: {host} {service}: reported as gone, is {now}")
        elif event.health in PROBLEMS and now != event.health:
            score.unended += 1
            score.notes.append(
                f"end: {host} {service}: reported {event.health}, now {now or 'gone'}, and no event says so"
            )
        elif now is not None and event.health != now and now in PROBLEMS and now != "unknown":
            score.unended += 1
            score.notes.append(f"end: {host} {service}: last reported {event.health}, is {now}")


def _line(event: Event) -> str:
    return f"{event.host} {event.subject} {event.health} by {event.cause}: {event.text}"
