"""The daemon's own lateness is not the store's."""

import asyncio
import time

from haproxy_agentx.store.messages import Mend
from haproxy_agentx.store.process import LATE
from tests.support.stored import stored
from tests.support.wait import soon


# Catches a disk that is said to hang since the loop did not run, while the answer waited for it.
async def blocked(path) -> tuple[bool, bool]:
    async with stored(path) as store:
        await store.settled()
        answer = store.call(Mend())
        time.sleep(LATE + 0.2)  # noqa: ASYNC251  the loop stands still
        late = store.hangs
        await answer
        store.freeze()
        store.call(Mend())
        await soon(lambda: store.hangs)
        return late, store.hangs


def test_an_answer_that_waits_for_us_is_no_store_that_hangs(tmp_path):
    assert asyncio.run(blocked(tmp_path / "state.db")) == (False, True)
