"""The same pair, configured in other ways: failovers, what is told of them and why, on both nodes."""

import pytest

from haproxy_agentx.objects import schema
from integration.netlab import Lab, wait_for
from integration.netlab.plan import BALANCERS
from tests.support import setups
from tests.support.reported import (
    BACKUP,
    FAULT,
    MASTER,
    Reported,
    await_normal,
    both,
    check_log,
    check_seen,
    events,
    read,
    reported,
    services,
    wait_health,
    wait_reported,
)

pytestmark = pytest.mark.lab

FAILOVER, CHANGE = "serviceFailover", "serviceHealthChange"


def failed_over(lab: Lab, service: str, state: str) -> Reported:
    """Stop HAProxy on lb1, whose keepalived goes to ``state``, and check what both nodes tell; give what lb1 tells."""
    lab.ctl("lb1", "haproxy", "stop")
    gone = wait_reported(lab, "lb1 gives it up", host="lb1", kind=FAILOVER, subject=service, PreviousRole="master")
    taken = wait_reported(lab, "lb2 takes it", host="lb2", kind=FAILOVER, subject=service, Role="master")
    assert gone.cells["Role"] == {BACKUP: "backup", FAULT: "fault"}[state]
    assert gone.cells["Health"] == {BACKUP: "standbyNotReady", FAULT: "fault"}[state]
    assert gone.cells["Cause"] == "haproxyGone"
    check_seen(lab, gone, state, MASTER)
    assert taken.change == ("standby", "active", "backup", "master")
    assert taken.cells["Cause"] in {"priority", "peerLost"}
    assert taken.cells["ServedAsIntended"] == "true", "an initial BACKUP is no intention"
    check_seen(lab, taken, MASTER, BACKUP)
    wait_health(lab, "lb1", gone.cells["Health"], service=service)
    wait_health(lab, "lb2", "active", service=service)
    return gone


def back_again(lab: Lab, service: str) -> None:
    lab.ctl("lb1", "haproxy", "start")
    await_normal(lab, service=service)
    back = wait_for(lambda: reported(lab, "lb1", FAILOVER, service, Role="master"), "lb1 is back", 10, lab.logs)[-1]
    assert back.cells["Cause"] == "recovered"
    if back.cells["Health"] == "blackhole":  # keepalived saw the process before HAProxy served
        back = wait_reported(lab, "lb1 serves", host="lb1", kind=CHANGE, subject=service, PreviousHealth="blackhole")
    assert back.cells["Health"] == "active"
    given = wait_reported(lab, "lb2 steps back", host="lb2", kind=FAILOVER, subject=service, Role="backup")
    assert given.cells["Cause"] == "peerReturned"
    for host in BALANCERS:
        check_log(lab, host)


@pytest.mark.parametrize(("lab", "state"), [("base", BACKUP), ("fault", FAULT)], indirect=["lab"])
def test_vrrp_version_2(lab, state):
    await_normal(lab)
    failed_over(lab, "SITE1", state)
    back_again(lab, "SITE1")


IPV6 = """
vrrp_instance SIX {
  @lb1 state MASTER
  @lb2 state BACKUP
  @lb1 priority 150
  @lb2 priority 100
  interface eth0
  virtual_router_id 56
  advert_int $ADVERT
  virtual_ipaddress { fd00:77:0:0::0100/64 }
  track_script { chk_haproxy }
}
"""


def test_an_ipv6_address(bare_lab):
    setups.edit(bare_lab, setups.KEEPALIVED, ("vrrp_instance SITE1", IPV6 + "vrrp_instance SITE1"))
    setups.start(bare_lab)
    await_normal(bare_lab, service="SIX")
    for host, held in (("lb1", "1"), ("lb2", "0")):
        row = services(bare_lab, host)["SIX"]
        assert (row["AddressesExpected"], row["AddressesHeld"]) == ("1", held)
    failed_over(bare_lab, "SIX", BACKUP)
    row = services(bare_lab, "lb2")["SIX"]
    assert (row["AddressesExpected"], row["AddressesHeld"]) == ("1", "1")
    assert services(bare_lab, "lb1")["SIX"]["AddressesHeld"] == "0"
    assert reported(bare_lab, Health="conflict") == []
    for host in BALANCERS:
        check_log(bare_lab, host)


