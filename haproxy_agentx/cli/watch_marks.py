"""How ``watch`` marks what it draws: a colour and a sign for each health, status and severity. Pure tables.

Green serves, blue stands by, yellow has less than it should, red is wrong, and magenta is not known. Each colour comes
with a sign of its own.
"""

from collections.abc import Mapping

from haproxy_agentx.cli.styled import Styled
from haproxy_agentx.cli.words import shown
from haproxy_agentx.health.model import Health
from haproxy_agentx.health.severity import PluginStatus, Severity
from haproxy_agentx.pair.model import PeerState, Standing
from haproxy_agentx.vocabulary.shown import printable

GREEN, BLUE, YELLOW, RED, MAGENTA = "green", "bright_blue", "yellow", "red", "magenta"

OF_HEALTH: Mapping[Health, tuple[str, str]] = {
    Health.active: ("●", GREEN),
    Health.standby: ("○", BLUE),
    Health.activeDegraded: ("◐", YELLOW),
    Health.standbyDegraded: ("◌", YELLOW),
    Health.standbyNotReady: ("▽", YELLOW),
    Health.fault: ("▽", YELLOW),
    Health.stopped: ("▽", YELLOW),
    Health.unknown: ("?", MAGENTA),
    Health.blackhole: ("✖", RED),
    Health.conflict: ("✖", RED),
}

OF_STATUS: Mapping[PluginStatus, str] = {
    PluginStatus.ok: GREEN,
    PluginStatus.warning: YELLOW,
    PluginStatus.critical: RED,
    PluginStatus.unknown: MAGENTA,
}

OF_SEVERITY: Mapping[Severity, str] = {
    Severity.cleared: GREEN,
    Severity.indeterminate: MAGENTA,
    Severity.critical: RED,
    Severity.major: YELLOW,
    Severity.minor: YELLOW,
    Severity.warning: "",
}

OF_STANDING: Mapping[Standing, str] = {
    Standing.serving: GREEN,
    Standing.servingReduced: YELLOW,
    Standing.servingUnknown: MAGENTA,
    Standing.notServing: RED,
    Standing.ready: BLUE,
    Standing.readyReduced: YELLOW,
    Standing.readyUnknown: MAGENTA,
    Standing.notReady: YELLOW,
    Standing.unknown: MAGENTA,
    Standing.absent: "dim",
    Standing.unread: MAGENTA,
}

OF_PEER: Mapping[PeerState, str] = {state: GREEN if state is PeerState.ok else YELLOW for state in PeerState}

NO_ANSWER = ("?", MAGENTA)
"""Of a host that does not answer: nothing is known of it."""


def badge(status: PluginStatus) -> Styled:
    """Return a status as a label."""
    return shown(f" {status.name.upper()} ", f"bold black on {OF_STATUS[status]}")


def cut(text: str, most: int) -> str:
    """Return a text from outside as one line of at most so many characters."""
    line = printable(text, 4 * most + 1)
    return line if len(line) <= most else line[: max(0, most - 1)] + "…"
