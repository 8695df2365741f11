"""What is done to the pair: ordinary failovers, reboots of a node, and VRRP that is cut, each from calm to calm."""

import os
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from random import Random

from benchmarks.failovers.pair import Pair, pause
from benchmarks.redundancy.watch import Watch
from haproxy_agentx.pair.model import PairState
from integration.netlab import control, network, wait_for
from integration.netlab.plan import BALANCERS, PREFIX_LENGTH, VIRTUAL
from integration.netlab.processes import of_namespace
from integration.netlab.waiting import DEADLINE

KEEPALIVED = "/etc/keepalived/keepalived.conf"
HIGH, LOW = "@lb1 priority 150", "@lb1 priority 90"
SERVICES = ("snmpd", "haproxy", "keepalived", "agent")
"""What a node starts, in the order in which it waits for them."""

CALM = 60.0
"""Seconds of machine time after which the pair is redundant again: keepalived is back in snmpd after 15 s."""

LONGEST_PAUSE = 2.5
"""Seconds that are waited at most before the next act: sometimes the pair has settled by then, sometimes it has not."""

Act = Callable[[Pair], None]


def _ctl(service: str, action: str) -> Act:
    return lambda pair: pair.lab.ctl("lb1", service, action)


def _priority(before: str, after: str) -> Act:
    def change(pair: Pair) -> None:
        config = pair.lab.host("lb1").path(KEEPALIVED)
        config.write_text(config.read_text().replace(before, after))
        pair.lab.ctl("lb1", "keepalived", "reload")

    return change


FAILOVERS: Mapping[str, tuple[Act, Act]] = {
    "HAProxy stops, starts": (_ctl("haproxy", "stop"), _ctl("haproxy", "start")),
    "HAProxy is killed, starts": (_ctl("haproxy", "kill9"), _ctl("haproxy", "start")),
    "keepalived stops, starts": (_ctl("keepalived", "stop"), _ctl("keepalived", "start")),
    "priority lowered, raised": (_priority(HIGH, LOW), _priority(LOW, HIGH)),
}
"""How a service goes from lb1 to lb2, and how it comes back."""


def fail_over(pair: Pair, chance: Random) -> str:
    """Have all services go to lb2 and come back, which are two failovers; return how."""
    name, acts = chance.choice(list(FAILOVERS.items()))
    for act, holder in zip(acts, ("lb2", "lb1"), strict=True):
        act(pair)
        pair.wait_held(holder)
        pause(chance.uniform(0, LONGEST_PAUSE))
    return name


def reboot(pair: Pair, watch: Watch, chance: Random) -> str:
    """Have a node shut down or lose its power, and start again; return which node, and how it went."""
    host, is_orderly = chance.choice(BALANCERS), chance.random() < 0.5
    (_shut_down if is_orderly else _cut_power)(pair, host)
    pair.wait_held(next(name for name in BALANCERS if name != host))
    pause(chance.uniform(0, 2 * LONGEST_PAUSE))
    _boot(pair, host)
    await_calm(pair, watch)
    return f"{host} {'shuts down' if is_orderly else 'loses its power'}"


def _shut_down(pair: Pair, host: str) -> None:
    for service in reversed(SERVICES):
        pair.lab.ctl(host, service, "stop")
    _set_links(pair, host, up=False)


def _cut_power(pair: Pair, host: str) -> None:
    """End all of a node at once, without a word; its kernel forgets the virtual addresses."""
    _set_links(pair, host, up=False)
    leader = pair.lab.host(host).leader.pid
    for process in list(of_namespace(leader)):
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
    wait_for(lambda: not list(of_namespace(leader)), f"all of {host} is dead")
    held = [address for site, address in VIRTUAL.items() if host in pair.lab.holders(site)]
    network.batch(pair.lab.host(host), "".join(f"addr del {address}/{PREFIX_LENGTH} dev eth0\n" for address in held))


def _boot(pair: Pair, host: str) -> None:
    _set_links(pair, host, up=True)
    found = {name: control.find(host, name) for name in SERVICES}
    control.launch(pair.lab.host(host), found["snmpd"])
    control.await_ready(pair.lab.host(host), found["snmpd"])
    for name in SERVICES[1:]:
        control.launch(pair.lab.host(host), found[name])


def _set_links(pair: Pair, host: str, *, up: bool) -> None:
    pair.lab.link(host, up=up)
    pair.lab.link_management(host, up=up)


def await_calm(pair: Pair, watch: Watch, seconds: float = CALM) -> None:
    """Wait until both nodes say that the pair is redundant."""

    def is_calm() -> bool:
        return all(watch.state(host) is PairState.redundant for host in BALANCERS)

    wait_for(is_calm, "the pair is redundant", seconds, lambda: f"{watch.asked}\n{pair.lab.logs(*BALANCERS)}")


def await_alarm(watch: Watch, state: PairState, since: float, seconds: float = DEADLINE) -> tuple[float, float]:
    """Wait until both nodes have said and reported a state since a moment; return when the last one did each."""

    def said() -> tuple[float, float] | None:
        asked = [
            next((claim.at for claim in list(watch.asked[host]) if claim.at >= since and claim.state is state), None)
            for host in BALANCERS
        ]
        told = [
            next((one.at for one in watch.notified if one.at >= since and (one.host, one.state) == (host, state)), None)
            for host in BALANCERS
        ]
        found = [[at for at in each if at is not None] for each in (asked, told)]
        return (max(found[0]), max(found[1])) if all(len(each) == len(BALANCERS) for each in found) else None

    return wait_for(said, f"both nodes say {state.name}", seconds)
