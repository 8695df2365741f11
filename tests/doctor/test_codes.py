"""Each code is found where its fault was made, is not found before, and is gone when what doctor prints was done."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest

from haproxy_agentx.agentx.oid import dotted
from haproxy_agentx.doctor.codes import CODES
from haproxy_agentx.doctor.examine import Other, Subject, examine, grade
from haproxy_agentx.doctor.finding import Finding, Grade
from haproxy_agentx.doctor.machine import File, Machine
from haproxy_agentx.doctor.peers import PeerSeen
from haproxy_agentx.doctor.setup import PeerSetup
from haproxy_agentx.doctor.upkeep import StoreSeen, Use
from tests.doctor.node import COMMUNITY, HAPROXY, KEEPALIVED, OTHER, OURS, SETUP, SNMPD, TEXTS, edited

OUR_ROOT = dotted(SETUP.root)

STORE = StoreSeen("/var/lib/haproxy-agentx/state.db", owner="haproxy-agentx", daemon="haproxy-agentx", free=1 << 30)
READ = PeerSeen("lb2", "ok", reads_us=True, clock_offset=0.02, version="2.0.0")
UNREAD = PeerSeen("lb2", "unreachable", error="192.0.2.12:161: no answer within 1 s", is_agent=False, is_shut_out=False)

WELL = Machine(
    has_group=True,
    socket_folder=File("folder", 0o755, "root"),
    fifo=File("fifo", 0o640, "root"),
    keepalived_version=(2, 4, 0),
    keepalived_after=("network-online.target", "snmpd.service"),
    is_clock_synchronized=True,
    has_mib=True,
    nonlocal_bind=True,
    is_running=True,
    version="2.0.0",
    peers=(READ,),
    store=STORE,
    descriptors=Use(40, 1024),
    memory=Use(40 << 20, 256 << 20),
)
NODE = Subject(TEXTS, SETUP, WELL, "lb1", (Other("lb2", OTHER),))


@dataclass(frozen=True)
class Fault:
    """How a fault is made: ``old`` becomes ``new`` in ``file``, and ``machine`` replaces facts."""

    file: str = ""
    old: str = ""
    new: str = ""
    machine: Mapping[str, object] | None = None
    mend: tuple[str, str] | None = None
    """Old and new text in ``file`` for a remedy in words; without it the remedy must be edits or commands."""
    read: str = ""
    """The statistics socket that config.yaml names at first."""
    socket: str = ""
    """The statistics socket that the words of the remedy put into config.yaml."""
    also: tuple[str, ...] = ()
    """Codes of what the same fault breaks as well."""

    def made(self, node: Subject) -> Subject:
        texts = dict(node.texts)
        if self.file and self.old:
            assert self.old in texts[self.file]
            texts[self.file] = texts[self.file].replace(self.old, self.new)
        elif self.file and self.new:
            texts[self.file] = texts[self.file] + self.new
        elif self.file:
            del texts[self.file]
        setup = replace(node.setup, haproxy_sockets=(self.read,)) if self.read else node.setup
        return replace(node, texts=texts, setup=setup, machine=replace(node.machine, **(self.machine or {})))

    def mended(self, node: Subject, finding: Finding) -> Subject:
        remedy = finding.remedy
        if self.mend is not None:
            assert remedy.words
            old, new = self.mend
            texts = {**node.texts, self.file: node.texts.get(self.file, "").replace(old, new) if old else new}
            return replace(node, texts=texts)
        if self.socket:
            assert f"stats: {self.socket}" in remedy.words
            node = replace(node, setup=replace(node.setup, haproxy_sockets=(self.socket,)))
        assert remedy.edits, "a remedy in words needs somebody who follows it"
        return replace(node, texts=edited(node.texts, remedy.edits))


STATS = "    stats socket /run/haproxy/ro.sock mode 660 group haproxy-agentx level user\n"

FAULTS: dict[str, list[Fault]] = {
    "HAX-HAPROXY-001": [Fault(HAPROXY, mend=("", TEXTS[HAPROXY]))],
    "HAX-HAPROXY-002": [
        Fault(HAPROXY, STATS, ""),
        Fault(HAPROXY, "/run/haproxy/ro.sock", "/run/haproxy/admin.sock"),
        Fault(HAPROXY, TEXTS[HAPROXY], "defaults\n    mode http\n"),
    ],
    "HAX-HAPROXY-003": [
        Fault(HAPROXY, "group haproxy-agentx ", ""),
        Fault(HAPROXY, "mode 660", "mode 600"),
        Fault(HAPROXY, " mode 660 group haproxy-agentx level user", ""),
        Fault(HAPROXY, "group haproxy-agentx", "user haproxy group haproxy"),
    ],
    "HAX-HAPROXY-004": [
        Fault(
            HAPROXY,
            "ro.sock mode 660 group haproxy-agentx level user",
            f"{name}.sock mode 660 group haproxy-agentx level {level}",
            read=f"/run/haproxy/{name}.sock",
            socket="/run/haproxy/ro.sock",
        )
        for name, level in (("admin", "admin"), ("op", "operator"))
    ]
    + [Fault(HAPROXY, "level user", "level admin")],
    "HAX-HAPROXY-005": [Fault(HAPROXY, "mode 660", "mode 666", mend=("mode 666", "mode 660"))],
    "HAX-HAPROXY-006": [
        Fault(
            HAPROXY, "", "\nbackend empty\n    balance source\n", mend=("balance source", "server a 192.0.2.9:80 check")
        )
    ],
    "HAX-HAPROXY-007": [
        Fault(HAPROXY, "192.0.2.22:80 check", "192.0.2.22:80"),
        Fault(HAPROXY, "", "\nlisten db\n    bind :3306\n    server db1 192.0.2.31:3306\n"),
    ],
    "HAX-HAPROXY-008": [Fault(HAPROXY, "maxconn 3000", "maxconn 5000", mend=("maxconn 5000", "maxconn 2000"))],
    "HAX-SNMPD-001": [Fault(SNMPD, mend=("", TEXTS[SNMPD]))],
    "HAX-SNMPD-002": [Fault(OURS, "master agentx\n", "")],
    "HAX-SNMPD-003": [
        Fault(OURS, "master agentx", "master agentx # for keepalived"),
        Fault(OURS, "master agentx", "master\tagentx\t#AgentX"),
    ],
    "HAX-SNMPD-004": [Fault(OURS, "master agentx", "master off"), Fault(OURS, "master agentx", "master agentX")],
    "HAX-SNMPD-006": [Fault(OURS, "agentXPerms 0660 0755 Debian-snmp haproxy-agentx\n", "")],
    "HAX-SNMPD-007": [
        Fault(OURS, "0660 0755 Debian-snmp haproxy-agentx", "0660 0755 Debian-snmp Debian-snmp"),
        Fault(OURS, "0660 0755 Debian-snmp haproxy-agentx", "0600 0755 Debian-snmp haproxy-agentx"),
        Fault(OURS, "0660 0755 Debian-snmp haproxy-agentx", "0660 0755"),
    ],
    "HAX-SNMPD-008": [
        Fault(OURS, "0660 0755", "0660 0700"),
        Fault(OURS, "0660 0755 Debian-snmp haproxy-agentx", "0666"),
    ],
    "HAX-SNMPD-009": [
        Fault(OURS, f"trap2sink 192.0.2.30 {COMMUNITY}", f"trap2sink 192.0.2.30 {COMMUNITY} # the monitoring host"),
    ],
    "HAX-SNMPD-010": [
        Fault(OURS, f"{COMMUNITY} 192.0.2.30\n", f"{COMMUNITY} 192.0.2.30 # monitoring\n"),
        Fault(SNMPD, "sysContact     Me <me@example.org>", "sysContact Me # <me@example.org>"),
        Fault(SNMPD, "udp:192.0.2.11:161", "udp:192.0.2.11:161 #all"),
    ],
    "HAX-SNMPD-011": [Fault(OURS, "", "agentaddress udp:161\n")],
    "HAX-SNMPD-012": [Fault(SNMPD, "127.0.0.1,udp:192.0.2.11:161", "127.0.0.1,[::1]", mend=("[::1]", "udp:161"))],
    "HAX-SNMPD-013": [
        Fault(
            OURS,
            f"rocommunity {COMMUNITY} 127.0.0.1\nrocommunity {COMMUNITY} 192.0.2.30\n",
            "",
            mend=("trap2sink 192", f"rocommunity {COMMUNITY} 127.0.0.1\ntrap2sink 192"),
            also=("HAX-SNMPD-017",),
        )
    ],
    "HAX-SNMPD-014": [
        Fault(
            OURS,
            "",
            f"view part included .{OUR_ROOT}.1.3\nrocommunity other 192.0.2.31 -V part\n",
            mend=(f".{OUR_ROOT}.1.3", f".{OUR_ROOT}"),
        )
    ],
    "HAX-SNMPD-015": [Fault(OURS, f"rocommunity {COMMUNITY} 192", f"rwcommunity {COMMUNITY} 192")],
    "HAX-SNMPD-016": [
        Fault(
            SNMPD, "rocommunity  public default -V systemonly", "rocommunity public", mend=("public", "Kz8f 192.0.2.30")
        )
    ],
    "HAX-SNMPD-017": [
        Fault(
            OURS,
            f"rocommunity {COMMUNITY} 127.0.0.1\n",
            "",
            mend=("trap2sink 192", f"rocommunity {COMMUNITY} 127.0.0.1\ntrap2sink 192"),
        )
    ],
    "HAX-SNMPD-018": [Fault(OURS, "", "rocommunity public 192.0.2.31\n", mend=("public 192", "another 192"))],
    "HAX-SNMPD-019": [
        Fault(OURS, "", f"pass_persist .{OUR_ROOT} /usr/local/bin/haproxy.py\n"),
        Fault(OURS, "", f"proxy -v2c -c x 192.0.2.5 .{OUR_ROOT}.1.3\n"),
        Fault(OURS, "", f"extend .{dotted(SETUP.root[:-1])} haproxy /bin/date\n"),
    ],
    "HAX-SNMPD-020": [
        Fault(
            OURS,
            f"trap2sink 192.0.2.30 {COMMUNITY}\n",
            "",
            mend=("trap2sink 127", f"trap2sink 192.0.2.30 {COMMUNITY}\ntrap2sink 127"),
        )
    ],
    "HAX-SNMPD-021": [Fault(OURS, "trap2sink 192.0.2.30", "trapsink 192.0.2.30")],
    "HAX-SNMPD-022": [Fault(OURS, f"trap2sink 127.0.0.1:1162 {COMMUNITY}\n", "")],
    "HAX-SNMPD-023": [Fault(OURS, "", "[snmp] sendMessageMaxSize 1024\n")],
    "HAX-KEEP-001": [Fault(KEEPALIVED, mend=("", TEXTS[KEEPALIVED]))],
    "HAX-KEEP-002": [Fault(KEEPALIVED, "weight -60\n}", "weight -60", mend=("weight -60", "weight -60\n}"))],
    "HAX-KEEP-003": [Fault(KEEPALIVED, "    enable_snmp_vrrp\n", "")],
    "HAX-KEEP-004": [Fault(KEEPALIVED, "    enable_traps\n", "")],
    "HAX-KEEP-005": [Fault(KEEPALIVED, "    vrrp_notify_fifo /run/haproxy-agentx/vrrp.fifo\n", "")],
    "HAX-KEEP-006": [Fault(KEEPALIVED, "/run/haproxy-agentx/vrrp.fifo", "/run/keepalived/other.fifo")],
    "HAX-KEEP-008": [Fault(KEEPALIVED, "    enable_traps\n", "    enable_traps\n    vrrp_strict\n")],
    "HAX-KEEP-010": [
        Fault(
            KEEPALIVED,
            "192.0.2.100/24 dev eth0",
            "",
            mend=("virtual_ipaddress {", "virtual_ipaddress {\n192.0.2.100/24"),
            also=("HAX-PAIR-005",),
        )
    ],
    "HAX-KEEP-012": [Fault(KEEPALIVED, "state MASTER", "state MASTER\n    nopreempt")],
    "HAX-KEEP-013": [
        Fault(KEEPALIVED, "advert_int 1", "advert_int 1\n    version 3", also=("HAX-PAIR-004", "HAX-PAIR-007"))
    ],
    "HAX-KEEP-014": [Fault(KEEPALIVED, "s3cret-1", "s3cret-1-and-more")],
    "HAX-KEEP-015": [
        Fault(
            KEEPALIVED,
            "        chk_haproxy\n",
            "        chk_haprox\n",
            mend=("chk_haprox\n", "chk_haproxy\n"),
            also=("HAX-KEEP-017",),
        )
    ],
    "HAX-KEEP-016": [
        Fault(
            KEEPALIVED,
            "    track_script {\n        chk_haproxy\n    }\n",
            "",
            mend=("    virtual_ipaddress", "    track_script {\n        chk_haproxy\n    }\n    virtual_ipaddress"),
            also=("HAX-KEEP-017",),
        )
    ],
    "HAX-KEEP-017": [
        Fault(
            KEEPALIVED,
            "",
            "vrrp_script chk_disk {\n    script /bin/true\n}\n",
            mend=("        chk_haproxy\n", "        chk_haproxy\n        chk_disk\n"),
        )
    ],
    "HAX-KEEP-018": [
        Fault(
            KEEPALIVED,
            "/usr/bin/curl -fsm2 -o /dev/null http://127.0.0.1:8080/health",
            text,
            mend=(text, "/usr/bin/curl -f http://127.0.0.1/"),
        )
        for text in (
            "killall -0 haproxy",
            "/usr/bin/pidof haproxy",
            "systemctl is-active haproxy",
            "kill -0 $(cat /run/haproxy.pid)",
        )
    ],
    "HAX-KEEP-019": [Fault(KEEPALIVED, "    script_user keepalived_script\n    enable_script_security\n", "")],
    "HAX-KEEP-020": [Fault(KEEPALIVED, "    vrrp_garp_master_refresh 60\n", "")],
    "HAX-PAIR-002": [Fault(KEEPALIVED, "virtual_router_id 51", "virtual_router_id 52", mend=("_id 52", "_id 51"))],
    "HAX-PAIR-003": [Fault(KEEPALIVED, "advert_int 1", "advert_int 2", mend=("advert_int 2", "advert_int 1"))],
    "HAX-PAIR-004": [
        Fault(
            KEEPALIVED,
            "advert_int 1",
            "version 3\n    advert_int 1",
            mend=("version 3", "version 2"),
            also=("HAX-KEEP-013", "HAX-PAIR-007"),
        )
    ],
    "HAX-PAIR-005": [
        Fault(
            KEEPALIVED,
            "192.0.2.100/24",
            "192.0.2.100/24\n        192.0.2.101/24",
            mend=("\n        192.0.2.101/24", ""),
        )
    ],
    "HAX-PAIR-006": [Fault(KEEPALIVED, "priority 150", "priority 100", mend=("priority 100", "priority 150"))],
    "HAX-PAIR-007": [Fault(KEEPALIVED, "s3cret-1", "secret-2", mend=("secret-2", "s3cret-1"))],
    "HAX-PAIR-008": [
        Fault(
            KEEPALIVED,
            "    virtual_ipaddress {",
            "    unicast_peer {\n        192.0.2.12\n    }\n    virtual_ipaddress {",
            mend=("    unicast_peer {\n        192.0.2.12\n    }\n", ""),
        )
    ],
    "HAX-PAIR-009": [
        Fault(KEEPALIVED, "weight -60", "weight -40", mend=("weight -40", "weight -51")),
        Fault(KEEPALIVED, "weight -60", "weight -50", mend=("weight -50", "weight -51")),
        Fault(KEEPALIVED, "weight -60", "weight 2", mend=("weight 2", "")),
    ],
}

MACHINES: dict[str, Mapping[str, object]] = {
    "HAX-SYSTEM-001": {"has_group": False},
    "HAX-SYSTEM-002": {"socket_folder": File("folder", 0o700, "root")},
    "HAX-SYSTEM-003": {"fifo": File("file", 0o640, "root")},
    "HAX-SYSTEM-004": {"fifo": File("fifo", 0o640, "haproxy-agentx")},
    "HAX-SYSTEM-005": {"keepalived_after": ("network-online.target",)},
    "HAX-SYSTEM-006": {"is_clock_synchronized": False},
    "HAX-SYSTEM-007": {"has_mib": False},
    "HAX-AGENT-001": {"invalid": "config.yaml:3: unknown key"},
    "HAX-AGENT-002": {"is_running": False},
    "HAX-AGENT-003": {"problems": (("snmpd: no such socket", "start it"),)},
    "HAX-AGENT-004": {"unanswered": "no such object"},
    "HAX-STORE-001": {"store": replace(STORE, problem="store x is locked by another program; end that")},
    "HAX-STORE-002": {"store": replace(STORE, has_folder=False)},
    "HAX-STORE-003": {"store": replace(STORE, free=100 << 10, problem="cannot be written: the disk is full")},
    "HAX-STORE-004": {"store": replace(STORE, owner="root", problem="uid 64001 may not write x")},
    "HAX-STORE-005": {"store": replace(STORE, refusal="is of a newer haproxy-agentx; install that one again")},
    "HAX-STORE-006": {"store": replace(STORE, asides=("/var/lib/haproxy-agentx/state.db.corrupt-1",))},
    "HAX-LIMIT-001": {"descriptors": Use(900, 1024)},
    "HAX-LIMIT-002": {"memory": Use(250 << 20, 256 << 20)},
    "HAX-PEER-001": {"peers": (replace(UNREAD, is_shut_out=True, is_agent=True),)},
    "HAX-PEER-002": {"peers": (UNREAD,)},
    "HAX-PEER-003": {"peers": (replace(UNREAD, is_agent=True),)},
    "HAX-PEER-004": {"peers": (replace(UNREAD, state="noAgent"),)},
    "HAX-PEER-006": {"peers": (replace(UNREAD, state="incompatible"),)},
    "HAX-PEER-007": {"peers": (replace(READ, reads_us=False),)},
    "HAX-PEER-008": {"peers": (replace(READ, clock_offset=-7.5),)},
    "HAX-PEER-009": {"peers": (replace(READ, version="0.1.0"),)},
}


def codes(node: Subject) -> list[str]:
    return [finding.code for finding in examine(node)]


def test_nothing_is_wrong_with_the_pair_of_the_documents():
    assert examine(NODE) == []
    assert grade(examine(NODE)) is Grade.ok


@pytest.mark.parametrize(("code", "fault"), [(code, fault) for code, faults in FAULTS.items() for fault in faults])
def test_a_fault_is_found_and_is_gone_when_what_is_printed_was_done(code, fault):
    broken = fault.made(NODE)
    found = {finding.code: finding for finding in examine(broken)}
    assert set(found) == {code, *fault.also}
    mended = fault.mended(broken, found[code])
    assert set(codes(mended)) <= set(fault.also) - {code}


@pytest.mark.parametrize(("code", "facts"), MACHINES.items())
def test_what_the_machine_shows_is_found(code, facts):
    (finding,) = examine(replace(NODE, machine=replace(WELL, **facts)))
    assert finding.code == code
    assert str(finding.remedy)
    assert grade([finding]) is CODES[code].grade


def with_text(file: str, old: str, new: str, node: Subject = NODE) -> Subject:
    assert old in node.texts[file]
    return replace(node, texts={**node.texts, file: node.texts[file].replace(old, new)})


def test_haproxy_cannot_bind_to_an_address_that_the_standby_lacks():
    """HAX-HAPROXY-009"""
    node = replace(NODE, machine=replace(WELL, nonlocal_bind=False))
    (finding,) = examine(node)
    assert finding.code == "HAX-HAPROXY-009"
    assert (
        edited(node.texts, finding.remedy.edits)["/etc/sysctl.d/60-haproxy.conf"] == "net.ipv4.ip_nonlocal_bind = 1\n"
    )
    assert codes(with_text(HAPROXY, "bind 192.0.2.100:80", "bind 192.0.2.100:80 transparent", node)) == []
    assert codes(with_text(HAPROXY, "bind 192.0.2.100:80", "bind :80", node)) == []


def test_another_agentx_socket():
    """HAX-SNMPD-005"""
    assert codes(with_text(OURS, "master agentx", "master agentx\nagentXSocket /run/agentx")) == ["HAX-SNMPD-005"]
    both = with_text(OURS, "master agentx", "master agentx\nagentXSocket tcp:localhost:705,/var/agentx/master")
    assert codes(both) == []
    assert (
        codes(
            replace(
                with_text(OURS, "master agentx", "master agentx\nagentXSocket /run/agentx"),
                setup=replace(SETUP, agentx_socket="/run/agentx"),
            )
        )
        == []
    )


INSTANCE = TEXTS[KEEPALIVED][TEXTS[KEEPALIVED].index("vrrp_instance") :]


def test_the_address_of_a_peer_is_one_that_keepalived_moves():
    """HAX-PEER-005"""
    node = replace(NODE, setup=replace(SETUP, peers=(PeerSetup("lb2", "192.0.2.100", 161),)))
    assert codes(node) == ["HAX-PEER-005"]


@pytest.mark.parametrize(
    "peer", [UNREAD, replace(UNREAD, state="stale", error=""), replace(READ, reads_us=None, clock_offset=None)]
)
def test_what_is_not_known_of_a_peer_that_is_not_configured_is_no_finding(peer):
    assert codes(replace(NODE, setup=replace(SETUP, peers=()), machine=replace(WELL, peers=(peer,)))) == []


def test_the_reason_why_the_store_is_not_written_comes_instead_of_what_follows_from_it():
    machine = replace(WELL, store=replace(STORE, owner="root", problem="uid 64001 may not write it; chown it"))
    (finding,) = examine(replace(NODE, machine=machine))
    assert (finding.code, finding.remedy.commands) == (
        "HAX-STORE-004",
        ("chown -R haproxy-agentx: /var/lib/haproxy-agentx",),
    )


def test_a_socket_of_its_own_that_is_there_needs_only_its_line_in_the_configuration():
    """HAX-HAPROXY-003, as on a stock Debian after the line was added, and before config.yaml names it."""
    stock = "stats socket /run/haproxy/admin.sock mode 660 level admin"
    node = with_text(HAPROXY, STATS, f"    {stock}\n{STATS}")
    node = replace(node, setup=replace(SETUP, haproxy_sockets=("/run/haproxy/admin.sock",)))
    (finding,) = examine(node)
    assert finding.code == "HAX-HAPROXY-003"
    assert not finding.remedy.edits
    assert "append 'haproxy: [{stats: /run/haproxy/ro.sock}]' to /etc/haproxy-agentx/config.yaml" in str(finding.remedy)
    assert codes(replace(node, setup=SETUP)) == []


def test_two_instances_of_one_router():
    """HAX-KEEP-009"""
    second = INSTANCE.replace("SITE1", "SITE2").replace(".100/24", ".101/24")
    both = [{**texts, KEEPALIVED: texts[KEEPALIVED] + second} for texts in (TEXTS, OTHER)]
    node = replace(NODE, texts=both[0], others=(Other("lb2", both[1]),))
    assert "HAX-KEEP-009" in codes(node)
    apart = [{**texts, KEEPALIVED: texts[KEEPALIVED] + second.replace("_id 51", "_id 52")} for texts in (TEXTS, OTHER)]
    assert "HAX-KEEP-009" not in codes(replace(NODE, texts=apart[0], others=(Other("lb2", apart[1]),)))


def test_no_instance_at_all():
    """HAX-KEEP-007"""
    assert "HAX-KEEP-007" in codes(replace(with_text(KEEPALIVED, INSTANCE, ""), others=()))


def test_more_addresses_than_an_advertisement_has_room_for():
    """HAX-KEEP-011"""
    many = "\n".join(f"        192.0.2.{number}" for number in range(120, 141))
    assert "HAX-KEEP-011" in codes(replace(with_text(KEEPALIVED, "        192.0.2.100/24 dev eth0", many), others=()))
    fewer = many.rpartition("\n")[0]
    assert "HAX-KEEP-011" not in codes(
        replace(with_text(KEEPALIVED, "        192.0.2.100/24 dev eth0", fewer), others=())
    )


def test_the_other_node_lacks_an_instance():
    """HAX-PAIR-001"""
    other = OTHER[KEEPALIVED].replace("virtual_router_id 51", "virtual_router_id 99").replace("SITE1", "SITE9")
    assert codes(replace(NODE, others=(Other("lb2", {KEEPALIVED: other}),))) == ["HAX-PAIR-001"]


def test_an_instance_of_another_name_is_known_by_its_router():
    other = OTHER[KEEPALIVED].replace("SITE1", "VI_1")
    assert codes(replace(NODE, others=(Other("lb2", {KEEPALIVED: other}),))) == []


def test_all_codes_are_proven():
    elsewhere = {
        "HAX-PEER-005",
        "HAX-HAPROXY-009",
        "HAX-SNMPD-005",
        "HAX-KEEP-007",
        "HAX-KEEP-009",
        "HAX-KEEP-011",
        "HAX-PAIR-001",
    }
    assert {code for code, faults in FAULTS.items() if faults} | set(MACHINES) | elsewhere == set(CODES)


def test_no_finding_shows_a_community_or_a_password():
    for faults in FAULTS.values():
        for fault in faults:
            for finding in examine(fault.made(NODE)):
                said = f"{finding.what} {finding.remedy}"
                assert COMMUNITY not in said
                assert "s3cret" not in said


RHEL = """\
com2sec notConfigUser  default  public   # everybody
group   notConfigGroup v1       notConfigUser
group   notConfigGroup v2c      notConfigUser
view    systemview     included .1.3.6.1.2.1.1
access  notConfigGroup "" any noauth exact systemview none none
master agentx            # keepalived needs it
agentXPerms 0660 0755 root haproxy-agentx   # and so does haproxy-agentx
rocommunity s3cret-community 127.0.0.1
trap2sink 192.0.2.30 s3cret-community   # zabbix
trap2sink 127.0.0.1:1162 s3cret-community
"""


def test_a_file_of_rhel_with_comments_behind_its_directives():
    node = replace(NODE, texts={**{path: text for path, text in TEXTS.items() if path != OURS}, SNMPD: RHEL})
    found = examine(node)
    assert [one.code for one in found] == ["HAX-SNMPD-003", "HAX-SNMPD-010", "HAX-SNMPD-009"]
    texts = edited(node.texts, [edit for finding in found for edit in finding.remedy.edits])
    assert codes(replace(node, texts=texts)) == []
    assert "#" not in texts[SNMPD].replace("# and so does haproxy-agentx", "")
