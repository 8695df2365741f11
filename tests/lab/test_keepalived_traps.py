"""keepalived's notifications, sent by real snmpd to the listener, by v2c and v3, on asyncio and uvloop."""

import json

import pytest

from integration.netlab import Lab, Trap
from tests.support.watching import AUTH, PRIV, USER, V2C_TRAPS, V3_TRAPS, V3_USER, Watching, prepare

pytestmark = pytest.mark.lab

V2C = {"traps": V2C_TRAPS}
V3 = {"traps": V3_TRAPS, "credentials": V3_USER}
BOTH = pytest.mark.parametrize(
    "asked",
    [V2C, V3 | {"uvloop": True}, V2C | {"uvloop": True}, V3],
    ids=["v2c-asyncio", "v3-uvloop", "v2c-uvloop", "v3-asyncio"],
)
SITES = {"SITE1": 51, "SITE2": 52}
UP_TIME = "1.3.6.1.2.1.1.3.0"


@pytest.fixture
def trap_lab(keeper):
    """Give a lab that its test leaves as it was."""
    return keeper.get("fast", agent=False, prepare=prepare, mended=True)


def became(name, state):
    return lambda trap: trap["trap"] == "StateTrap" and (trap["name"], trap["state"]) == (name, state)


def at_the_sink(lab: Lab, skip: int, name: str, state: int) -> Trap:
    return lab.wait_trap(
        lambda trap: trap.vrrp == (name, state) and trap.source == "lb1", f"{name} {state} of lb1", skip=skip
    )


@BOTH
def test_a_failover_there_and_back(trap_lab, asked, record_property):
    skip = len(trap_lab.traps())
    with Watching(trap_lab, **asked) as watching:
        trap_lab.ctl("lb1", "haproxy", "stop")
        backup = {name: watching.wait("trap", became(name, "backup")) for name in SITES}
        trap_lab.ctl("lb1", "haproxy", "start")
        master = {name: watching.wait("trap", became(name, "master")) for name in SITES}
        for name, number in SITES.items():
            for trap, state in ((backup[name], 1), (master[name], 2)):
                assert (trap["initial"], trap["router_id"], trap["group"]) == ("master", "lb1", False)
                # what a manager at the sink joins the two by
                assert f"({trap['up_time']})" in at_the_sink(trap_lab, skip, name, state).varbinds[UP_TIME]
            new = watching.wait(
                "trap", lambda trap, number=number: trap["trap"] == "NewMasterTrap" and trap["router_number"] == number
            )
            assert new["reason"] in ("preempted", "masterNoResponse")
            record_property(f"ms from StateChange to NewMaster, {name}", (new["seen"] - master[name]["seen"]) * 1000)
            print(f"NewMaster of {name} {(new['seen'] - master[name]['seen']) * 1000:.2f} ms after its StateChange")  # noqa: T201
            assert abs(new["seen"] - master[name]["seen"]) < 5
        state = watching.source("keepalived-traps")
        assert (state["state"], state["error"], state["failures"]) == ("ok", "", 0)
    trap_lab.wait_served("lb1")
    assert not any("pass-1234" in line for line in watching.log)


# A clean stop says shutdown(5), which polling never shows.
@pytest.mark.parametrize("asked", [V2C, V3], ids=["v2c", "v3"])
def test_keepalived_stopped_and_started(trap_lab, asked):
    with Watching(trap_lab, **asked) as watching:
        trap_lab.ctl("lb1", "keepalived", "stop")
        for name in SITES:
            watching.wait("trap", became(name, "shutdown"))
        since = len(watching.reported)
        trap_lab.ctl("lb1", "keepalived", "start")
        for name in SITES:
            watching.wait("trap", became(name, "master"), since=since)
    trap_lab.wait_served("lb1")


# RFC 3414 3.2: another engine time, and boots counted up; the same engine id.
def test_snmpd_restarted_is_still_believed(trap_lab):
    with Watching(trap_lab, **V3) as watching:
        for _ in range(2):
            since = len(watching.reported)
            trap_lab.ctl("lb1", "snmpd", "restart")
            trap_lab.ctl("lb1", "keepalived", "restart")
            for name in SITES:
                watching.wait("trap", became(name, "master"), since=since)
    trap_lab.wait_served("lb1")


