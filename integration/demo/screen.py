"""What the demonstration draws. Each state has a mark and a word, so that it is legible without colour. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from haproxy_agentx.cli.words import health_style, pair_style
from haproxy_agentx.health.rules import RULES
from haproxy_agentx.pair.model import PairState
from integration.demo.manager import Seen
from integration.demo.notices import Notice, Row, StateChange
from integration.netlab.plan import BALANCERS
from integration.walks import Variable

MARKS = {"green": "✓", "yellow": "▲", "red": "✗"}
MEANINGS = {rule.health.name: rule.meaning for rule in reversed(RULES)}
"""What a health means, by the first row of the decision table that gives it."""

NOTE = 15
"""Column at which that begins which is said of a notification."""


def health(name: str) -> Text:
    """Return a health with its mark, in its colour."""
    style = health_style(name)
    return Text(f"{MARKS[style]} {name}", style)


def note(*parts: str | Text | tuple[str, str]) -> Text:
    """Return a line of a step."""
    return Text.assemble("  ", *parts)


def command(host: str, line: str) -> Text:
    """Return a command as it is typed on a host: as root on a load balancer."""
    prompt = "#" if host in BALANCERS else "$"
    return Text.assemble("  ", (f"{host}{prompt} ", "dim"), (line, "bold"))


def done(what: str, seconds: float) -> Text:
    """Return that something has happened, and how long it took."""
    return Text.assemble(("  ✓ ", "green"), what, (f"  {seconds:.1f} s", "cyan"))


def grid(*headings: str) -> Table:
    """Return an empty table without lines."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def inset(what: RenderableType, columns: int = 2) -> Padding:
    """Return something moved to the right, wrapped within the screen."""
    return Padding(what, (0, 0, 0, columns), expand=False)


def board(pair: Iterable[Seen]) -> Padding:
    """Return what keepalived and HAProxy are on each node, and what it amounts to."""
    table = grid("", "keepalived", "HAProxy", "haxServiceHealth", "which means")
    for seen in pair:
        row = seen.row
        servers = f"{row.get('UsableServers', '')}/{row.get('EligibleServers', '')}"
        meaning = MEANINGS.get(seen.health, "")
        table.add_row(
            f"{seen.host} {seen.service}",
            seen.keepalived,
            f"{row.get('Readiness', '')} {servers}",
            health(seen.health),
            meaning,
        )
    return inset(table)


def pair_state(name: str) -> Text:
    """Return a pair state with its mark, in its colour."""
    style = pair_style(name)
    return Text(f"{MARKS[style]} {name}", style)


def redundancy(seen: Mapping[str, Row]) -> Padding:
    """Return what each node says of a service over both."""
    table = grid("the pair, by", "haxPairState", "active node", "haxPairText")
    for host, row in seen.items():
        table.add_row(host, pair_state(row.get("State", "")), row.get("ActiveNode", "-"), row.get("Text", ""))
    return inset(table)


def answer(address: str, code: int, by: str) -> Text:
    """Return what the client gets."""
    style = "green" if code == 200 else "red"
    said = f"{MARKS[style]} {code} from {by}" if code else "✗ no answer"
    return Text.assemble(command("client", f"curl -i http://{address}/"), "   ", (said, style))


def arrival(one: StateChange | Notice) -> Iterator[RenderableType]:
    """Yield the lines of a notification as it came to the sink."""
    head = f"  {one.time.partition(' ')[2]} {one.source} "
    if isinstance(one, StateChange):
        yield Text.assemble(
            (head, "dim"), (f"{one.name:<23}", "magenta"), f" {one.subject}  {one.state}, sysUpTime {one.up_time.text}"
        )
        return
    cells = one.cells
    yield Text.assemble((head, "dim"), (f"{one.name:<23}", "bold"), f" {one.subject}  ", change(one))
    said = [f"{cells['PreviousRole']} → {cells['Role']}"] if cells.get("PreviousRole") != cells.get("Role") else []
    if one.keepalived:
        said.append(f"keepalived's trap {cells['KeepalivedTrap']}, sysUpTime {one.keepalived.text}")
    if said and one.vrrp:
        yield inset(Text("; ".join(said), "magenta"), NOTE)
    yield inset(Text(f"{cells['Cause']}: {cells['CauseText']}" if "Cause" in cells else cells["CauseText"]), NOTE)


def change(one: Notice) -> Text:
    """Return from what to what."""
    before, after = one.cells.get("PreviousHealth"), one.cells.get("Health")
    if before is None or after is None:
        states = [one.cells.get(name, "") for name in ("PreviousState", "State")]
        shown = [pair_state(state) if state in PairState.__members__ else Text(state) for state in states]
        return Text.assemble(shown[0], " → ", shown[1])
    return Text.assemble(health(before), " → ", health(after)) if before != after else health(after)


def arrivals(found: Sequence[StateChange | Notice], service: str) -> Group:
    """Return the notifications about a service in the order in which they came; of the others, how many."""
    lines: list[RenderableType] = [note(("sink: what came, in this order", "dim"))]
    mine = [one for one in found if one.subject == service]
    for one in mine:
        lines.extend(arrival(one))
    others = len(found) - len(mine)
    if others:
        names = sorted({one.subject for one in found} - {service})
        lines.append(note((f"and {others} more about {', '.join(names)}", "dim")))
    return Group(*lines)


def joined(couples: Iterable[tuple[StateChange, Notice]]) -> Padding:
    """Return keepalived's traps beside ours."""
    table = grid("", "vrrpInstanceStateChange", "haxServiceFailover", "keepalived's trap")
    for theirs, ours in couples:
        mine = ours.keepalived.text if ours.keepalived else ""
        table.add_row(
            f"{theirs.source} {theirs.subject}",
            f"{theirs.state} {theirs.up_time.text}",
            f"{ours.vrrp} {mine}",
            Text(f"{MARKS['green']} {ours.cells['KeepalivedTrap']}, the same", "green"),
        )
    return inset(table)


def variables(lines: Iterable[str]) -> Group:
    """Return lines of a walk by names."""
    shown = []
    for line in lines:
        name, equals, value = line.partition(" = ")
        variable = Variable.parse(line)
        style = _style(variable) if variable else "cyan"
        shown.append(inset(Text.assemble(name, (equals, "dim"), (value, style)), 4))
    return Group(*shown)


def _style(variable: Variable) -> str:
    if "Health" in variable.name:
        return health_style(variable.value)
    return pair_style(variable.value) if variable.name in ("haxPair.0", "haxPairState") else "cyan"


def terminal(text: str) -> Padding:
    """Return what a program wrote to its terminal."""
    lines = [Text.from_ansi(line.rstrip()) for line in text.rstrip().splitlines()]
    return inset(Group(*lines), 4)


def times(found: Iterable[tuple[str, float]], total: float) -> Table:
    """Return how long each thing took."""
    table = grid("", "seconds")
    table.columns[1].justify = "right"
    for what, took in found:
        table.add_row(f"  {what}", Text(f"{took:.1f}", "cyan"))
    table.add_row(Text("  all of it", "bold"), Text(f"{total:.1f}", "bold cyan"))
    return table
