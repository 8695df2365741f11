"""The digests of what HAProxy processes are configured with, by SNMP and by ``status``."""

from tests.support.daemon import source
from tests.support.expected import Mib
from tests.support.ports import free_port
from tests.support.real_haproxy import RealHaproxy

BACKEND = "backend be\n  server one 127.0.0.1:{port} check\n  server two 127.0.0.2:{port}\n"


def test_equal_where_haproxy_is_configured_alike(daemon_factory, snmpd, folder):
    column = Mib().oids["haxProcessConfigurationDigest"]
    for name in ("a", "b", "c"):
        (folder / name).mkdir()
    more = BACKEND.format(port=free_port())
    with (
        RealHaproxy(folder / "a", more=more) as one,
        RealHaproxy(folder / "b", more=more) as two,
        RealHaproxy(folder / "c", more=more.replace("127.0.0.2", "127.0.0.3")) as other,
    ):
        names = {"a": one, "b": two, "c": other}
        daemon = daemon_factory(snmpd.agentx, [source(name, each.plain) for name, each in names.items()])
        daemon.eventually(lambda: len(snmpd.bulkwalk(column)) == len(names))
        found = [row.value for row in snmpd.bulkwalk(column)]
        assert found == [daemon.source(name)["configuration_digest"] for name in names]
        assert found[0] == found[1] != found[2]