GROUP = "vrrp_sync_group SITES { group { SITE1 SITE2 } }\n"


def test_a_sync_group_moves_together(bare_lab):
    setups.put(bare_lab, setups.VARIANT, setups.FAULTY)
    # only SITE1 is checked: SITE2 follows it because of the group
    setups.edit(bare_lab, setups.KEEPALIVED, ("10.77.0.101/24 }\n  track_script { chk_haproxy }", "10.77.0.101/24 }"))
    setups.edit(bare_lab, setups.KEEPALIVED, ("vrrp_instance SITE1", GROUP + "vrrp_instance SITE1"))
    setups.start(bare_lab)
    for service in ("SITE1", "SITE2"):
        await_normal(bare_lab, service=service)
    failed_over(bare_lab, "SITE1", FAULT)
    follows = wait_reported(
        bare_lab, "SITE2 follows", host="lb1", kind=FAILOVER, subject="SITE2", PreviousRole="master"
    )
    assert follows.cells["Cause"] == "haproxyGone"
    taken = wait_reported(bare_lab, "lb2 takes both", host="lb2", kind=FAILOVER, subject="SITE2", Role="master")
    assert (taken.change, taken.cells["KeepalivedTrap"]) == (("standby", "active", "backup", "master"), "seen")
    assert set(services(bare_lab, "lb1")) == {"SITE1", "SITE2"}, "the group is no service"
    back_again(bare_lab, "SITE1")
    await_normal(bare_lab, service="SITE2")


def test_without_preemption_no_node_is_meant(bare_lab):
    setups.put(bare_lab, setups.VARIANT, setups.FAULTY)
    setups.edit(
        bare_lab, setups.KEEPALIVED, ("state MASTER", "state BACKUP"), ("  advert_int", "  nopreempt\n  advert_int")
    )
    for host in BALANCERS:
        bare_lab.ctl(host, "keepalived", "stop")
    for host in BALANCERS:
        bare_lab.ctl(host, "keepalived", "start")
        wait_for(lambda: bare_lab.holders() == ["lb1"], "who comes first is MASTER", 10, bare_lab.logs)
    for host in BALANCERS:
        bare_lab.ctl(host, "agent", "start")
    await_normal(bare_lab)

    def check_intended() -> None:
        for host in BALANCERS:
            row = services(bare_lab, host)["SITE1"]
            assert (row["IntendedRole"], row["ServedAsIntended"]) == ("none", "true")

    check_intended()
    bare_lab.ctl("lb1", "haproxy", "stop")
    for host, change in (
        ("lb1", ("active", "fault", "master", "fault")),
        ("lb2", ("standby", "active", "backup", "master")),
    ):
        one = wait_reported(bare_lab, f"{host}: failover", host=host, kind=FAILOVER, subject="SITE1")
        assert (one.change, one.cells["ServedAsIntended"]) == (change, "true")
        check_seen(bare_lab, one, FAULT if host == "lb1" else MASTER, BACKUP)
    bare_lab.ctl("lb1", "haproxy", "start")
    wait_health(bare_lab, "lb1", "standby")
    back = wait_reported(bare_lab, "lb1 stands by", host="lb1", kind=FAILOVER, subject="SITE1", Role="backup")
    assert (back.cells["Cause"], back.cells["ServedAsIntended"]) == ("recovered", "true")
    assert both(bare_lab) == ("standby", "active"), "it stays where it is"
    check_intended()
    for host in BALANCERS:
        check_log(bare_lab, host)


