"""SNMPv3 as net-snmp speaks it, captured (RFC 3414), and messages that must not be believed."""

import random
from dataclasses import replace

import pytest

from haproxy_agentx.snmp import usm
from haproxy_agentx.snmp.access import User, V3Access
from haproxy_agentx.snmp.usm import Usm
from haproxy_agentx.vocabulary.source import Denied, SourceError
from haproxy_agentx.vrrp import traps
from haproxy_agentx.vrrp.model import StateTrap, VrrpState
from tests.fuzz.mutate import mutated
from tests.support.mib_text import SAMPLES

PEER = ("127.0.0.1", 40000)
SAMPLE = {
    (words[0], int(words[1])): bytes.fromhex(words[2])
    for words in (line.rstrip("\n").split("\t") for line in (SAMPLES / "v3-traps.txt").read_text().splitlines())
    if len(words) == 3
}
TRAP = StateTrap("SITE1", VrrpState.master, VrrpState.backup, "lb1", 4711)


def user(level="authPriv", auth="SHA256", priv="AES", auth_pass=b"authpass-1234", priv_pass=b"privpass-1234"):
    return User(V3Access("watcher", level, auth, "file", priv, "file"), auth_pass, priv_pass)


class Receiver:
    def __init__(self, who=None):
        self.got = []
        self.sent = []
        self.usm = Usm(who or user(), lambda datagram, peer: self.sent.append(datagram), self.take)

    def take(self, message):
        self.got.append(traps.read(message.varbinds))

    def receive(self, name, time=1000, now=0.0):
        return self.usm.receive(SAMPLE[name, time], PEER, now)


def test_an_encrypted_trap():
    receiver = Receiver()
    assert receiver.receive("authPriv")
    assert receiver.got == [TRAP]
    assert receiver.sent == []
    assert not receiver.usm.receive(b"\x30\x03\x02\x01\x03", PEER, 0.0)


@pytest.mark.parametrize(
    ("name", "auth", "priv"),
    [("SHA DES", "SHA", "DES"), ("SHA-512 AES256", "SHA512", "AES256"), ("MD5 AES192", "MD5", "AES192")],
)
def test_protocols(name, auth, priv):
    receiver = Receiver(user(auth=auth, priv=priv))
    receiver.receive(name)
    assert receiver.got == [TRAP]


def test_a_trap_of_a_lower_level_when_that_is_what_is_configured():
    receiver = Receiver(user("authNoPriv", priv_pass=None))
    receiver.receive("authNoPriv")
    plain = Receiver(user("noAuthNoPriv", auth_pass=None, priv_pass=None))
    plain.receive("noAuthNoPriv")
    assert receiver.got == plain.got == [TRAP]


# RFC 3414 3.2.5 is for the authoritative engine; nothing there keeps a receiver from believing what is not signed.
@pytest.mark.parametrize("name", ["noAuthNoPriv", "authNoPriv"])
def test_a_trap_below_the_level_is_refused(name):
    receiver = Receiver()
    with pytest.raises(Denied, match=r"below authPriv: correct the -l of the `trapsess` line"):
        receiver.receive(name)
    assert receiver.got == []


@pytest.mark.parametrize("name", ["wrong auth", "wrong priv", "stranger", "SHA DES"])
def test_what_is_not_the_user_s_is_refused_and_told_without_secrets(name):
    receiver = Receiver()
    with pytest.raises(SourceError) as reported:
        receiver.receive(name)
    assert receiver.got == []
    assert "pass-1234" not in str(reported.value)
    receiver.receive("authPriv")  # and does no harm to what follows
    assert receiver.got == [TRAP]


# RFC 3414 3.2.7 b: 150 s, also counted from what was heard last.
class TestReplay:
    def test_a_message_again_within_the_window_is_not_told_apart(self):
        receiver = Receiver()
        receiver.receive("authPriv", 1000)
        receiver.receive("authPriv", 1100, now=100.0)
        receiver.receive("authPriv", 1000, now=101.0)
        assert len(receiver.got) == 3

    def test_an_old_one_is_refused(self):
        receiver = Receiver()
        receiver.receive("authPriv", 1200)
        with pytest.raises(Denied, match="older than 150 s"):
            receiver.receive("authPriv", 1000)
        assert len(receiver.got) == 1

    def test_time_goes_on_when_nothing_is_heard(self):
        receiver = Receiver()
        receiver.receive("authPriv", 1000)
        with pytest.raises(Denied, match="older than 150 s"):
            receiver.receive("authPriv", 1000, now=151.0)

    # The clock is the sender's word, so only a signed word moves it.
    def test_what_is_not_signed_does_not_move_the_clock(self):
        receiver = Receiver()
        later = SAMPLE["noAuthNoPriv", 1000].replace(b"\x02\x02\x03\xe8", b"\x02\x02\x7f\xff")
        with pytest.raises(SourceError):
            receiver.usm.receive(later, PEER, 0.0)
        receiver.receive("authPriv", 1000)
        assert receiver.got == [TRAP]


def test_secrets_are_not_shown():
    assert "pass-1234" not in repr(user())


def test_it_is_worn_when_much_was_refused(monkeypatch):
    monkeypatch.setattr(usm, "MAX_REFUSALS", 3)
    receiver = Receiver()
    for _ in range(4):
        assert not receiver.usm.needs_replacement
        with pytest.raises(SourceError):
            receiver.receive("wrong auth")
    assert receiver.usm.needs_replacement


def test_any_engine_may_send_and_few_are_remembered(monkeypatch):
    monkeypatch.setattr(usm, "MAX_ENGINES", 2)
    receiver = Receiver(user("noAuthNoPriv", auth_pass=None, priv_pass=None))
    for number in range(4):
        datagram = SAMPLE["noAuthNoPriv", 1000].replace(b"\x01\x02\x03\x04", bytes((9, 9, 9, number)))
        if number < 2:
            receiver.usm.receive(datagram, PEER, 0.0)
        else:
            with pytest.raises(Denied):
                receiver.usm.receive(datagram, PEER, 0.0)
    assert len(receiver.got) == 2


# Whatever the engine raises on them, one kind of error comes out, and the next good one is taken.
def test_mutated_messages():
    receiver = Receiver()
    chance = random.Random(7)
    good = list(SAMPLE.values())
    reported = []
    for _ in range(300):
        try:
            if not receiver.usm.receive(mutated(good, chance, 2048), PEER, 0.0):
                reported.append("nothing")
        except SourceError as error:
            reported.append(str(error))
    assert len(reported) > 100
    assert all(text.isprintable() for text in reported)
    assert all(trap in (None, TRAP) or trap == replace(TRAP, up_time=trap.up_time) for trap in receiver.got)
