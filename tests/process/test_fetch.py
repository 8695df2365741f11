"""A reading over the socket: counters and process belong together, whatever HAProxy does meanwhile."""

import asyncio

import pytest

from haproxy_agentx.haproxy.socket import SocketClient
from haproxy_agentx.process.fetch import RELOAD_TRIES, SocketFetch
from haproxy_agentx.vocabulary.source import Invalid
from tests.support.programs import ROOT

STAT = (ROOT / "tests/samples/haproxy/01-healthy/show_stat.txt").read_bytes()


class Scripted(SocketClient):
    """Answers ``show info`` with one process id after the other, the last one again and again."""

    def __init__(self, *pids):
        super().__init__("/run/h.sock", 1.0, 1000)
        self.pids = list(pids)
        self.asked = 0

    async def exchange(self, command, take, max_bytes=None):
        self.asked += 1
        if command == b"show stat":
            take(STAT)
            return
        pid = self.pids.pop(0) if len(self.pids) > 1 else self.pids[0]
        take(b"Name: HAProxy\nPid: %d\nStart_time_sec: 1\n\n" % pid)


def fetched(client, times=1):
    async def fetch():
        one = SocketFetch("local", client, lambda rows, octets: None, lambda: None)
        return [await one.fetch(None) for _ in range(times)]

    return asyncio.run(fetch())


def test_the_first_reading_and_those_of_the_same_process_are_no_restarts():
    found = fetched(Scripted(7), times=3)
    assert [(one.info.pid, one.restarts) for one in found] == [(7, 0)] * 3
    assert found[0].reading.signatures


def test_a_reading_that_a_reload_came_between_is_made_again():
    client = Scripted(7, 8)
    before, after = fetched(client, times=2)
    assert (before.info.pid, before.restarts) == (7, 0)
    assert (after.info.pid, after.restarts) == (8, 1)
    assert client.asked == 6


def test_each_reload_is_counted():
    assert [one.restarts for one in fetched(Scripted(7, 8, 9, 9), times=2)] == [0, 2]


def test_an_haproxy_that_is_reloaded_all_the_time_is_not_read():
    with pytest.raises(Invalid, match="reloaded faster"):
        fetched(Scripted(*range(7, 7 + 2 * RELOAD_TRIES)), times=2)
