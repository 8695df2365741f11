"""What HAProxy's status texts mean.

Data: the text. Each classifier gives one of its numbers; only what begins with UP is up; a running check says the
same as its last result; and there is progress exactly where a change is under way.
"""

from haproxy_agentx.haproxy import status
from haproxy_agentx.haproxy.status import AdminState, BackendStatus, ServerStatus

_TEXTS = (
    "UP", "UP 1/3", "UP -1/3", "DOWN", "DOWN 1/2", "DOWN (agent)", "NOLB 1/3", "DRAIN (agent)", "MAINT (via a/b)",
    "MAINT (resolution)", "no check", "UP (UNPUB)", "OPEN", "STOP", "PAUSED", "FULL", "WAITING", "* L7OK", "L4CON",
    "UPSIDE", "up", "UP 999999999999/1", "* * UNK", "DOWN  (agent", "UP \N{SUPERSCRIPT TWO}/3", "",
)  # fmt: skip
SEEDS = {text or "nothing": text.encode() for text in _TEXTS}
UP = {ServerStatus.up, ServerStatus.upGoingDown}
CHANGING = {
    ServerStatus.upGoingDown, ServerStatus.downGoingUp, ServerStatus.nolbGoingDown, ServerStatus.drainGoingDown,
}  # fmt: skip


def target(data: bytes) -> None:
    state = status.server_state(data)
    assert state.status not in UP or data.startswith(b"UP")
    assert (state.status is ServerStatus.other) == (state.admin is AdminState.other)
    assert status.server_status(data) in ServerStatus
    progress = status.server_progress(data)
    assert (progress is not None) == (state.status in CHANGING)
    assert all(0 <= number < 10**9 for number in progress or ())
    up = {BackendStatus.up, BackendStatus.upUnpublished}
    assert status.backend_status(data) not in up or data.startswith(b"UP")
    assert status.frontend_status(data) in status.FrontendStatus
    assert status.listener_status(data) in status.ListenerStatus
    assert status.check_status(data) in status.CheckStatus
    if not status.check_running(data):
        assert status.check_status(b"* " + data) == status.check_status(data)
