"""The configuration of keepalived, services and notifications: G1, G3, G4, G5."""

import re
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haproxy_agentx.config import (
    AgentxConfig,
    Config,
    ConfigError,
    HaproxyConfig,
    KeepalivedConfig,
    NotificationsConfig,
    ServiceConfig,
    TrapsConfig,
    advice,
    parse,
)
from haproxy_agentx.config.effective import effective_text
from haproxy_agentx.config.model import MAX_SERVICES
from haproxy_agentx.haproxy.probe_target import ProbeTarget
from haproxy_agentx.health.model import Role
from haproxy_agentx.health.rate_limiter import Rate
from haproxy_agentx.health.requirements import MAX_MEMBERS, Minimum, ServiceRequirements
from haproxy_agentx.settings.paths import CREDENTIALS_DIRECTORY
from haproxy_agentx.snmp.access import SnmpAccess, V3Access
from haproxy_agentx.snmp.message import AUTH_PROTOCOLS, LEVELS, PRIV_PROTOCOLS
from haproxy_agentx.vocabulary.shown import shown_url
from tests.support import refused
from tests.support.programs import ROOT
from tests.support.refused import FILE, LINE


def problems(text: str) -> list[str]:
    """Give the lines of the error that a text is refused with, each of which is whole."""
    lines = refused.problems(text)
    reported = lines[:-1] if "more problems are not shown" in lines[-1] else lines
    assert all(LINE.fullmatch(line) for line in reported), lines
    return lines


def service(text: str) -> ServiceConfig:
    (record,) = parse(f"services: [{{name: a, {text}}}]", FILE).services or ()
    return record


def keepalived(text: str) -> KeepalivedConfig:
    return parse(f"keepalived: {{{text}}}", FILE).keepalived


# What is right


def test_the_defaults_are_those_of_the_bare_set_up():
    assert Config().keepalived == KeepalivedConfig("/run/haproxy-agentx/vrrp.fifo", TrapsConfig("127.0.0.1:1162"), None)
    assert Config().services is None
    assert Config().notifications == NotificationsConfig(
        hold=1.0, limit=Rate(10, 60.0), servers=False, backends=True, egress_hold=300.0, sinks=None, remind=None
    )


@pytest.mark.parametrize("text", ["keepalived:", "keepalived: {}", "services:", "services: ~", "notifications: {}"])
def test_what_is_not_said_is_the_default(text):
    assert parse(text, FILE) == Config()


def test_everything_at_once():
    text = """
        haproxy: [{name: local}, {name: edge, stats: /run/edge.sock}]
        keepalived:
          fifo: /run/other.fifo
          traps: "[::1]:11162"
          snmp:
            address: localhost:1161
            v3: {user: monitor, level: authPriv, auth_protocol: SHA-256, auth_file: /etc/a, priv_protocol: aes,
                 priv_file: credential:priv}
        services:
          - name: site
            vrrp_instance: "SITE 1: é"
            frontends: [www, edge/www]
            backends:
              - app
              - local/api
            min_servers: 80%
            intended_role: master
          - {name: rest, frontends: [], min_servers: 2}
        notifications: {hold: 250ms, limit: 60/hour, servers: yes, backends: off, egress_hold: 90s, remind: 1h,
                        sinks: [192.0.2.50, '2001:DB8::50']}
    """
    config = parse(text, FILE)
    assert config.keepalived == KeepalivedConfig(
        "/run/other.fifo",
        TrapsConfig("[::1]:11162"),
        SnmpAccess(
            "localhost:1161",
            None,
            V3Access("monitor", "authPriv", "SHA256", "/etc/a", "AES", f"{CREDENTIALS_DIRECTORY}/priv"),
        ),
    )
    assert config.services == (
        ServiceConfig(
            "site",
            "SITE 1: é",
            ServiceRequirements(("www", "edge/www"), ("app", "local/api"), Minimum(80, percent=True)),
            Role.master,
        ),
        ServiceConfig("rest", None, ServiceRequirements((), None, Minimum(2))),
    )
    assert config.notifications == NotificationsConfig(
        0.25,
        Rate(60, 3600.0),
        servers=True,
        backends=False,
        egress_hold=90.0,
        sinks=("192.0.2.50", "2001:db8::50"),
        remind=3600.0,
    )


