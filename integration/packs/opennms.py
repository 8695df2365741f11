"""OpenNMS: a data collection group, and events with alarms that clear each other."""

import re
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from haproxy_agentx.health.severity import Severity
from integration.packs.collectors import NET_SNMP_LINUX
from integration.packs.mib import Object
from integration.packs.notices import REPORTED, SECTIONS, line, position
from integration.packs.pack import GENERATED, Files, Source
from integration.packs.watched import SCALARS, WATCHED

ALIAS = 19
"""Characters of an alias at most: RRD has no longer names."""

SEVERITIES = {
    Severity.cleared: "Cleared",
    Severity.indeterminate: "Indeterminate",
    Severity.critical: "Critical",
    Severity.major: "Major",
    Severity.minor: "Minor",
    Severity.warning: "Warning",
}
STRATEGIES = "org.opennms.netmgt.collection.support"


def render(source: Source) -> Files:
    """Return both files."""
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<!-- {GENERATED} -->\n'
    return {
        "opennms/datacollection/haproxy-agentx.xml": head + "\n".join(_collection(source)) + "\n",
        "opennms/events/haproxy-agentx.events.xml": head + "\n".join(_events(source)) + "\n",
    }


def alias(name: str) -> str:
    """Return a name of at most ALIAS characters: its words, each cut as little as is needed."""
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]\w*", name)
    for length in range(ALIAS, 1, -1):
        short = "".join(word[:length] for word in words)
        if len(short) <= ALIAS:
            return short
    raise ValueError(f"{name} has too many words for an alias of {ALIAS} characters")


def _collection(source: Source) -> Iterator[str]:
    yield '<datacollection-group xmlns="http://xmlns.opennms.org/xsd/config/datacollection" name="haproxy-agentx">'
    for watched in WATCHED:
        kind = f"hax{watched.kind.title()}"
        label = f"${{{alias(watched.name)}}}"
        yield f'  <resourceType name="{kind}" label="HAProxy {watched.kind}" resourceLabel="{label}">'
        yield f'    <persistenceSelectorStrategy class="{STRATEGIES}.PersistAllSelectorStrategy"/>'
        yield f'    <storageStrategy class="{STRATEGIES}.IndexStorageStrategy"/>'
        yield "  </resourceType>"
    yield '  <group name="haxAgent" ifType="ignore">'
    yield from (_object(one, "0") for one in source.objects(SCALARS))
    yield "  </group>"
    for watched in WATCHED:
        kind = f"hax{watched.kind.title()}"
        yield f'  <group name="{kind}" ifType="all">'
        yield from (_object(one, kind) for one in source.objects((watched.name, *watched.values)))
        yield "  </group>"
    yield '  <systemDef name="haproxy-agentx">'
    yield f"    <sysoid>.{NET_SNMP_LINUX}</sysoid>"
    yield "    <collect>"
    yield "      <includeGroup>haxAgent</includeGroup>"
    yield from (
        f"      <includeGroup>hax{watched.kind.title()}</includeGroup>" for watched in WATCHED if not watched.asked
    )
    yield "    </collect>\n  </systemDef>\n</datacollection-group>"


def _object(one: Object, instance: str) -> str:
    kind = "string" if one.is_text else "counter" if one.is_counter else "gauge"
    return f'    <mibObj oid=".{one.oid}" instance="{instance}" alias="{alias(one.name)}" type="{kind}"/>'


def _events(source: Source) -> Iterator[str]:
    yield '<events xmlns="http://xmlns.opennms.org/xsd/eventconf">'
    for notification in REPORTED:
        for severity, label in SEVERITIES.items():
            yield _event(source, notification, severity, label)
    yield "</events>"


def _event(source: Source, notification: str, severity: Severity, label: str) -> str:
    specific = source.mib.notification(notification).rpartition(".")[2]
    subject = f"%parm[#{position(notification, 'haxEventSubject')}]%"
    # role and health of a service are one subject: either notification clears the other
    family = "service" if notification.startswith("haxService") else notification
    key = f"haproxy-agentx:%nodeid%:{family}:{subject}"
    problem = f"uei.opennms.org/haproxy-agentx/{family}/problem"
    alarm = (
        f'<alarm-data reduction-key={quoteattr(f"{key}:clear")} alarm-type="2" clear-key={quoteattr(key)} '
        'auto-clean="true"/>'
        if severity is Severity.cleared
        else f'<alarm-data reduction-key={quoteattr(key)} alarm-type="1" auto-clean="false"/>'
    )
    section = source.sections[SECTIONS[notification]]
    text = line(notification, "%parm[#{}]%")
    return f"""  <event>
    <mask>
      <maskelement><mename>id</mename><mevalue>.{source.mib.base}</mevalue></maskelement>
      <maskelement><mename>generic</mename><mevalue>6</mevalue></maskelement>
      <maskelement><mename>specific</mename><mevalue>{specific}</mevalue></maskelement>
      <varbind>
        <vbnumber>{position(notification, "haxEventSeverity")}</vbnumber>
        <vbvalue>{severity.value}</vbvalue>
      </varbind>
    </mask>
    <uei>{problem.replace("/problem", f"/{notification}/{severity.name}")}</uei>
    <event-label>HAPROXY-AGENTX-MIB: {notification}, {severity.name}</event-label>
    <descr>{escape(section.text)}\n{escape(source.link(SECTIONS[notification]))}</descr>
    <logmsg dest="logndisplay">{escape(text)}</logmsg>
    <severity>{label}</severity>
    {alarm}
  </event>"""
