"""Prometheus: recording and alerting rules, their tests for promtool, and the configuration of scrapes."""

from collections.abc import Iterator

from haproxy_agentx.health.model import Health
from integration.packs import promql
from integration.packs.alarms import ALARMS, DUAL_ACTIVE, NOT_SERVED, SITE_ALARMS, Alarm, Silent, SiteAlarm
from integration.packs.pack import Files, Source, as_yaml, upper_first
from integration.packs.prometheus_tests import tests
from integration.packs.prometheus_text import records, text
from integration.packs.snmp_exporter import AUTH, MODULE, SERVERS

RULES = "haproxy-agentx.rules.yml"
SCRAPE = {MODULE: "2s", SERVERS: "5s"}
"""Interval and timeout of the scrapes of a module."""

EVALUATION = "2s"
"""Interval of the alerts about one node."""

SITE_EVALUATION = "1s"
"""Interval of the alerts that compare nodes, which are few."""

HOLD = {NOT_SERVED.name: "7s", DUAL_ACTIVE.name: "5s"}
"""For an alarm that compares nodes: a failover takes up to 5 s, and one node shows it up to a scrape before the other.

HAProxy that hangs is seen after 2 to 5 s; with a scrape, an evaluation and this, the alert is raised within 15 s.
"""

SILENCE = "5s"
"""For a node that does not answer: a third scrape."""

CAUSED = "4s"
"""For an alarm of a service: its cause is known up to 3 s after its health, and Alertmanager keeps it for a minute."""

HEALTH_NUMBER = "haproxy_agentx:service_health:number"
AVAILABILITY = "haproxy_agentx:service_availability:ratio_1h"


def render(source: Source) -> Files:
    """Return the rules, their tests, and example configurations of Prometheus and Alertmanager."""
    return {
        f"prometheus/{RULES}": as_yaml(
            {
                "groups": [
                    {"name": "haproxy-agentx.records", "rules": list(_records())},
                    {"name": "haproxy-agentx", "interval": EVALUATION, "rules": [*records(source), *_alerts(source)]},
                    {"name": "haproxy-agentx.sites", "interval": SITE_EVALUATION, "rules": list(_site_alerts(source))},
                ]
            }
        ),
        "prometheus/haproxy-agentx.rules.test.yml": as_yaml(tests(source, RULES, alert_name)),
        "prometheus/prometheus.example.yml": as_yaml(_prometheus(old=False)),
        "prometheus/prometheus-0.21.example.yml": as_yaml(_prometheus(old=True)),
        "prometheus/alertmanager.example.yml": as_yaml(_alertmanager()),
    }


def alert_name(alarm: Alarm | SiteAlarm) -> str:
    """Return the name of the alert."""
    return f"Hax{upper_first(alarm.name)}"


def _records() -> Iterator[dict[str, object]]:
    yield {"record": HEALTH_NUMBER, "expr": promql.health_number()}
    parts = [f"increase(haxServiceSeconds{part}[1h])" for part in ("Served", "NotServed", "Unknown")]
    yield {"record": AVAILABILITY, "expr": f"{parts[0]} / ({' + '.join(parts)} > 0)"}


def _alerts(source: Source) -> Iterator[dict[str, object]]:
    for alarm in ALARMS:
        labels = promql.row_labels(alarm.kind)[len(promql.NODE_LABELS) :]
        row = "/".join(f"{{{{ $labels.{label} }}}}" for label in labels)
        subject = f"{alarm.kind} {row} on {{{{ $labels.instance }}}}" if row else "node {{ $labels.instance }}"
        yield {
            "alert": alert_name(alarm),
            "expr": promql.expression(source.mib, alarm),
            **_hold(alarm),
            **text(source, alarm, f"{subject} {alarm.summary}"),
        }


def _hold(alarm: Alarm) -> dict[str, str]:
    if isinstance(alarm.when, Silent):
        return {"for": SILENCE}
    return {"for": CAUSED} if alarm.kind == "service" else {}


def _site_alerts(source: Source) -> Iterator[dict[str, object]]:
    expressions = {NOT_SERVED.name: promql.not_served(), DUAL_ACTIVE.name: promql.dual_active()}
    for site in SITE_ALARMS:
        yield {
            "alert": alert_name(site),
            "expr": expressions[site.name],
            "for": HOLD[site.name],
            **text(source, site, f"service {{{{ $labels.haxServiceName }}}} {site.summary}"),
        }


def _prometheus(*, old: bool) -> dict[str, object]:
    return {
        "rule_files": [RULES],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": ["127.0.0.1:9093"]}]}]},
        "scrape_configs": [_scrape("haproxy-agentx", MODULE, old=old), _scrape("haproxy-servers", SERVERS, old=old)],
    }


def _scrape(job: str, module: str, *, old: bool) -> dict[str, object]:
    return {
        "job_name": job,
        "metrics_path": "/snmp",
        "scrape_interval": SCRAPE[module],
        "scrape_timeout": SCRAPE[module],
        "params": {**({} if old else {"auth": [AUTH]}), "module": [module]},
        "static_configs": [{"targets": ["192.0.2.11", "192.0.2.12"], "labels": {"site": "example"}}],
        "relabel_configs": [
            {"source_labels": ["__address__"], "target_label": "__param_target"},
            {"source_labels": ["__param_target"], "target_label": "instance"},
            {"target_label": "__address__", "replacement": "127.0.0.1:9116"},
        ],
    }


def _alertmanager() -> dict[str, object]:
    """Return a configuration that folds what the nodes of a site say of one service."""
    worst = [alert_name(site) for site in SITE_ALARMS]
    return {
        "route": {
            "receiver": "operators",
            "group_by": ["site", "haxServiceName", "alertname"],
            "group_wait": "1s",
            "group_interval": "5s",
            "repeat_interval": "4h",
        },
        "receivers": [{"name": "operators", "webhook_configs": [{"url": "http://127.0.0.1:9099/"}]}],
        "inhibit_rules": [
            {
                "source_matchers": [f"alertname=~{'|'.join(worst)}"],
                "target_matchers": [f"alertname=~{'|'.join(f'HaxService{upper_first(one.name)}' for one in Health)}"],
                "equal": ["site", "haxServiceName"],
            }
        ],
    }