def test_none_leaves_a_source_alone():
    assert keepalived("fifo: none, traps: none") == KeepalivedConfig(None, TrapsConfig(None), None)


def test_a_community_is_in_a_file_or_a_credential():
    assert keepalived("snmp: {community_file: /etc/c}").snmp == SnmpAccess("127.0.0.1:161", "/etc/c")
    found = keepalived("snmp: {community_file: 'credential:c'}").snmp
    assert found == SnmpAccess("127.0.0.1:161", f"{CREDENTIALS_DIRECTORY}/c")


@pytest.mark.parametrize(
    ("text", "access"),
    [
        ("user: u, level: noAuthNoPriv", V3Access("u", "noAuthNoPriv")),
        ("user: u, level: AUTHNOPRIV, auth_file: /a", V3Access("u", "authNoPriv", auth_file="/a")),
        ("user: u, auth_file: /a, priv_file: /b", V3Access("u", auth_file="/a", priv_file="/b")),
    ],
)
def test_each_level_of_snmpv3_has_the_files_it_needs(text, access):
    assert keepalived(f"snmp: {{v3: {{{text}}}}}").snmp == SnmpAccess(v3=access)


@pytest.mark.parametrize("word", ["md5", "sha", "SHA1", "SHA-1", "sha-224", "SHA256", "sha-384", "SHA-512"])
def test_protocols_of_authentication_are_written_as_anybody_does(word):
    found = keepalived(f"snmp: {{v3: {{user: u, auth_protocol: {word}, auth_file: /a, priv_file: /b}}}}").snmp
    assert found.v3.auth_protocol in AUTH_PROTOCOLS


@pytest.mark.parametrize("word", ["des", "aes", "AES-128", "aes128", "AES192", "AES-256"])
def test_protocols_of_encryption_are_written_as_anybody_does(word):
    found = keepalived(f"snmp: {{v3: {{user: u, priv_protocol: {word}, auth_file: /a, priv_file: /b}}}}").snmp
    assert found.v3.priv_protocol in PRIV_PROTOCOLS


@pytest.mark.parametrize(
    ("text", "minimum"),
    [
        ("1", Minimum(1)),
        ("1000000", Minimum(1_000_000)),
        ("1%", Minimum(1, percent=True)),
        ("100 %", Minimum(100, True)),
    ],
)
def test_minimum_of_servers(text, minimum):
    assert service(f"min_servers: {text}").requirements.minimum == minimum


@pytest.mark.parametrize(
    ("text", "limit", "per"), [("1/min", 1, 60.0), ("600 / h", 600, 3600.0), ("7/hour", 7, 3600.0)]
)
def test_limits(text, limit, per):
    found = parse(f"notifications: {{limit: {text}}}", FILE).notifications
    assert found.limit == Rate(limit, per)


def test_a_probe_is_a_url_or_more():
    assert service("probe: http://127.0.0.1:80/").probe == ProbeTarget("http://127.0.0.1:80/")
    text = (
        "{url: 'https://127.0.0.1/a', standby_url: 'tcp://192.0.2.11:80', host: www.example.org, method: head,"
        " status: 200-204, interval: 500ms, timeout: 1s, fall: 1, remote: yes, ca_file: /ca}"
    )
    assert service(f"probe: {text}").probe == ProbeTarget(
        "https://127.0.0.1/a", "tcp://192.0.2.11:80", "www.example.org", "HEAD", (200, 204), 0.5, 1.0, 1, True, "/ca"
    )
    assert service("probe: {url: 'tcp://[::1]:3306', interval: 1h}").probe == ProbeTarget(
        "tcp://[::1]:3306", interval=3600.0
    )


def test_a_configuration_is_a_key_of_a_dict():
    text = "services: [{name: a, backends: [b]}]\nkeepalived: {snmp: {community_file: /a}}"
    assert {parse(text, FILE): 1}[parse(text, FILE)] == 1


# The effective configuration is a file that reads as it


def test_the_defaults_written_out_read_as_the_defaults():
    text = effective_text(Config())
    assert parse(text, FILE) == Config()
    for key in (
        "root:",
        "socket:",
        "interval:",
        "fifo:",
        "traps:",
        "hold:",
        "limit:",
        "servers:",
        "backends:",
        "store:",
    ):
        assert key in text


