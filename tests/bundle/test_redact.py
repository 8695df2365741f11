"""No secret is in what is shown, wherever it was; and what a maintainer needs is."""

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.bundle.redact import HIDDEN, filtered, replaced, replaced_in
from haproxy_agentx.bundle.shapes import HAPROXY, KEEPALIVED, SNMPD
from tests.support.programs import ROOT

SECRETS = st.one_of(
    st.text(string.ascii_letters + string.digits, min_size=10, max_size=24).map(lambda text: f"Zq{text}"),
    st.text(string.digits, min_size=8, max_size=8).map(lambda text: f"73{text}"),
    st.text("./:%$&*+=-_@^~|,;()[]<>?", min_size=4, max_size=9).map(lambda text: f"Zq9{text}7qZ"),
)

SNMPD_CONF = """
rocommunity @@ 10.0.0.0/8 -V all
rwcommunity6 "@@" default
com2sec local default @@
com2sec -Cn ctx local 127.0.0.1 @@
trap2sink 10.0.0.9:162 @@ 162
trapsink 10.0.0.9 @@
informsink [2001:db8::1]:162 @@
trapcommunity @@
trapsess -v 3 -u me -l authPriv -a SHA -A @@ -x AES -X "@@" 10.0.0.9
trapsess -v2c -c @@ 10.0.0.9
createUser me SHA "@@" AES @@
createUser -e 0x8000 me SHA-256 @@ AES
usmUser 1 3 0x80 "me" "me" NULL .1.3.6.1.6.3.10.1.1.3 @@ .1 @@
defAuthPassphrase @@
defPrivPassphrase @@
proxy -v 2c -c @@ 10.0.0.1 .1.3
extend test /bin/sh -c 'curl -u me:@@ http://x'
pass .1.3.6 /usr/bin/thing @@
# rocommunity @@
rocommunity  one # @@
    rocommunity @@
rocommunity @@
view all included .1 @@
syscontact @@
RoCommunity @@
master agentx # @@
unknownThing 1 @@
"""

KEEPALIVED_CONF = """
vrrp_instance VI_1 { state MASTER authentication { auth_type PASS auth_pass @@ } }
vrrp_instance VI_2 {
  authentication {
    auth_type AH
    auth_pass @@
  }
  # auth_pass @@
  notify /bin/tell --key @@
  notify_master "/bin/sh -c 'x @@'"
}
virtual_server 10.0.0.1 80 { real_server 10.0.0.2 80 { HTTP_GET { url { path /?k=@@ digest @@ } } } }
vrrp_script chk {
  script "curl -u me:@@ http://127.0.0.1"
  script /usr/bin/check @@
}
$PASSWORD=@@
smtp_server 10.0.0.25 @@
! @@
auth_pass "@@"
AUTH_PASS @@
global_defs { notification_email { @@@example.org } }
"""

HAPROXY_CFG = """
global
  stats socket /run/haproxy/ro.sock mode 660 level user
  setenv TOKEN @@
  presetenv TOKEN "@@"
  lua-load /etc/x.lua @@
userlist ops
  user admin insecure-password @@
  user bob password $6$@@ groups g
  group g users admin
frontend www
  bind :443 ssl crt /etc/ssl/@@
  stats auth admin:@@
  stats uri /@@
  stats admin if { src @@ }
  http-request set-header Authorization "Basic @@"
  http-request deny if { hdr(x-token) -m str @@ }
  http-request auth realm x if !{ http_auth(ops) } @@
  option httpchk GET /health?token=@@ HTTP/1.1
  http-check send hdr X-Api-Key @@
  acl ok hdr(authorization) @@
  use_backend app if { path /@@ }
  redirect location https://u:@@@example.org/
  # stats auth a:@@
backend app
  server web1 10.0.0.1:80 check cookie @@ weight 10
  default-server inter 2s init-state @@
  server web2 10.0.0.2:80 sni str(@@)
  tcp-check send @@
  monitor-uri /@@
  unknown-keyword 12 @@
  log 10.0.0.1:514 local0 @@
"""

PLACES = {"snmpd": (SNMPD, SNMPD_CONF), "keepalived": (KEEPALIVED, KEEPALIVED_CONF), "haproxy": (HAPROXY, HAPROXY_CFG)}
"""Each @@ is a place of a secret."""


