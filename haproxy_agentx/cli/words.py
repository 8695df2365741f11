"""How states and spans of time are written and coloured. Pure."""

from haproxy_agentx.cli.styled import Styled
from haproxy_agentx.health.model import Health
from haproxy_agentx.health.severity import Severity, severity_of
from haproxy_agentx.vocabulary.event import Kind
from haproxy_agentx.vocabulary.shown import printable

LONGEST = 4000
"""Characters of a text that are shown."""

_FINE, _DEGRADED = Health.standby, Health.stopped
"""The last that is fine, and the last that is not wrong: HaxNodeHealth is ordered by severity."""


def shown(text: object, style: str = "") -> Styled:
    """Return a text, much of which comes from outside, without line breaks and escape sequences."""
    return Styled(((printable(str(text), LONGEST), style),))


def health_style(name: object) -> str:
    """Return the colour of a health by its label; what another version may say is wrong, too."""
    health = Health.__members__.get(str(name), Health.conflict)
    return "green" if health <= _FINE else "yellow" if health <= _DEGRADED else "red"


def pair_style(name: object) -> str:
    """Return the colour of a pair state by its label: that of its severity."""
    severity = severity_of(Kind.pairChange, str(name))
    return {Severity.cleared: "green", Severity.critical: "red"}.get(severity, "yellow")


def is_fine(name: object) -> bool:
    """Whether a health by its label is active or standby."""
    return health_style(name) == "green"


def span(seconds: float) -> str:
    """Write a span of time in its two largest units."""
    if seconds < 10:  # noqa: PLR2004  a span that is worth a fraction
        return f"{seconds:.1f} s"
    for size, unit, small, smaller in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit} {int(seconds % size // small)} {smaller}"
    return f"{int(seconds)} s"