WORDS = st.one_of(
    st.from_regex("[A-Za-z0-9._:-]{1,12}", fullmatch=True),
    st.sampled_from(["null", "none", "no", "1.10", "0x10", "~", "a:", "-", "-a", ":", ".", "...", "---"]),
).filter(lambda text: re.fullmatch("[A-Za-z0-9._:-]+", text))
PATHS = (
    st.text(min_size=1, max_size=20)
    .map(lambda text: f"/{text}")
    .filter(lambda text: text.isprintable() and not text.endswith("/") and text.isascii())
)
INSTANCES = st.text(min_size=1, max_size=20).filter(lambda text: text.isprintable() and text == text.strip())
MEMBERS = st.none() | st.lists(WORDS | WORDS.map("p0/{}".format), min_size=1, max_size=4, unique=True).map(tuple)
MINIMA = st.builds(Minimum, st.integers(1, 1_000_000)) | st.builds(Minimum, st.integers(1, 100), st.just(True))
PROBES = st.builds(
    ProbeTarget,
    st.sampled_from(["http://127.0.0.1:80/a", "https://[::1]/", "http://localhost:1/x,y"]),
    st.none() | st.just("https://192.0.2.11:8443/"),
    st.none() | st.just("www.example.org"),
    st.sampled_from(["GET", "HEAD"]),
    st.sampled_from([(200, 200), (200, 399)]),
    st.sampled_from([0.5, 2.0]),
    st.sampled_from([0.1, 2.0]),
    st.integers(1, 100),
    st.booleans(),
) | st.builds(ProbeTarget, st.just("tcp://127.0.0.1:3306"))
SERVICES = st.builds(
    ServiceConfig,
    WORDS,
    INSTANCES,
    st.builds(ServiceRequirements, MEMBERS, MEMBERS, MINIMA),
    st.sampled_from([None, *Role][:4]),
    st.none() | PROBES,
).filter(lambda found: found.intended_role in {None, Role.master, Role.backup})
V3 = st.builds(
    V3Access,
    WORDS,
    st.just("authPriv"),
    st.sampled_from(AUTH_PROTOCOLS),
    PATHS,
    st.sampled_from(PRIV_PROTOCOLS),
    PATHS,
) | st.builds(V3Access, WORDS, st.just("noAuthNoPriv"), st.sampled_from(AUTH_PROTOCOLS))
ADDRESSES = st.sampled_from(["127.0.0.1:161", "[::1]:1161", "localhost:65535", "127.1.2.3:1"])
CONFIGS = st.builds(
    Config,
    agentx=st.builds(AgentxConfig, st.just("/a") | st.just("tcp:[::1]:705"), st.integers(1, 255)),
    haproxy=st.just(
        (
            HaproxyConfig("p0", interval=0.123456789),
            HaproxyConfig("p1", "https://h/a?b", 0.1, 60.0, "it's {me}, # 'I'", "/a b", "/c, d"),
        )
    ),
    keepalived=st.builds(
        KeepalivedConfig,
        st.none() | PATHS,
        st.builds(TrapsConfig, st.none() | ADDRESSES, st.none() | PATHS),
        st.none() | st.builds(SnmpAccess, ADDRESSES, PATHS) | st.builds(SnmpAccess, ADDRESSES, st.none(), V3),
    ),
    services=st.none() | st.lists(SERVICES, min_size=1, max_size=3, unique_by=lambda found: found.name).map(tuple),
    notifications=st.builds(
        NotificationsConfig,
        st.sampled_from([0.0, 0.001, 1.5, 60.0]),
        st.builds(Rate, st.integers(1, 600), st.sampled_from([60.0, 3600.0])),
        st.booleans(),
        st.booleans(),
    ),
    store=PATHS,
)


@settings(max_examples=100)
@given(CONFIGS)
def test_a_configuration_written_out_reads_as_itself(config):
    assert parse(effective_text(config), FILE) == as_shown(config)


def as_shown(config):
    """A configuration with its URLs cut."""
    return replace(config, haproxy=tuple(replace(each, stats=shown_url(each.stats)) for each in config.haproxy))


# What is wrong


V3_FILES = "auth_file: /a, priv_file: /b"


