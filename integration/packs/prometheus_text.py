"""What an alert says beside its name: its severity, what it means and what to do, and the cause in words. Pure.

A cause is a number, as a text that changes is no metric. Recording rules have its words in docs/operations.md as a
label, and an annotation looks that up when the alert is evaluated.
"""

from collections.abc import Iterator

from haproxy_agentx.health.model import Cause
from haproxy_agentx.health.severity import Severity
from integration.packs import promql
from integration.packs.alarms import NOT_SERVED, Alarm, SiteAlarm
from integration.packs.pack import Source

LEVELS = {
    Severity.critical: "critical",
    Severity.major: "warning",
    Severity.minor: "warning",
    Severity.warning: "info",
}
"""Our severities in the three that Alertmanager's users route by; the label x733 has the exact one."""

CAUSES = {"service": "haxServiceCause", "pair": "haxPairCause"}
"""The object that has the cause of a row, by the kind of row."""


def text(source: Source, alarm: Alarm | SiteAlarm, summary: str) -> dict[str, object]:
    """Return the labels and the annotations of an alert."""
    section = source.sections[alarm.section]
    return {
        "labels": {"severity": LEVELS[alarm.severity], "x733": alarm.severity.name},
        "annotations": {
            "summary": summary,
            **_cause(alarm),
            "description": section.meaning,
            "look_at": section.look,
            "do": section.act,
            "runbook_url": source.link(alarm.section),
        },
    }


def records(source: Source) -> Iterator[dict[str, object]]:
    """Yield the rules that have the cause of each row in words. An alert of the same group finds its current words."""
    for kind, name in CAUSES.items():
        cases = (
            f'label_replace({name} == {cause.value}, "cause", "{words(source, cause)}", "", "")' for cause in Cause
        )
        yield {"record": record(kind), "expr": "\n or ".join(cases)}


def record(kind: str) -> str:
    """Return the name of the rule for a kind of row."""
    return f"haproxy_agentx:{kind}_cause:words"


def words(source: Source, cause: Cause) -> str:
    """Return a cause in words: its name in the MIB, and what it means."""
    return f"{cause.name}: {source.sections[f'Cause: {cause.name}'].meaning}"


def _cause(alarm: Alarm | SiteAlarm) -> dict[str, str]:
    """Return the annotation with the cause of the row's last change; of a site that is not served, on each node."""
    if alarm is NOT_SERVED:
        return {"cause": _looked_up("service", promql.SITE_LABELS, "{{ .Labels.instance }}: {{ .Labels.cause }} ")}
    if isinstance(alarm, SiteAlarm) or alarm.kind not in CAUSES:
        return {}
    return {"cause": _looked_up(alarm.kind, promql.row_labels(alarm.kind), "{{ .Labels.cause }}")}


def _looked_up(kind: str, labels: tuple[str, ...], shown: str) -> str:
    matched = ",".join(f"{label}=%q" for label in labels)
    given = " ".join(f"$labels.{label}" for label in labels)
    return f'{{{{ range query (printf "{record(kind)}{{{matched}}}" {given}) }}}}{shown}{{{{ end }}}}'
