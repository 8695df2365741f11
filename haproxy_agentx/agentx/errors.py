"""What can go wrong between a subagent and its master.

::

    AgentXError
    ├── RemoteError        the master's bug, or somebody who is no master
    │   ├── FrameError     the stream cannot be followed any further: close it
    │   └── PayloadError   the header is sound, the payload is not: answer parseError(266)
    └── LocalError         ours: a value that RFC 2741 cannot carry
"""


class AgentXError(Exception):
    """Any error of this package."""


class RemoteError(AgentXError):
    """What arrived is not RFC 2741."""


class FrameError(RemoteError):
    """The header makes no sense, so where the next PDU begins is unknown."""


class PayloadError(RemoteError):
    """The payload does not parse as its type."""


class LocalError(AgentXError):
    """We were asked to send what cannot be encoded."""
