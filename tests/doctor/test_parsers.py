"""The readers of snmpd.conf, keepalived.conf and haproxy.cfg: what their manuals say, and that no text breaks them."""

from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.agentx.oid import parse as oid
from haproxy_agentx.doctor import haproxy_cfg, keepalived_conf, snmpd_conf
from haproxy_agentx.doctor.examine import Other, Subject, examine
from haproxy_agentx.doctor.snmpd_access import Shows, accesses
from tests.doctor.node import HAPROXY, KEEPALIVED, SETUP, SNMPD, TEXTS

WORDS = st.sampled_from(
    [
        *(
            "master",
            "agentx",
            "#",
            "!",
            "{",
            "}",
            '"',
            "'",
            "\\",
            "\n",
            " ",
            "\t",
            "[snmp]",
            "view",
            "includeDir",
            "$A=",
            "${A}",
        ),
        *(
            "rocommunity",
            "public",
            "-V",
            "default",
            "com2sec",
            "group",
            "access",
            "trap2sink",
            "127.0.0.1",
            "1.3.6",
            "@lb1",
        ),
        *(
            "vrrp_instance",
            "vrrp_script",
            "track_script",
            "priority",
            "weight",
            "virtual_ipaddress",
            "9" * 30,
            "-1",
            "global_defs",
        ),
        *("global", "backend", "server", "stats", "socket", "mode", "99", "maxconn", "check", "bind", ":80", "é", "\0"),
    ]
)
TEXT = st.lists(WORDS, max_size=60).map(" ".join)


@given(TEXT, TEXT, TEXT, TEXT)
def test_no_text_breaks_an_examination(snmpd, keepalived, haproxy, other):
    texts = {SNMPD: snmpd, KEEPALIVED: keepalived, HAPROXY: haproxy}
    found = examine(Subject(texts, SETUP, host="lb1", others=(Other("lb2", {KEEPALIVED: other}),)))
    for finding in found:
        assert str(finding.remedy)
        assert "\n" not in str(finding.remedy)


def test_snmpd_reads_what_is_included_in_the_order_of_names():
    conf = snmpd_conf.parse(
        {**TEXTS, "/etc/snmp/snmpd.conf.d/a.conf": "sysName a", "/etc/snmp/snmpd.conf.d/b.txt": "sysName b"}
    )
    assert conf.files == [SNMPD, "/etc/snmp/snmpd.conf.d/a.conf", "/etc/snmp/snmpd.conf.d/haproxy-agentx.conf"]
    assert [one.text for one in conf.named("sysname")] == ["a"]


def test_a_file_that_includes_itself_is_read_once():
    conf = snmpd_conf.parse({SNMPD: "includeFile snmpd.conf\nincludeDir /etc/snmp\n"})
    assert len(conf.directives) == 2


def test_a_section_makes_directives_those_of_the_library():
    conf = snmpd_conf.parse({SNMPD: "[snmp]\ndefVersion 2c\n[snmpd] master agentx\nview a included .1\n"})
    assert [(one.type, one.name) for one in conf.directives] == [
        ("snmp", "defversion"),
        ("snmpd", "master"),
        ("snmpd", "view"),
    ]


def test_the_longest_subtree_of_a_view_decides():
    text = "view v included .1\nview v excluded .1.3.6.1.4.1.8072\nrocommunity x default -V v\n"
    (access,) = accesses(snmpd_conf.parse({SNMPD: text}))
    assert access.shows(oid("1.3.6.1.2.1.1")) is Shows.all
    assert access.shows(oid("1.3.6.1.4.1")) is Shows.part
    assert access.shows(oid("1.3.6.1.4.1.8072.9999")) is Shows.nothing


def test_vacm_by_its_four_directives():
    text = """
com2sec local 127.0.0.1 secret
group readers v2c local
view all included .1
access readers "" any noauth exact all none none
"""
    (access,) = accesses(snmpd_conf.parse({SNMPD: text}))
    assert (access.community, access.source, access.admits_loopback) == ("secret", "127.0.0.1", True)
    assert access.shows(oid("1.3.6.1.4.1.8072")) is Shows.all


KEEP = """
$ROUTER=51
global_defs { router_id lb1 }   # one line
vrrp_instance "A B" {  ! a comment
    @lb1 priority 150
    @lb2 priority 100
    @^lb1 state BACKUP
    virtual_router_id ${ROUTER}
    virtual_ipaddress
    {
        192.0.2.1/24 dev eth0
        2001:db8::1
    }
}
include more/*.conf
"""


def test_keepalived_reads_conditions_definitions_braces_and_includes():
    conf = keepalived_conf.parse({KEEPALIVED: KEEP, "/etc/keepalived/more/x.conf": "vrrp_instance C {\n}\n"}, "lb1")
    one, two = conf.instances
    assert (one.words[0], one.value("priority"), one.value("virtual_router_id"), one.has("state")) == (
        "A B",
        "150",
        "51",
        False,
    )
    assert [address.keyword for block in one.all("virtual_ipaddress") for address in block.block] == [
        "192.0.2.1/24",
        "2001:db8::1",
    ]
    assert (two.words[0], two.line.file, conf.unbalanced) == ("C", "/etc/keepalived/more/x.conf", None)


def test_haproxy_reads_quotes_comments_and_defaults():
    text = """
defaults common
    default-server check
backend a from common
    http-request set-header X "a # b"   # said
    server s\\ 1 192.0.2.1:80 # none
"""
    cfg = haproxy_cfg.parse({HAPROXY: text})
    (backend,) = cfg.all("backend")
    assert backend.lines[0].words == ["http-request", "set-header", "X", "a # b"]
    assert backend.lines[1].words == ["server", "s 1", "192.0.2.1:80"]
    assert backend.has("default-server", "check")