FIRST = """
vrrp_instance FIRST {
  @lb1 state MASTER
  @lb2 state BACKUP
  @lb1 priority 150
  @lb2 priority 100
  interface eth0
  virtual_router_id 53
  advert_int $ADVERT
  virtual_ipaddress { 10.77.0.102/24 }
  track_script { chk_haproxy }
}
"""
PROXIES = """
frontend fe_first
  bind :8090
  default_backend be_first
backend be_first
  server first1 10.77.0.20:8001 check inter 500ms fall 2 rise 2
  server first2 10.77.0.20:8002 check inter 500ms fall 2 rise 2
"""


NEW = {
    ("haxServiceTable", "", "FIRST"),
    ("haxVrrpTable", "", "FIRST"),
    ("haxFrontendTable", "", "fe_first"),
    ("haxBackendTable", "", "be_first"),
    ("haxServerTable", "", "first1"),
    ("haxServerTable", "", "first2"),
}


def numbers(lab: Lab, host: str) -> dict[tuple[str, ...], str]:
    """Give the indexes of all rows with names; a row that comes while its table is walked has none yet."""
    found = {}
    for table, names in (
        (schema.SERVICE_TABLE, ("Name",)),
        (schema.VRRP_TABLE, ("Name",)),
        (schema.SERVICE_MEMBER_TABLE, ("Proxy", "Kind")),
        (schema.FRONTEND_TABLE, ("Name",)),
        (schema.BACKEND_TABLE, ("Name",)),
        (schema.SERVER_TABLE, ("Name",)),
    ):
        for index, row in read(lab, host, table).items():
            service = index.partition(".")[0] if table is schema.SERVICE_MEMBER_TABLE else ""
            if all(name in row for name in names):
                found[(table.name, service, *(row[name] for name in names))] = index
    return found


def test_instances_and_proxies_put_in_before_others_shift_no_index(lab):
    await_normal(lab)
    before = {host: numbers(lab, host) for host in BALANCERS}
    quiet = {host: len(events(lab, host)) for host in BALANCERS}
    setups.edit(lab, setups.KEEPALIVED, ("vrrp_instance SITE1", FIRST + "vrrp_instance SITE1"))
    setups.edit(lab, setups.HAPROXY, ("frontend fe_web", PROXIES + "frontend fe_web"))
    for host in BALANCERS:
        lab.ctl(host, "keepalived", "reload")
        lab.ctl(host, "haproxy", "reload")
    await_normal(lab, service="FIRST")
    for host in BALANCERS:
        wanted = before[host].keys() | NEW
        wait_for(lambda host=host, wanted=wanted: wanted <= numbers(lab, host).keys(), "the new ones", logs=lab.logs)
        after = numbers(lab, host)
        assert {name: after.get(name) for name in before[host]} == before[host]
        assert len({(name[0], index) for name, index in after.items()}) == len(after), "no number belongs to two"
        rows = {row["Name"]: row["KeepalivedRow"] for row in read(lab, host, schema.VRRP_TABLE).values()}
        assert [rows[name].rpartition(".")[2] for name in ("FIRST", "SITE1", "SITE2")] == ["1", "2", "3"]
        assert {row["Subject"] for row in events(lab, host)[quiet[host] :]} <= {"FIRST"}, events(lab, host)
    for one in reported(lab, "lb1", FAILOVER, "FIRST"):
        assert (one.cells["Role"], one.cells["Cause"]) == ("master", "configurationChanged")
    for host in BALANCERS:
        if events(lab, host):
            check_log(lab, host)
    await_normal(lab)


USER, AUTH, PRIV = "agentx", "authpass-1234", "privpass-1234"
V3_SNMPD = f"""\
createUser {USER} SHA-256 {AUTH} AES {PRIV}
rouser {USER} authPriv
trapsess -v 3 -u {USER} -l authPriv -a SHA-256 -A {AUTH} -x AES -X {PRIV} 127.0.0.1:1162
"""
V3_AGENT = f"""\
haproxy:
  - {{name: local, stats: /run/haproxy/ro.sock, interval: 1s, timeout: 2s}}
keepalived:
  snmp:
    address: 127.0.0.1:161
    v3:
      user: {USER}
      level: authPriv
      auth_protocol: SHA256
      auth_file: /etc/haproxy-agentx/auth
      priv_protocol: AES
      priv_file: /etc/haproxy-agentx/priv
"""


