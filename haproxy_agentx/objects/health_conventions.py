"""The textual conventions of health, VRRP and events. Their named numbers are the enumerations of health and event."""

from haproxy_agentx.health.correlation import TrapSeen
from haproxy_agentx.health.model import Cause, Health, MemberKind, Readiness, Reason, Role
from haproxy_agentx.health.probe import ProbeState
from haproxy_agentx.health.severity import Severity
from haproxy_agentx.objects.conventions import enumerated
from haproxy_agentx.objects.declaration import Convention
from haproxy_agentx.objects.syntax import bits, named
from haproxy_agentx.vocabulary.event import Delivery, Kind

HEALTH = named("HaxNodeHealth", Health)
ROLE = named("HaxVrrpRole", Role)
READINESS = named("HaxReadiness", Readiness)
REASONS = bits("HaxReasons", Reason)
CAUSE = named("HaxCause", Cause)
SEVERITY = named("HaxSeverity", Severity)
PROBE = named("HaxProbeState", ProbeState)
MEMBER_KIND = named("HaxMemberKind", MemberKind)
EVENT_KIND = named("HaxNotificationKind", Kind)
DELIVERY = named("HaxDelivery", Delivery)
TRAP_SEEN = named("HaxTrapSeen", TrapSeen)

CONVENTIONS: tuple[Convention, ...] = (
    enumerated(
        HEALTH,
        "The health of a service on this node: VRRP and HAProxy in one state, ordered by severity, so that ranges can "
        "be checked: 1 and 2 are good, 3 to 7 degraded, 8 and above critical. Where two apply, the higher one is "
        "shown. active: this node is MASTER, holds the addresses, and HAProxy serves. standby: BACKUP, and HAProxy "
        "would serve. activeDegraded: active with less than the configured minimum of usable servers, or with one of "
        "several backends down. standbyDegraded: would take over in that condition. standbyNotReady: BACKUP, and could "
        "not serve: redundancy is lost. fault: VRRP FAULT, no address held. stopped: keepalived does not run, no "
        "address held; or the service no longer exists. unknown: evidence that decides is missing or stale. blackhole: "
        "MASTER, or holding an address, while HAProxy does not serve: an outage that VRRP need not see. conflict: "
        "MASTER without all addresses, or an address held while not MASTER. A node without keepalived is judged as "
        "MASTER, without addresses. Servers in maintenance, and a node that serves although it is not intended to, are "
        "reported by objects of their own.",
    ),
    enumerated(
        ROLE,
        "The role of this node in a VRRP instance. none: no instance exists, the node serves by itself. master, "
        "backup, fault: as in VRRP. stopped: keepalived is not running, or has shut the instance down. unknown: no "
        "source reports it.",
    ),
    enumerated(
        READINESS,
        "Whether HAProxy serves, or would if this node became MASTER. ready: each backend has the servers that it "
        "needs. degraded: a backend has too few usable servers, or one of several frontends or backends serves no "
        "client. notReady: HAProxy is gone or does not answer, no frontend serves, or no backend does. unknown: "
        "HAProxy cannot be read, or decisive rows are missing.",
    ),
    Convention(
        REASONS.name,
        "The reasons for readiness and health, and further conditions. haproxyGone: HAProxy is not running. "
        "haproxyUnresponsive: it does not answer in time. haproxyUnreadable: it cannot be read, so its state is not "
        "known. frontendClosed: a frontend does not accept. noUsableBackend: no backend has a usable server. "
        "backendDown: a backend has none. belowMinimum: a backend has less than its minimum. unchecked: a backend "
        "without checked servers is assumed usable. maintenance: servers are in maintenance or drained, which is no "
        "fault. memberMissing: a configured frontend or backend is not in HAProxy. addressMissing: MASTER without all "
        "addresses. addressHeld: an address is held while not MASTER. roleStale: keepalived runs and does not answer. "
        "noMember: no frontend or backend belongs to the service, so nothing shows that it serves. saturated: the "
        "connections of HAProxy, of a frontend or of the servers are used up, and new clients wait. clientErrors: "
        "requests or TCP connections of the last seconds ended in errors of HAProxy itself, or a rule has denied all "
        "since a reload. statisticsSilent: the statistics of HAProxy do not answer, but nothing shows that it is gone "
        "or frozen; whether it serves is not known unless a probe shows it. probeFailed: requests like a client's "
        "fail. roleDisputed: this node is MASTER, and advertisements of another MASTER are heard. addressFiltered: "
        "MASTER with the addresses, but packets of them are dropped, as keepalived arranges for no_accept and "
        "vrrp_strict. backendEmpty: a backend has lost all its servers, or no backend has any. certificateExpiring: a "
        "certificate of a frontend expires soon or has expired, which does not affect health.",
        "BITS",
        REASONS.labels,
    ),
    enumerated(
        CAUSE,
        "The cause of a change of a service, derived from what was seen just before and after. none: it has not "
        "changed. haproxyGone, haproxyUnresponsive: HAProxy stopped, or stopped answering. noUsableBackend, "
        "belowMinimum, frontendClosed: as the reasons of these names. checkScript: a script of keepalived failed. "
        "interfaceDown: a network interface went down. priority: a priority changed, this node preempted the other, or "
        "the other withdrew. peerLost: the MASTER was no longer heard. peerReturned: a node with a higher priority "
        "took over. operator: keepalived was stopped, started or reconfigured. keepalivedDead: it ended without being "
        "stopped. keepalivedUnresponsive: it runs and does not answer. addressConflict: addresses are not held by the "
        "node that VRRP selects. sourceLost: the source that reports it failed. recovered: the problem has ended. "
        "agentRestarted: it happened while the subagent did not run. unknown: nothing that was seen explains it. "
        "saturated, clientErrors: as the reasons of these names. probeFailed: requests like a client's began to fail. "
        "roleDisputed: two nodes were MASTER at the same time. addressRemoved: an address was removed, and not by "
        "keepalived. configurationChanged: a VRRP instance, a service or a member of it was added, changed or removed. "
        "trafficElsewhere: packets of clients arrive at a node that has lost the addresses (of a pair of nodes only).",
    ),
    enumerated(
        SEVERITY,
        "The severity of what an event reports: the perceived severities of ITU-T X.733, with the names and numbers of "
        "ItuPerceivedSeverity in ITU-ALARM-TC-MIB (RFC 3877). cleared: the subject is well, or no longer exists. "
        "warning: the subject is out of use by order. minor: the subject does its part with reduced capacity, "
        "or others can do it. major: the subject does not do its part. critical: clients are not served, may reach the "
        "wrong node, or nothing is known of it. indeterminate: the severity cannot be determined, or the event counts "
        "changes of several subjects. The documentation of the subagent has the severity of each state.",
    ),
    enumerated(
        PROBE,
        "The state of the probe of a service. passing: the last completed request succeeded, or fewer requests "
        "have failed since than the configuration requires. failing: that many requests have failed consecutively. "
        "unknown: no request could be made, for a reason that is no evidence of the service, such as an address that "
        "this node does not have at present.",
    ),
    enumerated(MEMBER_KIND, "The kind of a member of a service in HAProxy."),
    enumerated(
        EVENT_KIND,
        "The kind of an event. The number is that of its notification under haxNotifications, whose description "
        "applies.",
    ),
    enumerated(
        DELIVERY,
        "The state of delivery of the notification of an event. queued: not sent yet. sent: passed to the master "
        "agent, which has not acknowledged it. acknowledged: the master agent has accepted it; whether a manager has "
        "received it is not known. refused: the master agent returned an error, several times. dropped: never sent, as "
        "more than haxAgentOutboxLimit were waiting. unanswered: passed several times to the master agent, which "
        "answers other requests and not this one, so that it may have been sent and is not sent again.",
    ),
    enumerated(
        TRAP_SEEN,
        "Whether keepalived's own vrrpInstanceStateChange of a failover was seen by the subagent. seen: yes. notSeen: "
        "no, so that it was probably lost, and this event replaces it. notObserved: not known, as nothing listened for "
        "it, or nothing was ever received there.",
    ),
)
