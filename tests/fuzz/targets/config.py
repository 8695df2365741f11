"""The configuration file.

Data: its text. It raises ConfigError, of which each line is printable and names the file, or gives a configuration
that the rest of the program takes.
"""

from dataclasses import replace

from haproxy_agentx import config
from haproxy_agentx.agentx.oid import key
from haproxy_agentx.config.effective import effective_text
from haproxy_agentx.haproxy.page import statistics_url
from haproxy_agentx.vocabulary.shown import shown_url

FILE = "config.yaml"
SEEDS = {
    "empty": b"",
    "the default": config.default_text().encode(),
    "the default, all set": "\n".join(
        line[1:] if line[1:2] not in {"", " "} else line for line in config.default_text().split("\n")
    ).encode(),
    "some keys": b"agentx: {socket: 'tcp:127.0.0.1:705', priority: 100}\nstore: /tmp/state.db\n",
    "two sources": b"haproxy:\n  - {name: a, stats: /run/a.sock}\n"
    b"  - name: b\n    stats: https://lb1:8404/stats\n    username: u\n    password_file: credential:p\n"
    b"    ca_file: /etc/ca.pem\n    interval: 500ms\n    timeout: 1m\n",
    "one name twice": b"haproxy: [{name: a}, {name: a}]\n",
    "a tab": b"agentx:\n\tpriority: 1\n",
    "a double key": b"store: /a\nstore: /b\n",
    "an unknown key": b"stroe: /a\nagent-x: {}\nagentx: {prioritty: 1}\n",
    "other types": b"root: [1, 3]\nagentx: 7\nhaproxy: {name: x}\nstore: {}\n",
    "values out of range": b"root: 1.3.6.1.2.1\nagentx: {priority: 256}\nhaproxy: [{interval: 9h, timeout: -1}]\n",
    "keepalived": b"keepalived:\n  fifo: /run/a.fifo\n  traps: '[::1]:1162'\n  snmp:\n    address: localhost:161\n"
    b"    v3: {user: u, level: authPriv, auth_protocol: SHA-256, auth_file: /a, priv_protocol: AES,"
    b" priv_file: credential:p}\n",
    "a community": b"keepalived: {fifo: none, traps: none, snmp: {community_file: /etc/c}}\n",
    "services": b"services:\n  - name: a\n    vrrp_instance: A\n    frontends: [www, local/www]\n    backends:\n"
    b"      - app\n    min_servers: 80%\n    intended_role: backup\n  - {name: b, frontends: []}\n",
    "services that are none": b"services: [{}, 5, {name: a}, {name: a, backends: [a, a, x/y, *b, ~]}]\n",
    "notifications": b"notifications: {hold: 250ms, limit: 60/hour, servers: yes, backends: off, egress_hold: 0s}\n",
    "reminders": b"notifications: {remind: 10s}\n",
    "an alias": b"root: &a 1.3.6\nstore: *a\n",
    "laughs": b"a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n",
    "a tag": b"store: !!python/object/apply:os.system [id]\n",
    "deep": b"[" * 200,
    "deep blocks": b"".join(b" " * at + b"a:\n" for at in range(40)),
    "two documents": b"store: /a\n---\nstore: /b\n",
    "a directive": b"%YAML 9.9\n---\nstore: /a\n",
    "credentials in a URL": b"haproxy: [{stats: 'http://u:secret@h/'}]\n",
    "credentials in brackets": b"haproxy: [{stats: 'http://[v1.xyz]/'}]\n",
    "not printable": b"store: \"/a\\x1b[31m\\u2028\"\n'\\n': 1\nname\x00: x\n",
    "an escape beyond": b'store: "\\UFFFFFFFF"\n',
    "surrogates": b'store: "/\\ud800"\nroot: \xff\n',
    "a complex key": b"? [a, b]\n: c\n? {x: y}\n: z\n",
    "block texts": b"store: |\n  /a\nroot: >-\n  1.3.6.1.4.1.1\n",
    "other digits": "agentx: {priority: ١}\nhaproxy: [{interval: ²s}]\n".encode(),  # noqa: RUF001  they are the point
}


def target(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    try:
        found = config.parse(text, FILE)
    except config.ConfigError as error:
        assert error.problems
        for problem in error.problems:
            assert (
                0
                <= problem.line
                <= text.count("\n")
                + text.count("\r")
                + text.count("\x85")
                + 2
                + sum(text.count(mark) for mark in "\u2028\u2029")
            )
            assert problem.what
        for line in str(error).split("\n"):
            assert line.startswith(FILE)
            assert line.isprintable()
        return
    assert len(key(found.root)) == 4 * len(found.root)
    assert 0 < found.agentx.priority < 256
    assert len({haproxy.name for haproxy in found.haproxy}) == len(found.haproxy) > 0
    for haproxy in found.haproxy:
        assert 0.1 <= haproxy.interval <= 3600
        assert 0.1 <= haproxy.timeout <= 60
        assert haproxy.name.isprintable()
        assert haproxy.stats.isprintable()
        if haproxy.over_http:
            statistics_url(haproxy.stats)
    check_keepalived(found)
    assert all(line.isprintable() for line in config.advice(found))
    shown = tuple(replace(haproxy, stats=shown_url(haproxy.stats)) for haproxy in found.haproxy)
    assert config.parse(effective_text(found), FILE) == replace(found, haproxy=shown)


def check_keepalived(found: config.Config) -> None:
    snmp = found.keepalived.snmp
    assert snmp is None or (snmp.community_file is None) != (snmp.v3 is None)
    services = found.services or ()
    assert len({service.name for service in services}) == len(services)
    for service in services:
        assert service.intended_role is None or service.vrrp_instance is not None
        assert service.requirements.minimum.number > 0
    assert 0 <= found.notifications.hold <= 60
    assert 1 <= found.notifications.limit.limit <= 600
    assert found.notifications.limit.per in {60.0, 3600.0}
