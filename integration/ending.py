"""How a program ends that has started others: in order, with all of them gone, whoever ends it, and how often."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def end_in_order() -> None:
    """Have SIGTERM, and a terminal that hangs up, end this program as an error does; what `nohup` ignores stays so."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda number, _: sys.exit(128 + number))


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let nobody end the block: neither this program, nor, by the terminal, those that it runs there."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: None)  # not ignored: who is started would do so, too, and for good
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def say(text: str) -> None:
    """Print to whoever looks on; that nobody does any more, as the terminal is gone, keeps nothing from being done."""
    try:
        print(text, flush=True)
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
