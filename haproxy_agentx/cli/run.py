"""``haproxy-agentx run``: the daemon in the foreground."""

import asyncio
import logging
import os
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from haproxy_agentx.config import Config, advice, load
from haproxy_agentx.daemon import Daemon
from haproxy_agentx.store.messages import Claim, Claimed, Locate
from haproxy_agentx.store.process import StoreProcess
from haproxy_agentx.store.witness import Witness
from haproxy_agentx.system.journal_handler import PRIORITIES, JournalHandler, is_journal
from haproxy_agentx.system.lock import AlreadyRunning, single_instance
from haproxy_agentx.system.log_handler import LogHandler
from haproxy_agentx.vocabulary.log_kinds import kind_of

log = logging.getLogger(__name__)

LOOP_VARIABLE = "HAPROXY_AGENTX_LOOP"
"""Environment variable that names the event loop, ``asyncio`` or ``uvloop``; without it uvloop where installed."""

STDERR = 2

LOCK_WAIT = 1.0
"""Seconds that a start waits for the lock, and for the place of the store."""


class _JournalFormatter(logging.Formatter):
    """Lines as the journal wants them: the priority in front, no time."""

    def format(self, record: logging.LogRecord) -> str:
        prefix = f"<{PRIORITIES.get(record.levelno, 6)}>"
        return "\n".join(prefix + line for line in super().format(record).splitlines())


def run(config_file: str | None, *, verbose: bool) -> int:
    """Serve until stopped, and return the exit status. Raise ConfigError."""
    config = load(config_file)
    _start_logging(verbose=verbose)
    for caution in advice(config):
        log.warning("%s", caution)
    try:
        with single_instance_of(config.store) as (store, witness):
            _run_loop(_serve(config, store, witness, config_file))
    except AlreadyRunning as error:
        print(error, file=sys.stderr)
        return 1
    return 0


@contextmanager
def single_instance_of(path: str) -> Iterator[tuple[StoreProcess, Witness | None]]:
    """Start the store process and have the lock taken there; a file system that hangs holds up neither for long."""
    store = StoreProcess.fork(path)
    place = store.ask(Locate(), LOCK_WAIT)

    def take() -> bool:
        claimed = store.ask(Claim(os.getpid()), LOCK_WAIT)
        if isinstance(claimed, Claimed) and claimed.taken:
            raise AlreadyRunning(path, claimed.pid)
        return isinstance(claimed, Claimed) and claimed.locked

    where = place if isinstance(place, str) else ""
    with single_instance(path, take, where):
        store.open()
        yield store, Witness(path, where) if where else None


async def _serve(config: Config, store: StoreProcess, witness: Witness | None, config_file: str | None) -> None:
    await Daemon(config, store, witness, lambda: load(config_file)).run()


def _run_loop(main: Coroutine[Any, Any, None]) -> None:
    """Run on uvloop where it is installed and not forbidden, else on asyncio's own loop."""
    wanted = os.environ.get(LOOP_VARIABLE, "")
    if wanted != "asyncio":
        try:
            import uvloop
        except ImportError:
            if wanted == "uvloop":
                log.warning(
                    "%s=uvloop: uvloop is not installed, and asyncio's loop is used: install uvloop", LOOP_VARIABLE
                )
        else:
            uvloop.run(main)
            return
    asyncio.run(main)


def _message_id(logger: str, template: str) -> str | None:
    kind = kind_of(logger, template)
    return None if kind is None else kind.value.id


def journal_handler() -> JournalHandler:
    """Return what writes to the journal of this machine. Raises OSError where nothing listens there."""
    return JournalHandler(_message_id)


def _handler() -> LogHandler:
    """Return what writes to the journal where standard error leads there, else to standard error."""
    if is_journal(STDERR):
        with suppress(OSError):  # a journal that listens elsewhere gets lines without fields
            return journal_handler()
    return LogHandler(STDERR)


def _start_logging(*, verbose: bool) -> None:
    handler = _handler()
    if isinstance(handler, JournalHandler):
        handler.setFormatter(logging.Formatter("%(message)s"))
    elif "JOURNAL_STREAM" in os.environ:
        handler.setFormatter(_JournalFormatter("%(message)s"))
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(message)s"))
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, handlers=[handler])
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    for name in ("urllib3", "requests"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)  # they log whole URLs, also in warnings