@pytest.mark.parametrize(
    ("text", "line", "key", "what"),
    [
        # keepalived
        ("keepalived: 5", 1, "keepalived", "expected a mapping with the keys fifo, traps, snmp"),
        ("keepalived: []", 1, "keepalived", "found a list"),
        ("keepalived: {fido: /a}", 1, "keepalived.fido", "did you mean fifo?"),
        ("keepalived:\n  fifo: x", 2, "keepalived.fifo", "not an absolute path"),
        ("keepalived: {fifo: /run/}", 1, "keepalived.fifo", "path of a folder"),
        ("keepalived: {fifo: [/a]}", 1, "keepalived.fifo", "found a list"),
        ("keepalived: {fifo: ''}", 1, "keepalived.fifo", "there is no value"),
        ("keepalived: {fifo: /a, fifo: /b}", 1, "keepalived.fifo", "given twice"),
        ("keepalived: {traps: '1162'}", 1, "keepalived.traps", "not a numeric address"),
        ("keepalived: {traps: 127.0.0.1}", 1, "keepalived.traps", "write 127.0.0.1:1162"),
        ("keepalived: {traps: 'udp:127.0.0.1:1162'}", 1, "keepalived.traps", "not a numeric address"),
        ("keepalived: {traps: 127.0.0.1:0}", 1, "keepalived.traps", "not a numeric address"),
        ("keepalived: {traps: 127.0.0.1:65536}", 1, "keepalived.traps", "not a numeric address"),
        ("keepalived: {traps: 127.0.0.256:1162}", 1, "keepalived.traps", "not a numeric address"),
        ("keepalived: {traps: '::1:1162'}", 1, "keepalived.traps", "not a numeric address"),
        ("keepalived: {traps: '[::1:1162'}", 1, "keepalived.traps", "not a numeric address"),
        ("keepalived: {traps: 0.0.0.0:1162}", 1, "keepalived.traps", "anybody could send traps"),
        ("keepalived: {traps: '[::]:1162'}", 1, "keepalived.traps", "anybody could send traps"),
        ("keepalived: {traps: 192.0.2.1:1162}", 1, "keepalived.traps", "use a loopback address"),
        # how KEEPALIVED-MIB is read
        ("keepalived: {snmp: public}", 1, "keepalived.snmp", "found a single value"),
        ("keepalived: {snmp: {}}", 1, "keepalived.snmp", "add community_file"),
        ("keepalived:\n  snmp:\n    address: 127.0.0.1:161", 3, "keepalived.snmp", "add community_file"),
        ("keepalived: {snmp: {community_file: public}}", 1, "keepalived.snmp.community_file", "holds the community"),
        (
            "keepalived: {snmp: {community_file: 'credential:'}}",
            1,
            "keepalived.snmp.community_file",
            "not the name of one",
        ),
        ("keepalived: {snmp: {community_file: /a, address: lb1:161}}", 1, "keepalived.snmp.address", "numeric address"),
        ("keepalived: {snmp: {community_file: /a, address: 127.0.0.1}}", 1, "keepalived.snmp.address", "with a port"),
        ("keepalived: {snmp: {community_file: /a, address: '[g]:1'}}", 1, "keepalived.snmp.address", "with a port"),
        (
            f"keepalived:\n  snmp:\n    community_file: /a\n    v3: {{user: u, {V3_FILES}}}",
            4,
            "keepalived.snmp.v3",
            "community_file is given, too",
        ),
        ("keepalived:\n  snmp:\n", 2, "keepalived.snmp", "add community_file"),
        ("keepalived: {snmp: {v3: monitor}}", 1, "keepalived.snmp.v3", "expected a mapping with the keys user, level"),
        (f"keepalived: {{snmp: {{v3: {{{V3_FILES}}}}}}}", 1, "keepalived.snmp.v3.user", "it is missing"),
        (f"keepalived: {{snmp: {{v3: {{user: a b, {V3_FILES}}}}}}}", 1, "keepalived.snmp.v3.user", "not a user name"),
        (
            f"keepalived: {{snmp: {{v3: {{user: {'u' * 33}, {V3_FILES}}}}}}}",
            1,
            "keepalived.snmp.v3.user",
            "at most 32 octets",
        ),
        (
            f"keepalived: {{snmp: {{v3: {{user: u, level: secure, {V3_FILES}}}}}}}",
            1,
            "keepalived.snmp.v3.level",
            "use one of noAuthNoPriv, authNoPriv, authPriv",
        ),
        (
            f"keepalived: {{snmp: {{v3: {{user: u, auth_protocol: SHA3, {V3_FILES}}}}}}}",
            1,
            "keepalived.snmp.v3.auth_protocol",
            "use one of MD5, SHA",
        ),
        (
            f"keepalived: {{snmp: {{v3: {{user: u, priv_protocol: 3DES, {V3_FILES}}}}}}}",
            1,
            "keepalived.snmp.v3.priv_protocol",
            "use one of DES, AES",
        ),
        ("keepalived: {snmp: {v3: {user: u, auth_file: /a}}}", 1, "keepalived.snmp.v3.priv_file", "it is missing"),
        (
            "keepalived: {snmp: {v3: {user: u, level: authNoPriv}}}",
            1,
            "keepalived.snmp.v3.auth_file",
            "it is missing, and the level is authNoPriv",
        ),
        (
            f"keepalived: {{snmp: {{v3: {{user: u, level: authNoPriv, {V3_FILES}}}}}}}",
            1,
            "keepalived.snmp.v3.priv_file",
            "not used with the level authNoPriv",
        ),
        (
            "keepalived: {snmp: {v3: {user: u, level: noAuthNoPriv, auth_file: /a}}}",
            1,
            "keepalived.snmp.v3.auth_file",
            "not used",
        ),
        # services
        ("services: site", 1, "services", "expected a list, each item beginning with '- '"),
        ("services: {name: a}", 1, "services", "expected a list"),
        ("services: []", 1, "services", "the list is empty"),
        ("services: [a]", 1, "services[0]", "expected a mapping with the keys name, vrrp_instance"),
        ("services:\n- name: a\n-\n", 3, "services[1].name", "it is missing: add it, such as name: site"),
        ("services:\n- vrrp_instance: A", 2, "services[0].name", "it is missing"),
        ("services: [{name: a b}]", 1, "services[0].name", "not a name"),
        ("services: [{name: }]", 1, "services[0].name", "there is no value"),
        ("services:\n- {name: a}\n- {name: a}", 3, "services[1].name", "is that of line 2"),
        ("services: [{name: a, vrrp-instance: A}]", 1, "services[0].vrrp-instance", "did you mean vrrp_instance?"),
        (
            "services: [{name: a, vrrp_instance: ' A'}]",
            1,
            "services[0].vrrp_instance",
            "vrrp_instance in keepalived.conf",
        ),
        (f"services: [{{name: a, vrrp_instance: {'é' * 128}}}]", 1, "services[0].vrrp_instance", "255 octets"),
        ('services: [{name: a, vrrp_instance: "A\\n"}]', 1, "services[0].vrrp_instance", "not the name of a VRRP"),
        ("services: [{name: a, frontends: www}]", 1, "services[0].frontends", "expected a list, such as [www]"),
        ("services: [{name: a, backends: {b: c}}]", 1, "services[0].backends", "expected a list, such as [app, api]"),
        ("services: [{name: a, backends: ''}]", 1, "services[0].backends", "expected a list"),
        ("services: [{name: a, backends: }]", 1, "services[0].backends", "there is no value"),
        (
            "services:\n- name: a\n  backends:\n  - b\n  - c d",
            5,
            "services[0].backends[1]",
            "not the name of a frontend",
        ),
        ("services: [{name: a, backends: [[b]]}]", 1, "services[0].backends[0]", "found a list"),
        ("services: [{name: a, backends: [b, ]}, {name: b, backends: [~]}]", 1, "services[1].backends[0]", "no value"),
        ("services:\n- name: a\n  backends:\n  - b\n  - b", 5, "services[0].backends[1]", "twice, first in line 4"),
        ("services: [{name: a, backends: [a/b/c]}]", 1, "services[0].backends[0]", "PROCESS/NAME"),
        ("services: [{name: a, backends: [/b]}]", 1, "services[0].backends[0]", "PROCESS/NAME"),
        (f"services: [{{name: a, backends: [{'b' * 256}]}}]", 1, "services[0].backends[0]", "not the name"),
        ("services:\n- name: a\n  frontends:\n  - b\n  - edge/b", 5, "services[0].frontends[1]", "has the name edge"),
        ("services: [{name: a, frontends: [], backends: []}]", 1, "services[0].backends", "made of nothing"),
        ("services: [{name: a, probe: www.example.org}]", 1, "services[0].probe", "scheme, address or port"),
        ("services: [{name: a, probe: {}}]", 1, "services[0].probe.url", "missing"),
        ("services: [{name: a, probe: 'http://www.example.org/'}]", 1, "services[0].probe", "the name as host"),
        ("services: [{name: a, probe: 'tcp://127.0.0.1'}]", 1, "services[0].probe", "port"),
        ("services: [{name: a, probe: 'tcp://127.0.0.1:1/x'}]", 1, "services[0].probe", "nothing the port"),
        ("services: [{name: a, probe: 'http://a:b@127.0.0.1/'}]", 1, "services[0].probe", "credentials"),
        ("services: [{name: a, probe: 'ftp://127.0.0.1/'}]", 1, "services[0].probe", "scheme"),
        ("services: [{name: a, probe: {url: 'tcp://[::1]:1', host: x}}]", 1, "services[0].probe.host", "tcp://"),
        ("services: [{name: a, probe: {url: 'http://[::1]', ca_file: /a}}]", 1, "services[0].probe.ca_file", "https"),
        ("services: [{name: a, probe: {url: 'http://[::1]', method: POST}}]", 1, "services[0].probe.method", "HEAD"),
        ("services: [{name: a, probe: {url: 'http://[::1]', status: 600}}]", 1, "services[0].probe.status", "status"),
        ("services: [{name: a, probe: {url: 'http://[::1]', fall: 0}}]", 1, "services[0].probe.fall", "1 to 100"),
        ("services: [{name: a, probe: {url: 'http://[::1]', host: 'a b'}}]", 1, "services[0].probe.host", "host"),
        ("services: [{name: a, min_servers: all}]", 1, "services[0].min_servers", "not a minimum"),
        ("services: [{name: a, min_servers: 0}]", 1, "services[0].min_servers", "1 to 1000000"),
        ("services: [{name: a, min_servers: -1}]", 1, "services[0].min_servers", "not a minimum"),
        ("services: [{name: a, min_servers: 101%}]", 1, "services[0].min_servers", "1% to 100%"),
        ("services: [{name: a, min_servers: 0%}]", 1, "services[0].min_servers", "1% to 100%"),
        (f"services: [{{name: a, min_servers: {'9' * 5000}}}]", 1, "services[0].min_servers", "not a minimum"),
        ("services: [{name: a, vrrp_instance: A, intended_role: main}]", 1, "services[0].intended_role", "not a role"),
        ("services: [{name: a, intended_role: master}]", 1, "services[0].intended_role", "with vrrp_instance only"),
        # notifications
        ("notifications: off", 1, "notifications", "expected a mapping with the keys hold, limit, servers, backends"),
        ("notifications: {hold: 61s}", 1, "notifications.hold", "0s to 60s are allowed"),
        ("notifications: {remind: 5s}", 1, "notifications.remind", "10s to 604800s are allowed"),
        ("notifications: {remind: often}", 1, "notifications.remind", "'often' is not a duration"),
        ("notifications: {egress_hold: 2h}", 1, "notifications.egress_hold", "0s to 3600s are allowed"),
        ("notifications: {sinks: [trap.example.org]}", 1, "notifications.sinks[0]", "not a numeric address"),
        ("notifications: {sinks: ['192.0.2.50:162']}", 1, "notifications.sinks[0]", "without a port"),
        ("notifications: {hold: -1s}", 1, "notifications.hold", "not a duration"),
        ("notifications: {limit: 10}", 1, "notifications.limit", "write it as 10/min or 60/hour"),
        ("notifications: {limit: 10/s}", 1, "notifications.limit", "not a limit"),
        ("notifications: {limit: 0/min}", 1, "notifications.limit", "1 to 600"),
        ("notifications: {limit: 601/min}", 1, "notifications.limit", "1 to 600"),
        (f"notifications: {{limit: {'9' * 5000}/min}}", 1, "notifications.limit", "not a limit"),
        ("notifications: {limit: ٣/min}", 1, "notifications.limit", "not a limit"),
        ("notifications: {servers: maybe}", 1, "notifications.servers", "write yes or no"),
        ("notifications: {backends: 1}", 1, "notifications.backends", "write yes or no"),
        ("notifications: {backends: [yes]}", 1, "notifications.backends", "found a list"),
        ("notifications: {backend: yes}", 1, "notifications.backend", "did you mean backends?"),
    ],
)
def test_g1_g3_each_mistake_has_its_line_its_key_and_a_remedy(text, line, key, what):
    found = problems(text)
    assert found[0].startswith(f"{FILE}:{line}: {key}: ")
    assert what in found[0]
    assert len(found) == 1


