"""AgentX (RFC 2741), the subagent's side: a library that needs Python alone. docs/engine.md shows how to use it.

What is listed here is its public face. A name is loaded when it is first asked for, as connections load asyncio and
object identifiers do not.

| to | use |
|---|---|
| serve objects | MibView of ``scalar``, ``column`` or ServedColumn, in a Responder |
| keep a session with a master | Connection with Settings, on asyncio; its events are Ready to Unanswered |
| do the same with IO of your own | Session |
| notify | ``notification`` and VarBind |
| name things | Oid and Key; Tag, ErrorStatus and the other numbers of RFC 2741 |
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from haproxy_agentx.agentx import values
    from haproxy_agentx.agentx.columns import column, scalar
    from haproxy_agentx.agentx.connection import Connection, Pace
    from haproxy_agentx.agentx.constants import CloseReason, ErrorStatus, Flag, PduType, Tag, label, meaning
    from haproxy_agentx.agentx.errors import AgentXError, FrameError, LocalError, PayloadError, RemoteError
    from haproxy_agentx.agentx.events import (
        Acknowledged,
        Closed,
        Event,
        MasterProblem,
        Ready,
        RegistrationRefused,
        Settings,
        Unanswered,
    )
    from haproxy_agentx.agentx.oid import Key, Oid, dotted, following, from_key, key, parse
    from haproxy_agentx.agentx.pdu import VarBind, notification
    from haproxy_agentx.agentx.responder import Responder
    from haproxy_agentx.agentx.session import Session
    from haproxy_agentx.agentx.states import State
    from haproxy_agentx.agentx.view import MibView, ServedColumn, ServedTable

__all__ = [
    "Acknowledged", "AgentXError", "CloseReason", "Closed", "Connection", "ErrorStatus", "Event", "Flag", "FrameError",
    "Key", "LocalError", "MasterProblem", "MibView", "Oid", "Pace", "PayloadError", "PduType", "Ready",
    "RegistrationRefused", "RemoteError", "Responder", "ServedColumn", "ServedTable", "Session", "Settings", "State",
    "Tag", "Unanswered", "VarBind", "column", "dotted", "following", "from_key", "key", "label", "meaning",
    "notification", "parse", "scalar", "values",
]  # fmt: skip

_HOMES = {
    "columns": ("column", "scalar"),
    "connection": ("Connection", "Pace"),
    "constants": ("CloseReason", "ErrorStatus", "Flag", "PduType", "Tag", "label", "meaning"),
    "errors": ("AgentXError", "FrameError", "LocalError", "PayloadError", "RemoteError"),
    "events": (
        "Acknowledged", "Closed", "Event", "MasterProblem", "Ready", "RegistrationRefused", "Settings", "Unanswered",
    ),
    "oid": ("Key", "Oid", "dotted", "following", "from_key", "key", "parse"),
    "pdu": ("VarBind", "notification"),
    "responder": ("Responder",),
    "session": ("Session",),
    "states": ("State",),
    "view": ("MibView", "ServedColumn", "ServedTable"),
}  # fmt: skip
"""The module of each name."""

_HOME = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    """Load a public name (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
