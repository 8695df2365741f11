"""Every status text of HAProxy and its meaning."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.haproxy import status
from haproxy_agentx.haproxy.status import (
    AdminState,
    BackendStatus,
    CheckStatus,
    FrontendStatus,
    ListenerStatus,
    ServerStatus,
)

S, A = ServerStatus, AdminState

SERVER = [
    (b"UP", S.up, A.ready, None),
    (b"UP 2/3", S.upGoingDown, A.ready, (2, 3)),
    (b"UP 4/5", S.upGoingDown, A.ready, (4, 5)),
    (b"UP 1/1000", S.upGoingDown, A.ready, (1, 1000)),
    (b"UP -1/3", S.upGoingDown, A.ready, (0, 3)),
    (b"DOWN", S.down, A.ready, None),
    (b"DOWN 1/2", S.downGoingUp, A.ready, (1, 2)),
    (b"DOWN (agent)", S.downAgent, A.ready, None),
    (b"NOLB", S.nolb, A.ready, None),
    (b"NOLB 1/2", S.nolbGoingDown, A.ready, (1, 2)),
    (b"DRAIN", S.drain, A.drain, None),
    (b"DRAIN 1/2", S.drainGoingDown, A.drain, (1, 2)),
    (b"DRAIN (agent)", S.drainAgent, A.drain, None),
    (b"MAINT", S.maint, A.maint, None),
    (b"MAINT (via be_web/web2)", S.maintVia, A.maint, None),
    (b"MAINT(via)", S.maintVia, A.maint, None),
    (b"MAINT (resolution)", S.maintResolution, A.maint, None),
    (b"no check", S.noCheck, A.ready, None),
    # remarks that a later version may add do not turn a known state into an unknown one
    (b"UP (new)", S.up, A.ready, None),
    (b"MAINT (new)", S.maint, A.maint, None),
    (b"", S.other, A.other, None),
    (b"UPSIDE", S.other, A.other, None),
    (b"up", S.other, A.other, None),
    (b"DOWNTIME 1/2", S.other, A.other, None),
    (b"UP1/2", S.other, A.other, None),
    (b"no checks", S.other, A.other, None),
    (b"OPEN", S.other, A.other, None),
    (b"\xff\x00", S.other, A.other, None),
]


@pytest.mark.parametrize(("text", "expected", "admin", "progress"), SERVER)
def test_server_status(text, expected, admin, progress):
    assert status.server_status(text) is expected
    assert status.admin_state(text) is admin
    assert status.server_progress(text) == progress


def test_every_server_status_has_a_text():
    assert {expected for _, expected, _, _ in SERVER} == set(ServerStatus)


# prometheus/haproxy_exporter matches 'UP 1/3' exactly and calls 'UP 4/5' down
@given(st.integers(0, 10**9 - 1), st.integers(0, 10**9 - 1))
def test_a_server_on_its_way_down_is_up_whatever_the_numbers(x, y):
    state = status.server_state(b"UP %d/%d" % (x, y))
    assert state == status.ServerState(S.upGoingDown, A.ready, x, y)


@given(st.binary(max_size=40))
def test_no_text_is_an_error(text):
    assert status.server_status(text) in ServerStatus
    assert status.backend_status(text) in BackendStatus
    assert status.frontend_status(text) in FrontendStatus
    assert status.listener_status(text) in ListenerStatus
    assert status.check_status(text) in CheckStatus


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"UP", BackendStatus.up),
        (b"DOWN", BackendStatus.down),
        (b"UP (UNPUB)", BackendStatus.upUnpublished),
        (b"UP (new)", BackendStatus.up),
        (b"MAINT", BackendStatus.other),
        (b"", BackendStatus.other),
    ],
)
def test_backend_status(text, expected):
    assert status.backend_status(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"OPEN", FrontendStatus.open),
        (b"STOP", FrontendStatus.stop),
        (b"PAUSED", FrontendStatus.paused),
        (b"FULL", FrontendStatus.full),
        (b"OPENED", FrontendStatus.other),
        (b"", FrontendStatus.other),
    ],
)
def test_frontend_status(text, expected):
    assert status.frontend_status(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"OPEN", ListenerStatus.open),
        (b"FULL", ListenerStatus.full),
        (b"WAITING", ListenerStatus.waiting),
        (b"UP", ListenerStatus.other),
    ],
)
def test_listener_status(text, expected):
    assert status.listener_status(text) is expected


# the infos of check_statuses[] in HAProxy's check.c
CHECKS = (
    b"UNK INI CHECKED HANA SOCKERR L4OK L4TOUT L4CON L6OK L6TOUT L6RSP L7OK L7OKC L7TOUT L7RSP L7STS PROCERR PROCTOUT"
    b" PROCOK"
).split()


@pytest.mark.parametrize("text", CHECKS)
def test_check_status(text):
    expected = CheckStatus[text.decode().lower()]
    assert status.check_status(text) is expected
    assert not status.check_running(text)
    assert status.check_status(b"* " + text) is expected
    assert status.check_running(b"* " + text)


def test_every_check_status_but_other_has_a_text():
    assert {status.check_status(text) for text in CHECKS} == set(CheckStatus) - {CheckStatus.other}


@pytest.mark.parametrize("text", [b"", b"L8OK", b"OTHER", b"other", b"l4ok", b"*L4OK"])
def test_an_unknown_check_status_is_other(text):
    assert status.check_status(text) is CheckStatus.other


@pytest.mark.parametrize("kind", [ServerStatus, AdminState, BackendStatus, FrontendStatus, ListenerStatus, CheckStatus])
def test_labels_are_named_numbers_of_smiv2(kind):
    # RFC 2578 7.1.1: a lower-case letter first, letters and digits, at most 64; numbers from 1, without holes
    labels = status.labels(kind)
    assert list(labels.values()) == list(range(1, len(labels) + 1))
    assert all(label[0].islower() and label.isalnum() and len(label) <= 64 for label in labels)


def test_no_status_in_the_samples_is_unknown(samples):
    kinds = {"0": status.frontend_status, "1": status.backend_status, "2": status.server_status}
    kinds["3"] = status.listener_status
    seen = 0
    for file in samples.glob("*/show_stat.txt"):
        for row in csv.DictReader(file.read_text().removeprefix("# ").rstrip("\n").splitlines()):
            assert kinds[row["type"]](row["status"].encode()).name != "other", row["status"]
            if row["check_status"]:
                assert status.check_status(row["check_status"].encode()) is not CheckStatus.other
            seen += 1
    assert seen > 300


# F8: after a start or reload a server, dead or not, shows UP 1/3 with INI until its first check
def test_f8_a_server_before_its_first_check_is_told_by_ini(samples):
    rows = csv.DictReader((samples / "00-just-started/show_stat.txt").read_text().removeprefix("# ").splitlines())
    first = [row for row in rows if row["check_status"] == "INI"]
    assert first
    for row in first:
        assert status.server_status(row["status"].encode()) is ServerStatus.upGoingDown
        assert status.check_status(row["check_status"].encode()) is CheckStatus.ini