def test_a_sync_group(trap_lab):
    configuration = trap_lab.host("lb1").path("/etc/keepalived/keepalived.conf")
    before = configuration.read_text()
    try:
        configuration.write_text(before + "vrrp_sync_group BOTH { group { SITE1 SITE2 } }\n")
        trap_lab.ctl("lb1", "keepalived", "stop")
        with Watching(trap_lab, **V2C) as watching:
            trap_lab.ctl("lb1", "keepalived", "start")
            trap = watching.wait("trap", lambda trap: trap.get("group") and trap["state"] == "master")
            assert (trap["name"], trap["initial"], trap["router_id"]) == ("BOTH", None, "lb1")
            assert trap["up_time"] > 0
    finally:
        configuration.write_text(before)
        trap_lab.ctl("lb1", "keepalived", "restart")
    trap_lab.wait_served("lb1")


INSTANCE_CHANGE = "1.3.6.1.4.1.9586.100.5.2.10.0.2"
COLUMN = "1.3.6.1.4.1.9586.100.5.2.3.1"
VARBINDS = (f"{COLUMN}.2", "s", "SITE9", f"{COLUMN}.4", "i", "2", f"{COLUMN}.5", "i", "1")
AS_USER = ("-v3", "-u", USER, "-l", "authPriv", "-a", "SHA-256", "-A", AUTH, "-x", "AES", "-X", PRIV)


# `informsink`: the tool ends with an error when nobody answers.
@pytest.mark.parametrize(
    ("asked", "words"), [(V2C, ("-v2c", "-c", "any")), (V3, AS_USER)], ids=["v2c", "v3"]
)  # fmt: skip
def test_an_inform_is_answered(trap_lab, asked, words):
    with Watching(trap_lab, **asked) as watching:
        inform = ("snmpinform", *words, "-r0", "-t3", asked["traps"], "4711", INSTANCE_CHANGE, *VARBINDS)
        for number in (1, 2):
            trap_lab.exec("lb1", *inform)
            watching.sources()  # what it tells comes in order
            reported = [trap for trap in watching.of("trap") if trap["name"] == "SITE9"]
            assert [(trap["state"], trap["up_time"]) for trap in reported] == [("master", 4711)] * number


# snmptrap closes its socket at once, so that nobody can say whose it was; snmpd keeps its own.
RELAY = """
import json, socket, subprocess, sys
target = sys.argv[1], int(sys.argv[2])
inside, outside = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
inside.bind(("127.0.0.1", 0))
for each in (inside, outside):
    each.settimeout(10)
here = "127.0.0.1:%d" % inside.getsockname()[1]
for command in json.loads(sys.argv[3]):
    tool = subprocess.Popen([here if word == "TARGET" else word for word in command])
    outside.sendto(inside.recv(65536), target)
    if command[0] == "snmpinform":  # it waits for an answer; a trap ends by itself, and writes its persistent file
        tool.kill()
    tool.wait()
outside.recv(65536)  # the inform is answered: all before it was taken
"""


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("-v1", "-c", "any"), "SNMPv1 was ignored"),
        (("-v3", "-u", USER, "-l", "noAuthNoPriv"), "below authPriv"),
        ((*AS_USER[:-1], "wrongpass-1234"), "v3.user, its level, protocols and passphrases"),
        ((*AS_USER[:8], "wrongpass-1234", *AS_USER[9:]), "v3.user, its level, protocols and passphrases"),
        (("-v3", "-u", "stranger", *AS_USER[3:]), "another user than 'watcher'"),
    ],
    ids=["v1", "below the level", "privacy", "authentication", "user"],
)  # fmt: skip
def test_what_is_not_believed(trap_lab, words, text):
    with Watching(trap_lab, **V3) as watching:
        body = ("1.3.6.1.4.1.9586", "", "6", "1", "4711") if words[0] == "-v1" else ("4711", INSTANCE_CHANGE, *VARBINDS)
        behind = ("snmpinform", "-v2c", "-cany", "TARGET", "1", INSTANCE_CHANGE, *VARBINDS)
        commands = json.dumps([("snmptrap", *words, "TARGET", *body), behind])
        trap_lab.exec("lb1", "/usr/bin/python3", "-c", RELAY, *V3_TRAPS.split(":"), commands)
        watching.wait("trap", lambda trap: trap.get("up_time") == 1)
        assert len(watching.of("trap")) == 1
        state = watching.source("keepalived-traps")
        assert (state["state"], state["failures"]) == ("ok", 1)
        assert text in state["error"]
        assert "pass-1234" not in state["error"] + "".join(watching.log)


def test_a_second_listener_is_told_so(trap_lab):
    with Watching(trap_lab, **V2C) as first, Watching(trap_lab, **V2C) as second:
        assert first.source("keepalived-traps")["state"] == "ok"
        state = second.source("keepalived-traps")
        assert (state["state"], "the port is taken" in state["error"]) == ("refused", True)
