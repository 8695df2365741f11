"""Many pairs on one screen: what is wrong first, then a cell for each pair, always in the same place."""

from collections.abc import Iterator, Sequence

from haproxy_agentx.cli.styled import Styled
from haproxy_agentx.cli.watch_marks import NO_ANSWER, OF_HEALTH, OF_STATUS, badge, cut
from haproxy_agentx.cli.words import shown
from haproxy_agentx.health.severity import PluginStatus
from haproxy_agentx.pair.plugin import worst_of
from haproxy_agentx.watch.report import SiteReport, WatchReport, worst_health

CELL, MOST_CELL = 12, 40
"""Columns of a cell, at least and at most."""

BY_BADNESS = (PluginStatus.critical, PluginStatus.unknown, PluginStatus.warning)


def grid_of(report: WatchReport, width: int, height: int | None) -> Iterator[Styled]:
    """Yield the lines of all pairs: at most ``height``, None for as many as it takes.

    What there is no room for is counted, with the worst status among it: nothing wrong is left out in silence.
    """
    yield _counts(report).part(0, width)
    wrong = [site for status in BY_BADNESS for site in report.sites if site.judged.status is status]
    rows, size = _layout(report.sites, width)
    room = None if height is None else max(0, height - 2)
    lines = len(wrong) if room is None else min(len(wrong), max(room - rows, room // 2))
    for site in wrong[:lines]:
        reason = cut(site.judged.lines[0], max(10, width - len(site.title[:MOST_CELL]) - 14))
        line = badge(site.judged.status) + shown(f" {cut(site.title, MOST_CELL)} ", "bold") + shown(reason)
        yield line.part(0, width)
    if lines < len(wrong):
        yield _left_out(wrong[lines:], "with something wrong").part(0, width)
    left = None if room is None else max(0, room - lines - (lines < len(wrong)))
    fit = rows if left is None or rows <= left else max(0, left - 1)
    for row in range(fit):
        line = Styled()
        for site in (report.sites[place] for place in range(row, len(report.sites), rows)):
            line += _cell(site, size) + " "
        yield line.part(0, width)
    if fit < rows:
        unseen = [report.sites[place] for place in range(len(report.sites)) if place % rows >= fit]
        yield _left_out(unseen, "that have no room here").part(0, width)


def _counts(report: WatchReport) -> Styled:
    line = badge(report.status)
    for status in PluginStatus:
        count = sum(1 for site in report.sites if site.judged.status is status)
        line += shown(f"  {count} {status.name}", OF_STATUS[status] if count else "dim")
    return line + shown(f"  of {len(report.sites)} pairs; {report.answering} of {report.hosts} hosts answer")


def _layout(sites: Sequence[SiteReport], width: int) -> tuple[int, int]:
    """Return the rows of the grid, and the columns of the terminal that a cell has."""
    longest = max((len(site.title) + len(site.nodes) for site in sites), default=CELL)
    size = max(CELL, min(MOST_CELL, longest + 1, width - 1))
    columns = max(1, width // (size + 1))
    return -(-len(sites) // columns), size


def _cell(site: SiteReport, size: int) -> Styled:
    """Return a sign for each node, and the hosts in the colour of the pair."""
    cell = Styled()
    for node in site.nodes[: size // 2]:
        mark, style = NO_ANSWER if node.problem else OF_HEALTH[worst_health(node)]
        cell += shown(mark, style)
    name = cut(site.title, size - len(cell) - 1)
    style = "" if site.judged.status is PluginStatus.ok else OF_STATUS[site.judged.status]
    cell += " " + shown(name, style)
    return cell + " " * max(0, size - len(cell))


def _left_out(sites: Sequence[SiteReport], what: str) -> Styled:
    worst = worst_of(site.judged.status for site in sites)
    return shown(f"  and {len(sites)} more {what}, at worst {worst.name.upper()}", OF_STATUS[worst])