def planted(text, secrets):
    """Return a text with a secret at each of its places."""
    parts = text.split("@@")
    return "".join(part + secret for part, secret in zip(parts, [*secrets, ""], strict=True))


@pytest.mark.parametrize("name", PLACES)
@given(data=st.data())
def test_no_secret_is_shown_wherever_it_stands(name, data):
    shape, text = PLACES[name]
    places = text.count("@@")
    secrets = data.draw(st.lists(SECRETS, min_size=places, max_size=places))
    whole = planted(text, secrets)
    shown = filtered(whole, shape).text
    assert [secret for secret in secrets if secret in shown] == []
    assert shown.count("\n") == whole.count("\n") + 1


def shown(name, text):
    shape, _ = PLACES[name]
    return filtered(text, shape).text


@pytest.mark.parametrize(
    ("name", "file", "lines"),
    [
        (
            "keepalived",
            "integration/config/keepalived.conf",
            [
                "  @lb1 state MASTER",
                "  @lb2 priority 100",
                "  advert_int $ADVERT",
                "  virtual_ipaddress { 10.77.0.100/24 }",
                "  track_script { chk_haproxy }",
                "  vrrp_notify_fifo /run/haproxy-agentx/vrrp.fifo",
            ],
        ),
        (
            "haproxy",
            "integration/config/haproxy.cfg",
            [
                "  stats socket /run/haproxy/ro.sock mode 660 group haproxy-agentx level user",
                "  bind :80",
                "  server web1 10.77.0.20:8001 check inter 500ms fall 2 rise 2",
                "  default_backend be_web",
            ],
        ),
        (
            "snmpd",
            "integration/config/snmpd.conf",
            [
                "master agentx",
                "agentxperms 0660 0755 Debian-snmp haproxy-agentx",
                f"rocommunity {HIDDEN} 127.0.0.1",
                "trap2sink 127.0.0.1:1162",
            ],
        ),
    ],
)
def test_what_a_maintainer_needs_is_shown(name, file, lines):
    text = shown(name, (ROOT / file).read_text()).lower().splitlines()
    assert [line for line in lines if line.lower() not in text] == []


def test_a_comment_behind_a_directive_is_seen_and_not_read():
    assert shown("snmpd", "master agentx # the secret") == f"master agentx # {HIDDEN}\n"


def test_secrets_of_a_configuration_are_known_and_common_words_are_none():
    found = filtered(planted(SNMPD_CONF, [f"secret{number}" for number in range(SNMPD_CONF.count("@@"))]), SNMPD)
    assert {"secret0", "secret1", "secret2", "secret4", "secret8", "secret11", "secret15"} <= found.secrets
    assert not {"default", "localhost", "all", "10.0.0.1"} & found.secrets
    assert filtered("frontend a\n  stats auth admin:topsecret\n", HAPROXY).secrets == {"admin:topsecret", "topsecret"}
    assert filtered("    auth_pass 1111 # x\n", KEEPALIVED).secrets == {"1111"}


@given(SECRETS, SECRETS)
def test_secrets_are_hidden_in_answers_and_logs(one, two):
    state = {"a": [f"refused {one}", {"b": f"x{two}y"}], one: 5, "none": None}
    found = json.dumps(replaced_in(state, [one, two]))
    assert json.dumps(one)[1:-1] not in found
    assert json.dumps(two)[1:-1] not in found
    assert (one in replaced(f"{one} and {two}", [one, two]), two in replaced(f"{two}{one}", [one, two])) == (
        False,
        False,
    )


@pytest.mark.parametrize(
    "text",
    [
        "https://me:Geheim9@lb1:8404/stats",
        "probe http://192.0.2.1/x?token=Geheim9 answers",
        "tcp://Geheim9@192.0.2.1:80",
        "password: Geheim9",
        'community="Geheim9"',
        "X-Api-Token: Geheim9",
        "Authorization: Basic Geheim9",
        "auth_pass = Geheim9,",
    ],
)
def test_a_secret_by_its_place_is_hidden(text):
    assert "Geheim9" not in replaced(text, [])


@pytest.mark.parametrize("text", ["community_file: /etc/haproxy-agentx/community", "the community is wrong", "a: b"])
def test_what_is_no_secret_stays(text):
    assert replaced(text, []) == text


def test_a_short_secret_is_not_looked_for_everywhere():
    assert replaced("a cat", ["a", ""]) == "a cat"