def test_all_that_is_wrong_with_a_user_is_told_at_once():
    found = problems("keepalived:\n  snmp:\n    address: x\n    v3: {level: authPriv}\n")
    assert [line.split(": ")[1] for line in found] == [
        "keepalived.snmp.address",
        "keepalived.snmp.v3.auth_file",
        "keepalived.snmp.v3.priv_file",
        "keepalived.snmp.v3.user",
    ]


def test_a_community_in_the_file_itself_is_refused():
    found = problems("keepalived: {snmp: {community: public}}")
    assert found[1] == f"{FILE}:1: keepalived.snmp.community: there is no such key: did you mean community_file?"


def test_a_process_whose_list_is_wrong_is_not_wrong_once_more():
    (found,) = problems("haproxy: [{name: a b}]\nservices: [{name: a, frontends: [edge/www]}]")
    assert "haproxy[0].name" in found
    (found,) = problems("haproxy: 5\nservices: [{name: a, frontends: [edge/www]}]")
    assert ": haproxy: " in found


@pytest.mark.parametrize(("what", "most"), [("services", MAX_SERVICES), ("backends", MAX_MEMBERS)])
def test_lists_are_bounded(what, most):
    def text(count: int) -> str:
        if what == "services":
            return "services:\n" + "".join(f"- {{name: s{number}}}\n" for number in range(count))
        return f"services: [{{name: a, backends: [{', '.join(f'b{number}' for number in range(count))}]}}]"

    (first, *_) = parse(text(most), FILE).services
    assert first
    (found,) = problems(text(most + 1))
    assert f"{most + 1} are listed: {most} are the most" in found


