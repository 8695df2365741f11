"""The kinds of log lines, and which line is of which: each has a MESSAGE_ID in the journal. Tables, and pure.

An identifier belongs to a kind permanently (sd_journal_print(3)): who watches for one need not read words, which may
change. A line is found by the module that logs it and how its template opens. Lines of level debug have no kind.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class LogText:
    """A kind: its MESSAGE_ID, a title, and what it means and asks for."""

    id: str
    title: str
    words: str


class LogKind(Enum):
    """The kinds of log lines."""

    event = LogText(
        "1cd7069dd88947f488ea7da5ba138874",
        "An event",
        "A service, backend, source or pair changed, and the change is reported: 'event NUMBER: SUBJECT: "
        "CHANGE: CAUSE'. Look at docs/operations.md for the state and the cause; `haproxy-agentx events` "
        "has the same event.",
    )
    source_read = LogText(
        "ce529e3aaf2d4bcdaca522a5c77c9a19",
        "A source is read",
        "A source could not be read before, or is read for the first time. No action is needed.",
    )
    source_failed = LogText(
        "4930363d2b724359a9695e70ce824c94",
        "A source cannot be read",
        "The line names the source, the reason and the remedy. It is logged when the reason changes, not "
        "at each attempt. Health may become unknown.",
    )
    rows_withdrawn = LogText(
        "a8c259b51d9c4efbb532077308c6515f",
        "Rows are withdrawn",
        "The last good reading of an HAProxy is too old: its rows are no longer in SNMP until it can be read again.",
    )
    haproxy_started = LogText(
        "29ad25a63dfb4321be9d5d14b985202e",
        "HAProxy was started or reloaded",
        "Its counters restart at 0. No action is needed if it was planned.",
    )
    haproxy_details = LogText(
        "b5eac8fae3b54bdc8652820200ea1a4a",
        "Details of HAProxy cannot be read",
        "Certificates, or another detail that has no effect on health, cannot be read: the line names the reason.",
    )
    peer_read = LogText(
        "3fb1f2a731ed4c6ba270963c6739bedb",
        "A peer is read",
        "The agent of another node answers, which it did not before. No action is needed.",
    )
    peer_failed = LogText(
        "bc00db2c96754331b58bcc09f6144903",
        "A peer cannot be read",
        "Redundancy is not known. The line names the remedy: the network between the nodes, snmpd, "
        "community or user, or the version there.",
    )
    probe_failed = LogText(
        "5c356b73674942479034f8296dbb8691",
        "The probe of a service fails",
        "Requests like a client's are not answered as they should be. Try the same request by hand.",
    )
    probe_passed = LogText(
        "6b5866408f6247899931e2c4c2269fc6",
        "The probe of a service passes again",
        "No action is needed.",
    )
    registered = LogText(
        "c9e5c3ae65644e4491f6c21894253787",
        "Registered with snmpd",
        "The objects are in SNMP. snmpd was started, restarted, or has answered again.",
    )
    not_registered = LogText(
        "42fe245537f74c89ac90dd2acdf67829",
        "Not connected to snmpd",
        "No object is in SNMP, and events wait. The line names the reason and the remedy, such as `master"
        " agentx` or `agentXPerms`.",
    )
    master_strange = LogText(
        "f962a73c565e42f7b5e2e068e0ea2994",
        "snmpd sends what is not understood",
        "A message of the AgentX master does not parse, or it lacks a capability. Objects are served all "
        "the same; report it if it lasts.",
    )
    event_given_up = LogText(
        "ae812c4aeb494a72a37edb38de059238",
        "The notification of an event is given up",
        "snmpd refused it, or did not answer it several times. The event is in `haproxy-agentx events` "
        "and in haxEventTable.",
    )
    notification_shortened = LogText(
        "00b6c8510b4944e88a49bce649fd9234",
        "Notifications are shortened",
        "snmpd does not answer large notifications: remove sendMessageMaxSize from its configuration.",
    )
    store_failed = LogText(
        "42d464b939ca4ae38c87cac09e43bab0",
        "The store cannot be used",
        "Events and row indexes are kept in memory only. The line names the reason, such as a full disk; "
        "what is missing is written later.",
    )
    store_works = LogText(
        "706571d57081472a8d300699bd40235c",
        "The store works again",
        "No action is needed.",
    )
    configuration_reloaded = LogText(
        "cbf7385201ff4d3d9e668058ea56768f",
        "The configuration is reloaded",
        "A reload was ordered and is done. No action is needed.",
    )
    configuration_refused = LogText(
        "74f34b3760964cdfa4b0767a752cc0d3",
        "The configuration is not reloaded",
        "The file has an error, and the old configuration stays in effect: correct it and reload again.",
    )
    configuration_caution = LogText(
        "eb7de76a504f4a85839e16af2a81cfce",
        "The configuration deserves a look",
        "It is valid, and has something that is probably not meant, or needs a restart: the line says what.",
    )
    secret_exposed = LogText(
        "adcf136179d647b39ab91a2d6551ea1a",
        "Others can read or write a secret",
        "The line names the file and the command that corrects it.",
    )
    stall = LogText(
        "72039877e42b4de68c9c62e97750d552",
        "haproxy-agentx did not run",
        "The machine paused, or its processor was busy. Silence of others in that time is not counted.",
    )
    surroundings = LogText(
        "85f6f557a0124883a3d760d890ba26d3",
        "Something of the system is missing",
        "A kernel module, a socket of the service manager or the control socket is not as it should be: "
        "the line names it, and the remedy.",
    )
    log_lost = LogText(
        "80d4aa4828894ad1b0f7b774ccbede76",
        "Log lines are lost",
        "The journal, or the program that reads the standard error output, did not take them.",
    )
    internal_error = LogText(
        "34ce44de07e64cfc94714f20563ab70e",
        "An internal error",
        "A defect of haproxy-agentx, with a traceback: please report it (`haproxy-agentx report`). The daemon "
        "continues.",
    )


KINDS: Mapping[str, Sequence[tuple[str, LogKind]]] = {
    "agentx.connection": (
        ("registered with the AgentX master at %s", LogKind.registered),
        ("%s", LogKind.not_registered),
    ),
    "agentx.requests": (
        ("AgentX master: it sent a %s that does not", LogKind.master_strange),
        ("internal error while answering a %s", LogKind.internal_error),
    ),
    "agentx.responder": (("internal error while answering range %d of a", LogKind.internal_error),),
    "agentx.session": (("AgentX master: it lists no capabilities in", LogKind.master_strange),),
    "cli.run": (
        ("%s=uvloop: uvloop is not installed, and", LogKind.surroundings),
        ("%s", LogKind.configuration_caution),
    ),
    "control.socket": (("control socket %s: cannot listen, so", LogKind.surroundings),),
    "daemon": (
        ("a connection failed in the event loop: %s:", LogKind.surroundings),
        ("configuration not reloaded: the old one", LogKind.configuration_refused),
        ("changes of store and agentx are not in", LogKind.configuration_caution),
        ("reloading the configuration", LogKind.configuration_reloaded),
        ("configuration reloaded", LogKind.configuration_reloaded),
    ),
    "delivery.outbox": (
        ("event %d (%s of %s) is %s after %d tries,", LogKind.event_given_up),
        ("the master answers a notification of %d", LogKind.notification_shortened),
        ("event %d cannot be sent: it is refused", LogKind.internal_error),
    ),
    "haproxy.details": (
        ("%s: certificates: %s", LogKind.haproxy_details),
        ("%s: reading %s", LogKind.source_read),
        ("%s: %s", LogKind.source_failed),
    ),
    "monitor.event_lines": (("event %d: %s", LogKind.event),),
    "monitor.peer_poll": (
        ("peer %s: reading it at %s", LogKind.peer_read),
        ("peer %s: %s", LogKind.peer_failed),
    ),
    "monitor.probing": (
        ("service %s: the probe passes again", LogKind.probe_passed),
        ("service %s: %s", LogKind.probe_failed),
    ),
    "process.fetch": (("%s: HAProxy was started or reloaded: its", LogKind.haproxy_started),),
    "process.reader": (
        ("%s: rows withdrawn: the last good reading is", LogKind.rows_withdrawn),
        ("%s: reading %s", LogKind.source_read),
        ("%s: %s", LogKind.source_failed),
    ),
    "report": (("%s", LogKind.secret_exposed),),
    "store.process": (
        ("store %s answers again", LogKind.store_works),
        ("%s", LogKind.store_failed),
    ),
    "store.worker": (
        ("store %s: a later daemon has opened it: what", LogKind.store_failed),
        ("the store process fails", LogKind.internal_error),
        ("%s", LogKind.store_failed),
    ),
    "system.lag": (("haproxy-agentx did not run for %.1f s: it", LogKind.stall),),
    "system.log_handler": (("log: %d lines are lost", LogKind.log_lost),),
    "vrrp.addresses": (
        ("kernel addresses: reading them", LogKind.source_read),
        ("kernel addresses: %s", LogKind.source_failed),
    ),
    "vrrp.fifo": (
        ("keepalived's FIFO: reading %s", LogKind.source_read),
        ("keepalived's FIFO: %s", LogKind.source_failed),
    ),
    "vrrp.mib_poll": (
        ("keepalived-mib: reading KEEPALIVED-MIB at %s", LogKind.source_read),
        ("keepalived-mib: %s", LogKind.source_failed),
    ),
    "vrrp.trap_listener": (
        ("keepalived-traps: the service manager has", LogKind.surroundings),
        ("keepalived-traps: the sender of a trap", LogKind.surroundings),
        ("keepalived-traps: listening at %s", LogKind.source_read),
        ("keepalived-traps: %s", LogKind.source_failed),
    ),
}
"""The openings of the lines of each module, and their kinds; the first one that fits decides."""


def kind_of(logger: str, template: str) -> LogKind | None:
    """Return the kind of a line by the name of its logger and its template; None for a line that has none."""
    known = KINDS.get(logger.partition(".")[2], ())
    return next((kind for opening, kind in known if template.startswith(opening)), None)