def sources(lab: Lab, host: str) -> dict[str, tuple[str, int]]:
    """Give state and number of successes of each source."""
    rows = read(lab, host, schema.SOURCE_TABLE).values()
    return {row["Name"]: (row["State"], int(row["Successes"])) for row in rows}


def test_snmp_version_3_for_the_poll_and_the_listener(bare_lab):
    setups.edit(bare_lab, setups.SNMPD, ("trap2sink 127.0.0.1:1162\n", V3_SNMPD))
    setups.put(bare_lab, setups.AGENT, V3_AGENT)
    setups.put(bare_lab, "/etc/haproxy-agentx/auth", AUTH + "\n")
    setups.put(bare_lab, "/etc/haproxy-agentx/priv", PRIV + "\n")
    setups.start(bare_lab, snmpd=True)
    await_normal(bare_lab)
    for host in BALANCERS:
        state, successes = sources(bare_lab, host)["keepalived-mib"]
        assert state == "ok"
        assert successes > 0
        assert services(bare_lab, host)["SITE1"]["AddressesExpected"] == "1", "KEEPALIVED-MIB alone tells that"
    failed_over(bare_lab, "SITE1", BACKUP)
    for host in BALANCERS:
        assert sources(bare_lab, host)["keepalived-traps"][0] == "ok"
    back_again(bare_lab, "SITE1")
    for host in BALANCERS:
        log = bare_lab.host(host).read("/var/log/agent.log")
        assert not any(secret in log for secret in (AUTH, PRIV))


BARE_AGENT = """\
haproxy:
  - {name: local, stats: /run/haproxy/ro.sock, interval: 1s, timeout: 2s}
"""


def test_the_bare_setup_with_nothing_but_one_more_sink(bare_lab):
    setups.edit(bare_lab, setups.KEEPALIVED, ("  vrrp_notify_fifo /run/haproxy-agentx/vrrp.fifo\n", ""))
    setups.put(bare_lab, setups.AGENT, BARE_AGENT)
    setups.start(bare_lab)
    for host in BALANCERS:
        assert set(services(bare_lab, host)) == {"node"}, "nobody has told of any instance"
    bare_lab.ctl("lb1", "haproxy", "stop")
    gone = wait_reported(bare_lab, "lb1 gives it up", host="lb1", kind=FAILOVER, subject="SITE1")
    assert gone.change == ("unknown", "standbyNotReady", "unknown", "backup")
    assert (gone.cells["Cause"], gone.cells["ServedAsIntended"]) == ("haproxyGone", "false")
    check_seen(bare_lab, gone, BACKUP, MASTER)
    taken = wait_reported(bare_lab, "lb2 takes it", host="lb2", kind=FAILOVER, subject="SITE1")
    assert taken.change == ("unknown", "active", "unknown", "master")
    assert taken.cells["Cause"] in {"priority", "peerLost"}
    assert taken.cells["ServedAsIntended"] == "true", "an initial BACKUP is no intention"
    check_seen(bare_lab, taken, MASTER, BACKUP)
    assert both(bare_lab) == ("standbyNotReady", "active")
    bare_lab.ctl("lb1", "haproxy", "start")
    await_normal(bare_lab)
    for host, change in (
        ("lb1", ("standby", "active", "backup", "master")),
        ("lb2", ("active", "standby", "master", "backup")),
    ):
        back = wait_reported(bare_lab, f"{host}: as before", host=host, kind=FAILOVER, subject="SITE1", Role=change[3])
        assert back.change[1:] == change[1:]
        assert (back.cells["KeepalivedTrap"], back.cells["Cause"]) == (
            "seen",
            "recovered" if host == "lb1" else "peerReturned",
        )
    for host in BALANCERS:
        check_log(bare_lab, host)