def test_a_configuration_of_all_services_that_are_possible_is_read():
    members = ", ".join(f"b{number}" for number in range(8))
    lines = [
        f"- {{name: s{number}, vrrp_instance: V{number}, backends: [{members}], min_servers: 1, intended_role: backup}}"
        for number in range(MAX_SERVICES)
    ]
    assert len(parse("services:\n" + "\n".join(lines), FILE).services) == MAX_SERVICES


# G4 in what is nested


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("keepalived: {snmp: &a {community_file: /a}}", "an anchor"),
        ("keepalived: {snmp: {community_file: &a /a}}", "an anchor"),
        ("keepalived: {snmp: {v3: !!map {user: a}}}", "a tag"),
        ("keepalived: {snmp: {v3: *a}}", "alias"),
        ("keepalived: {snmp: {<<: *a}}", "alias"),
        ("services: [{name: a, backends: [&a b]}]", "an anchor"),
        ("services: [{name: a, backends: [*a]}]", "alias"),
        ("services: [{name: a, backends: !!set [b]}]", "a tag"),
        ("services: [{name: a, backends: &a [b]}]", "an anchor"),
        ("services: [&a {name: a}]", "an anchor"),
        ("services: !!seq [{name: a}]", "a tag"),
        ("services: [{name: a, min_servers: !!python/object/apply:os.system [id]}]", "a tag"),
        ("notifications: {servers: !!bool yes}", "a tag"),
        ("services: [{name: a, backends: [" + "[" * 10, "nested more than 8 deep"),
        ("keepalived: {snmp: " + "{a: " * 10, "nested more than 8 deep"),
    ],
)
def test_g4_tags_anchors_aliases_and_depth_are_refused_everywhere(text, what):
    assert any(what in line for line in problems(text))


