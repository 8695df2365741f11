"""A pair without a fault, as the README and docs/keepalived.md set it up: the files of both nodes."""

from collections.abc import Iterable, Mapping

from haproxy_agentx.doctor.finding import Edit
from haproxy_agentx.doctor.setup import PeerSetup, Setup
from haproxy_agentx.objects.root import ROOT

SNMPD = "/etc/snmp/snmpd.conf"
OURS = "/etc/snmp/snmpd.conf.d/haproxy-agentx.conf"
KEEPALIVED = "/etc/keepalived/keepalived.conf"
HAPROXY = "/etc/haproxy/haproxy.cfg"

COMMUNITY = "s3cret-community"

SETUP = Setup(
    root=ROOT,
    fifo="/run/haproxy-agentx/vrrp.fifo",
    traps="127.0.0.1:1162",
    peers=(PeerSetup("lb2", "192.0.2.12", 161),),
    polls_keepalived=True,
    community=COMMUNITY,
)

TEXTS = {
    SNMPD: """\
# as Debian installs it
sysLocation    Sitting on the Dock of the Bay
sysContact     Me <me@example.org>
agentaddress  127.0.0.1,udp:192.0.2.11:161
view   systemonly  included   .1.3.6.1.2.1.1
view   systemonly  included   .1.3.6.1.2.1.25.1
rocommunity  public default -V systemonly
rouser authPrivUser authpriv -V systemonly
includeDir /etc/snmp/snmpd.conf.d
""",
    OURS: f"""\
master agentx
agentXPerms 0660 0755 Debian-snmp haproxy-agentx
rocommunity {COMMUNITY} 127.0.0.1
rocommunity {COMMUNITY} 192.0.2.30
trap2sink 192.0.2.30 {COMMUNITY}
trap2sink 127.0.0.1:1162 {COMMUNITY}
""",
    KEEPALIVED: """\
global_defs {
    router_id lb1
    enable_traps
    enable_snmp_vrrp
    vrrp_notify_fifo /run/haproxy-agentx/vrrp.fifo
    vrrp_garp_master_refresh 60
    script_user keepalived_script
    enable_script_security
}

vrrp_script chk_haproxy {
    script "/usr/bin/curl -fsm2 -o /dev/null http://127.0.0.1:8080/health"
    interval 2
    weight -60
}

vrrp_instance SITE1 {
    state MASTER
    interface eth0
    virtual_router_id 51
    priority 150
    advert_int 1
    authentication {
        auth_type PASS
        auth_pass s3cret-1
    }
    virtual_ipaddress {
        192.0.2.100/24 dev eth0
    }
    track_script {
        chk_haproxy
    }
}
""",
    HAPROXY: """\
global
    log /dev/log local0
    stats socket /run/haproxy/ro.sock mode 660 group haproxy-agentx level user
    maxconn 4000

defaults
    mode http
    timeout connect 5s

frontend www
    bind 192.0.2.100:80
    maxconn 3000
    default_backend app

backend app
    option httpchk GET /health  # a comment is one here
    server web1 192.0.2.21:80 check
    server web2 192.0.2.22:80 check
""",
}

OTHER = {
    KEEPALIVED: TEXTS[KEEPALIVED]
    .replace("router_id lb1", "router_id lb2")
    .replace("priority 150", "priority 100")
    .replace("state MASTER", "state BACKUP")
}


def edited(texts: Mapping[str, str], edits: Iterable[Edit]) -> dict[str, str]:
    """Return the files as they are after the edits, whose line numbers are those of ``texts``."""
    new = dict(texts)
    for edit in sorted(edits, key=lambda edit: float("inf") if edit.after is None else edit.after, reverse=True):
        lines = new.get(edit.file, "").splitlines()
        after = len(lines) if edit.after is None else edit.after
        lines[after : after + edit.removes] = edit.adds
        new[edit.file] = "\n".join(lines) + "\n"
    return new
