"""The whole of a bundle: each planted secret is in none of its files."""

import json

from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.bundle.contents import Gathered, contents
from tests.bundle.test_redact import HAPROXY_CFG, KEEPALIVED_CONF, SECRETS, SNMPD_CONF, planted

PATHS = {
    "/etc/snmp/snmpd.conf": SNMPD_CONF,
    "/etc/keepalived/keepalived.conf": KEEPALIVED_CONF,
    "/etc/default/keepalived": "DAEMON_ARGS=-x\nPASSWORD=@@\n",
    "/etc/haproxy/haproxy.cfg": HAPROXY_CFG,
}


@given(st.data())
def test_no_planted_secret_is_in_any_file(data):
    texts, secrets = {}, []
    for path, text in PATHS.items():
        count = text.count("@@")
        found = data.draw(st.lists(SECRETS, min_size=count, max_size=count))
        texts[path] = planted(text, found)
        secrets += found
    community, passphrase, password, token = own = data.draw(st.lists(SECRETS, min_size=4, max_size=4))
    sinks = [line.split()[1] for line in texts["/etc/snmp/snmpd.conf"].splitlines() if line.startswith("rocommunity ")]
    said = f"refused {community}: {sinks[0]}, https://me:{password}@lb1/stats;csv?x={password} and {passphrase}"
    log = f"{said}\nprobe http://192.0.2.1/?t={token} fails\npassword={password}\n"
    bundle = contents(
        Gathered(
            versions={"haproxy": f"2.6 {community}"},
            config=f"haproxy: [{{stats: 'https://lb1/{passphrase}'}}]\n",
            answers={"status": {"problems": [{"text": said}]}, "events": [said], "doctor": {"what": said}},
            texts=texts,
            log=log,
            secrets=[community, passphrase],
            problems=[said],
        )
    )
    everything = "\n".join([*bundle, *bundle.values()])
    readable = everything + "\n".join(str(json.loads(text)) for name, text in bundle.items() if name.endswith(".json"))
    assert [secret for secret in (*secrets, *own) if secret in readable] == []


def test_each_part_has_its_file_and_what_is_not_there_has_none():
    bundle = contents(
        Gathered(
            versions={"python": "3.11"},
            config="root: 1.3\n",
            answers={"status": {"health": "active"}},
            texts={"/etc/snmp/snmpd.conf": "master agentx\n", "/etc/other/thing": "x"},
        )
    )
    assert set(bundle) == {"README.txt", "versions.txt", "config.yaml", "files/etc/snmp/snmpd.conf", "status.json"}
    assert bundle["files/etc/snmp/snmpd.conf"].startswith("master agentx\n")
    assert json.loads(bundle["status.json"]) == {"health": "active"}
