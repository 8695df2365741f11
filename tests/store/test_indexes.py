"""Row indexes while the store is late: provisional, and then those that the store has."""

import asyncio
import time

from haproxy_agentx.store.indexes import PIECE, WAIT, Indexes
from haproxy_agentx.store.numbering import FIRST_FREE, PROVISIONAL
from tests.support.stored import stored

SCOPE = "server/local/web"


def test_numbers_come_from_the_store_and_many_in_pieces(tmp_path):
    async def scenario():
        async with stored(tmp_path / "state.db") as store:
            indexes = Indexes(store)
            wanted = {f"srv{number}": number for number in range(1, 3 * PIECE)}
            await asyncio.gather(indexes.learn({SCOPE: wanted}), indexes.learn({"proxy/local": {"web": 3}}))
            assert indexes.known == {SCOPE: wanted, "proxy/local": {"web": 3}}
            assert indexes.voided_at == 0.0

    asyncio.run(scenario())


def test_a_late_store_is_waited_for_once_and_its_numbers_replace_provisional_ones(tmp_path):
    async def scenario():
        async with stored(tmp_path / "state.db") as store:
            indexes = Indexes(store, lambda: 1_800_000_000.0)
            replaced: list[set[str]] = []
            indexes.on_renumbered = lambda scopes: replaced.append(set(scopes))
            await indexes.learn({SCOPE: {"a": 5, "b": 5}})
            before = dict(indexes.known[SCOPE])
            indexes.retain(lambda _: True, {})
            assert indexes.known == {}
            await store.settled()
            store.freeze()
            began = time.monotonic()
            await indexes.learn({SCOPE: {"b": 5, "c": 7, "d": 0}})
            assert time.monotonic() - began < 2 * WAIT
            provisional = dict(indexes.known[SCOPE])
            assert provisional == {"b": PROVISIONAL + 5, "c": PROVISIONAL + 7, "d": PROVISIONAL + FIRST_FREE + 1}
            assert indexes.voided_at == 1_800_000_000.0
            while not store.hangs:  # noqa: ASYNC110  it tells nobody
                await asyncio.sleep(0.01)
            began = time.monotonic()
            for number in range(30):
                await indexes.learn({SCOPE: {f"more{number}": number + 10}})
            assert time.monotonic() - began < WAIT, "not once more"
            assert len(store._asked) == 1, "what waits for it is put together"
            store.thaw()
            await store.settled()
            known = indexes.known[SCOPE]
            assert all(number < PROVISIONAL for number in known.values())
            assert known["b"] == before["b"], "the number that it had on disk"
            assert (known["c"], known["more3"]) == (7, 13)
            assert len(set(known.values())) == len(known) == 33
            assert replaced == [{SCOPE}, {SCOPE}]

    asyncio.run(scenario())


def test_what_is_not_there_any_more_is_not_held(tmp_path):
    async def scenario():
        async with stored(tmp_path / "state.db") as store:
            indexes = Indexes(store)
            for day in range(5):
                names = {f"{day}-{number}": number + 1 for number in range(100)}
                await indexes.learn({SCOPE: names})
                indexes.retain(lambda scope: scope == SCOPE, {SCOPE: names})
                assert indexes.held(lambda _: True) == 100
            await indexes.learn({SCOPE: {"0-7": 0}})
            assert indexes.known[SCOPE]["0-7"] == 8

    asyncio.run(scenario())
