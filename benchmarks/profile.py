"""Where the microseconds of a GetNext go, and the longest stretches of a refresh.

    python -m benchmarks.profile [--servers N]

All in one process and without sockets, so the system calls, snmpd and the manager are not in it; ``make bench`` has
those. Times are of this machine and this run: compare the parts, not the days.
"""

import argparse
import cProfile
import gc
import pstats
import time
from collections.abc import Callable, Generator

from rich.console import Console
from rich.table import Table

from benchmarks.inprocess import SLICE, Walker, columns_of, layout_of, reading_of, run, server_table, view_of
from benchmarks.simulated_servers import SimulatedServers
from haproxy_agentx.haproxy.stat import Reading, StatParser
from haproxy_agentx.health.proxies import Proxies
from haproxy_agentx.health.readiness import ProcessState, assess
from haproxy_agentx.health.requirements import ServiceRequirements
from haproxy_agentx.objects.layout import arrange, survey

REQUESTS = 20_000


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--servers", type=int, default=10_000)
    options = parser.parse_args()
    console = Console()
    servers = SimulatedServers(options.servers)
    reading = reading_of(servers)
    profile_walk(console, Walker(view_of(layout_of(reading), reading)))
    stretches(console, servers, reading)


def profile_walk(console: Console, walker: Walker) -> None:
    """Walk once to know the requests, once for the time, and once under the profiler."""
    view = walker.responder.view
    frames = walker.record([server_table()], REQUESTS)
    walker.responder.serve(view)
    start = time.process_time()
    for frame in frames:
        walker.answer(frame)
    each = (time.process_time() - start) / len(frames)
    console.print(f"a GetNext of a walk: {each * 1e6:.2f} us in our own code, of which, by the profiler:")
    walker.responder.serve(view)
    profiler = cProfile.Profile()
    profiler.enable()
    for frame in frames:
        walker.answer(frame)
    profiler.disable()
    stats = pstats.Stats(profiler)
    total = sum(entry[2] for entry in stats.stats.values())  # type: ignore[attr-defined]
    table = Table("share", "us", "calls per GetNext", "where", box=None)
    for (file, line, name), (_, calls, own, _, _) in sorted(
        stats.stats.items(),  # type: ignore[attr-defined]
        key=lambda entry: -entry[1][2],
    )[:14]:
        where = name if file == "~" else f"{'/'.join(file.split('/')[-2:])}:{line} {name}"
        share = own / total
        table.add_row(f"{share:.0%}", f"{share * each * 1e6:.2f}", f"{calls / len(frames):.2f}", where)
    console.print(table)


def stretches(console: Console, servers: SimulatedServers, reading: Reading) -> None:
    """Time each piece of work that the event loop does in one go."""
    gc.freeze()  # as the daemon does, where nothing is collected for long
    table = Table("a refresh", "pieces", "CPU in all, ms", "longest, ms", box=None)
    servers.tick()
    text = servers.show_stat()
    parser = StatParser(reading)
    table.add_row("show stat taken, 32 KB at a time", *_timed(_feeding(parser, text)))
    fresh = parser.finish()
    counted = Proxies("bench")
    run(counted.take(reading))
    table.add_row("servers counted for health", *_timed(counted.take(fresh)))
    judged = [ProcessState("bench", counted)]
    table.add_row("servers changed: a service judged", *_timed(_once(lambda: assess(ServiceRequirements(), judged))))
    wanted: dict[str, dict[str, int]] = {}

    def surveying() -> Generator[None, None, None]:
        wanted.update((yield from survey("bench", fresh.signatures, {})))

    table.add_row("rows changed: names collected", *_timed(surveying()))
    numbers = {scope: {name: place for place, name in enumerate(names, 1)} for scope, names in wanted.items()}
    table.add_row("rows changed: rows sorted", *_timed(arrange("bench", fresh.signatures, numbers)))
    layout = run(arrange("bench", fresh.signatures, numbers))
    table.add_row("fields changed: columns and view made", *_timed(_once(lambda: view_of(layout, fresh))))
    columns, view = columns_of(layout, fresh), view_of(layout, fresh)
    table.add_row("view put over the new reading", *_timed(_once(lambda: view.over(columns.tables(layout, fresh)))))
    console.print(table)


def _feeding(parser: StatParser, text: bytes) -> Generator[None, None, None]:
    for start in range(0, len(text), SLICE):
        parser.feed(text[start : start + SLICE])
        yield


def _once(work: Callable[[], object]) -> Generator[None, None, None]:
    work()
    yield


def _timed(work: Generator[None, None, object]) -> tuple[str, str, str]:
    """Run work piece by piece, and give the number of pieces, their time together and that of the longest."""
    times = []
    while True:
        start = time.thread_time()
        try:
            next(work)
        except StopIteration:
            break
        finally:
            times.append(time.thread_time() - start)
    return str(len(times)), f"{sum(times) * 1e3:.1f}", f"{max(times) * 1e3:.2f}"


if __name__ == "__main__":
    main()