def test_g4_an_alias_bomb_in_a_list_of_names_is_refused_where_it_begins():
    bomb = "services:\n- name: a\n  backends: &a [x, x]\n" + "".join(
        f"- name: {b}\n  backends: &{b} [{', '.join([f'*{a}'] * 9)}]\n"
        for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    started = time.process_time()
    assert "services[0].backends: an anchor" in problems(bomb)[0]
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    "text",
    [
        "services: [{name: a, backends: [" + "b, " * 60_000 + "]}]",
        "services: [" + "{name: a}, " * 20_000 + "]",
        "services:\n" + "- {}\n" * 4_000,
        "services: [{name: a, backends: [" + "b, " * 3_000 + "]}]",
        "services:\n" + "- {nam: a}\n" * 120,
        "keepalived: {snmp: {v3: {user: " + "u" * 200_000 + "}}}",
    ],
)
def test_g4_hostile_lists_are_refused_in_bounded_time(text):
    started = time.process_time()
    assert sum(map(len, problems(text))) < 20_000
    assert time.process_time() - started < 6


# G5

SECRET = "hunter2"  # what a message must never hold


@pytest.mark.parametrize(
    "text",
    [
        f"keepalived: {{snmp: {SECRET}}}",
        f"keepalived: {{snmp: [{SECRET}]}}",
        f"keepalived: {{snmp: {{community: {SECRET}}}}}",
        f"keepalived: {{snmp: {{community_file: {SECRET}}}}}",
        f"keepalived: {{snmp: {{community_file: 'credential:{SECRET}/x'}}}}",
        f"keepalived: {{snmp: {{community_file: [{SECRET}]}}}}",
        f"keepalived: {{snmp: {{community_file: /a, address: {SECRET}@127.0.0.1}}}}",
        f"keepalived: {{traps: {SECRET}@127.0.0.1:1162}}",
        f"keepalived: {{snmp: {{v3: {SECRET}}}}}",
        f"keepalived: {{snmp: {{v3: {{user: 'u {SECRET}', {V3_FILES}}}}}}}",
        f"keepalived: {{snmp: {{v3: {{user: u, level: {SECRET}, {V3_FILES}}}}}}}",
        f"keepalived: {{snmp: {{v3: {{user: u, auth_protocol: {SECRET}, {V3_FILES}}}}}}}",
        f"keepalived: {{snmp: {{v3: {{user: u, priv_protocol: {SECRET}, {V3_FILES}}}}}}}",
        f"keepalived: {{snmp: {{v3: {{user: u, auth_file: {SECRET}, priv_file: {SECRET}}}}}}}",
        f"keepalived: {{snmp: {{v3: {{user: u, passphrase: {SECRET}, {V3_FILES}}}}}}}",
    ],
)
def test_g5_no_secret_is_in_a_message(text):
    with pytest.raises(ConfigError) as raised:
        parse(text, FILE)
    assert SECRET not in str(raised.value)
    assert SECRET not in repr(raised.value)


