"""What a failure in a callback of the event loop leads to. Pure.

An OSError concerns one descriptor, so it is a state of the source that owns it: the owner has a deadline, within which
the missing answer shows. Any other exception is a fault of this program, after which a part of it may be dead while the
rest goes on: the daemon ends and the service manager starts it again.
"""

from collections.abc import Mapping
from enum import Enum


class Consequence(Enum):
    """What follows."""

    state = "the source that owns the descriptor reports it"
    end = "the daemon ends"
    log = "it is logged"


_PLACES = ("protocol", "handle")
"""Keys of a context (``asyncio.loop.call_exception_handler``) that show our code: a protocol's, or a callback."""


def consequence(context: Mapping[str, object]) -> Consequence:
    """Return what the context of an exception handler leads to.

    In our code an OSError is a ``state`` and any other exception an ``end``. What the loop reports besides (a socket
    that it could not accept, a future whose exception was never retrieved) is a ``log``.
    """
    failure = context.get("exception")
    if not any(place in context for place in _PLACES) or not isinstance(failure, Exception):
        return Consequence.log
    return Consequence.state if isinstance(failure, OSError) else Consequence.end
