"""No secret of the configuration is in anything that the daemon or its commands show."""

import json
import re

import pytest

from tests.support.daemon import OID
from tests.support.fake_haproxy import FakeWeb, sends, web_answer
from tests.support.ports import free_port
from tests.support.wait import eventually

TOKEN, PASSWORD, COMMUNITY, PASSPHRASE = "t0ken-5ecret", "passw0rd-5ecret", "c0mmunity-5ecret", "passphrase-5ecret"
SECRETS = re.compile("5ecret")
ANSWERS = {
    "not found": web_answer(b"", "404 Not Found"),
    "denied": web_answer(b"", "401 Unauthorized"),
    "redirect": web_answer(b"", "302 Found", {"Location": f"/login?tok={TOKEN}"}),
    "html": web_answer(b"<html>", headers={"Content-Type": "text/html"}),
    "header": web_answer(b"", headers={f"X {TOKEN}": TOKEN}),
    "garbage": sends(b"not HTTP at all\r\n\r\n"),
}


@pytest.fixture
def secrets(tmp_path):
    """The files of secrets, by name."""
    found = {"password": PASSWORD, "community": COMMUNITY, "passphrase": PASSPHRASE}
    for name, text in found.items():
        (tmp_path / name).write_text(f"{text}\n")
        (tmp_path / name).chmod(0o600)
    return {name: str(tmp_path / name) for name in found}


@pytest.mark.parametrize("v3", [False, True])
def test_no_secret_is_shown_anywhere(daemon_factory, snmpd, secrets, v3):
    servers = {name: FakeWeb(answer) for name, answer in ANSWERS.items()}
    try:
        urls = {name.replace(" ", "-"): server.__enter__().url for name, server in servers.items()}
        urls |= {"closed": f"http://127.0.0.1:{free_port()}/haproxy?stats", "unresolved": "http://nowhere.invalid/a?b"}
        sources = [
            {
                "name": name,
                "stats": f"{url}{'&' if '?' in url else '?'}tok={TOKEN}",
                "username": "monitor",
                "password_file": secrets["password"],
                "interval": "0.2s",
            }
            for name, url in urls.items()
        ]
        user = {"user": "u", "auth_file": secrets["passphrase"], "priv_file": secrets["passphrase"]}
        access = {"v3": user} if v3 else {"community_file": secrets["community"]}
        keepalived = {"fifo": "none", "traps": "none", "snmp": {"address": f"127.0.0.1:{snmpd.port}", **access}}
        daemon = daemon_factory(snmpd.agentx, sources, keepalived=keepalived, wait="registered")
        eventually(lambda: all(one["failures"] for one in daemon.status()["sources"] if one["name"] in urls), 15)
        commands = [("status",), ("status", "--json"), ("events", "--json"), ("check-config",), ("trap-test",)]
        done = [daemon.cli(*words) for words in commands]
        shown = {
            "log": daemon.text(),
            "control socket": json.dumps(daemon.status()),
            "SNMP": str(snmpd.bulkwalk(OID, 25)),
            **{" ".join(words): one.stdout + one.stderr for words, one in zip(commands, done, strict=True)},
        }
    finally:
        for server in servers.values():
            server.__exit__(None, None, None)
    assert {name: SECRETS.findall(text) for name, text in shown.items() if SECRETS.search(text)} == {}
    assert "/stats?..." in shown["SNMP"]
    assert "/haproxy?..." in shown["log"]
