"""What a reading says of keepalived, for every order in which answers, errors and silence can come. Without a socket.

A letter of a script is the fate of one request for keepalived's objects: ``A`` the right answer; ``N`` the answer of an
snmpd that keepalived is not connected to; ``G`` genErr at once, as when keepalived is killed while snmpd waits for it;
``L`` genErr after a while, as when snmpd's six seconds are over; ``S`` silence. Behind the script comes ``A``.
"""

import asyncio
from itertools import product

import pytest

from haproxy_agentx.snmp.access import SnmpAccess
from haproxy_agentx.snmp.message import Error, Message, Missing, PduKind, SnmpRequest
from haproxy_agentx.vocabulary.source import Unresponsive
from haproxy_agentx.vrrp import mib_poll
from haproxy_agentx.vrrp.mib_poll import HANGS, TIMEOUT, UP_TIME, MibPoll
from haproxy_agentx.vrrp.model import MibFailure, MibReading
from tests.support.fake_snmpd import BEHIND
from tests.support.mib_text import sample

CELLS = {**sample("lb1"), BEHIND: b"engine"}
WITHOUT = {BEHIND: b"engine"}
LETTERS = "ANGLS"
DETAILS = 2
"""Requests at the end of a reading, for the scalars and for VRRPV3-MIB, that say nothing of roles."""
SCRIPTS = ["".join(letters) for letters in product(LETTERS, repeat=5)]


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class ScriptedClient:
    """Stands in for SnmpClient. ``asked`` are the letters that were used."""

    def __init__(self, script, clock):
        self._script = iter(script)
        self._clock = clock
        self.asked = ""

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        pass

    async def ask(self, request: SnmpRequest) -> Message:
        if request.names == (UP_TIME,):
            return answer(((UP_TIME, 1),))
        letter = next(self._script, "A")
        self.asked += letter
        if letter == "S":
            self._clock.now += TIMEOUT
            raise Unresponsive("no answer")
        if letter in "GL":
            self._clock.now += HANGS * 1.5 if letter == "L" else 0.001
            return answer((), Error.gen_err)
        return answer(tuple(served(request, CELLS if letter == "A" else WITHOUT)))


def answer(varbinds, error=Error.none):
    return Message(PduKind.response, 1, error, 0, varbinds)


def served(request, cells):
    if not request.repetitions:
        return [(name, cells.get(name, Missing.noSuchInstance)) for name in request.names]
    found = [following(name, cells) for name in request.names[: request.scalars]]
    places = request.names[request.scalars :]
    for _ in range(request.repetitions):
        row = [following(place, cells) for place in places]
        found += row
        places = [name for name, _ in row]
    return found


def following(name, cells):
    found = min((other for other in cells if other > name), default=None)
    return (name, Missing.endOfMibView) if found is None else (found, cells[found])


@pytest.fixture
def reading(monkeypatch):
    """Give what one reading says, and the letters that it used."""
    clock = Clock()
    monkeypatch.setattr(mib_poll, "monotonic", clock)

    async def read(script):
        said = []
        poll = MibPoll(SnmpAccess(), said.append, lambda trouble, _: said.append(trouble))
        poll._client = client = ScriptedClient(script, clock)
        await poll._poll()
        (one,) = said
        return one, client.asked

    return lambda script: asyncio.run(read(script))


def hung(asked):
    """Whether it was seen that keepalived does not answer while snmpd does."""
    return "L" in asked or any(f"S{end}" in asked for end in "SG")


def test_frozen_needs_the_evidence_of_time(reading):
    for script in SCRIPTS:
        said, asked = reading(script)
        if isinstance(said, MibReading):
            assert not hung(asked[:-DETAILS]), script
        else:
            assert (said is MibFailure.frozen) == hung(asked), script


def test_genErr_at_once_is_asked_again_from_the_beginning(reading):  # noqa: N802
    for script in SCRIPTS:
        said, asked = reading(script)
        rest = asked[:-DETAILS].rpartition("G")[2]
        if isinstance(said, MibReading):
            assert rest.count("A") >= 2, script  # rows, and that they are unchanged since
        if said in (MibFailure.not_there, MibFailure.no_vrrp):
            assert asked.endswith(("NN", "NA", "NSA", "NSN")), script  # no instance, and the scalars decide


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("GNN", MibFailure.not_there),  # killed before the first answer
        ("AGNN", MibFailure.not_there),  # killed in the middle
        ("NA", MibFailure.no_vrrp),  # another of keepalived's processes answers for the scalars
        ("GG", MibReading),
        ("GGG", MibFailure.invalid),
        ("SS", MibFailure.frozen),
        ("SG", MibFailure.frozen),  # snmpd's six seconds end
        ("L", MibFailure.frozen),
        ("ASA", MibReading),  # snmpd was frozen for a moment
    ],
)
def test_examples(reading, script, said):
    found, _ = reading(script)
    assert found is said or (isinstance(said, type) and isinstance(found, said))
