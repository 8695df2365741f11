"""How a program ends that has started others: in order, with all of them gone, whoever ends it."""

import signal
import sys


def end_in_order() -> None:
    """Have SIGTERM, and a terminal that hangs up, end this program as an error does; what `nohup` ignores stays so."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda number, _: sys.exit(128 + number))