def test_g5_the_effective_configuration_names_files_and_not_what_is_in_them(tmp_path):
    secret = tmp_path / "community"
    secret.write_text(SECRET)
    config = parse(f"keepalived: {{snmp: {{community_file: '{secret}'}}}}", FILE)
    assert SECRET not in effective_text(config) + repr(config)
    assert str(secret) in effective_text(config)


# Advice


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("keepalived: {traps: 127.0.0.1:162}", "keepalived.traps: a port below 1024"),
        (
            "keepalived: {snmp: {address: 192.0.2.1:161, community_file: /a}}",
            "keepalived.snmp.address: it is not a loop",
        ),
        ("keepalived: {snmp: {address: '[2001:db8::1]:161', community_file: /a}}", "keepalived.snmp.address: "),
        (
            "keepalived: {fifo: none, traps: none}\nservices: [{name: a, vrrp_instance: A}]",
            "services[0].vrrp_instance: no source reports A",
        ),
    ],
)
def test_what_is_allowed_and_unwise_is_warned_of(text, what):
    (found,) = advice(parse(text, FILE))
    assert found.startswith(what)
    assert found.count(": ") >= 2, "key: what: remedy"


@pytest.mark.parametrize(
    "text",
    [
        "keepalived: {snmp: {address: '[::1]:161', community_file: /a}}",
        "keepalived: {fifo: none}\nservices: [{name: a, vrrp_instance: A}]",
        "keepalived: {fifo: none, traps: none}\nservices: [{name: a}]",
    ],
)
def test_what_is_fine_is_not_warned_of(text):
    assert advice(parse(text, FILE)) == ()


def test_words_of_snmpv3_are_those_of_the_records():
    assert LEVELS == ("noAuthNoPriv", "authNoPriv", "authPriv")
    assert V3Access("u").level in LEVELS
    assert V3Access("u").auth_protocol in AUTH_PROTOCOLS
    assert V3Access("u").priv_protocol in PRIV_PROTOCOLS


# What the documents show is what the program takes


def test_the_configuration_of_the_lab_is_right():
    parse((ROOT / "integration" / "config" / "haproxy-agentx.yaml").read_text(), FILE)
