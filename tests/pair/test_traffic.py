"""What is taken for packets that arrive elsewhere: both tables, all cases, and what is watched for them."""

from itertools import product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.pair.arrivals import EXPECTED, FIRST, Arrivals, ArrivalWatch
from haproxy_agentx.pair.astray import OVER, WATCHED, WINDOW, WINDOWS, StrayHistory, Strays, StrayWatch
from haproxy_agentx.pair.model import TrafficEvidence as Seen
from haproxy_agentx.pair.traffic import (
    AGREEMENTS,
    SIGHT,
    Agreement,
    Tenure,
    TrafficWatch,
    agreement,
    together,
)

SIGHTS = list(product(Tenure, Arrivals, Strays))
BOTH = list(product(Seen, Seen))


def sight(case):
    """Say it another way: what counts depends on whether the node has an address, and nothing else."""
    tenure, arrivals, strays = case
    if tenure is Tenure.has:
        names = {"few": "missing", "none": "none", "usual": "arrives"}
        return names.get(arrivals.name, "unknown")
    return {"astray": "strays", "clear": "clear"}.get(strays.name, "unknown") if tenure is Tenure.lacks else "unknown"


def agreed(active, others):
    """Say it another way: one who shows that all is well ends it, and both have to show that it is not."""
    if active is Seen.arrives or others is Seen.clear:
        return "arrives"
    is_sure = active in (Seen.missing, Seen.none) and others is Seen.strays
    return "elsewhere" if is_sure else "asBefore"


def test_each_case_of_a_node_is_seen_as_it_is_meant():
    first = {case: next(rule for rule in SIGHT if rule.matches(*case)) for case in SIGHTS}
    assert {case for case, rule in first.items() if rule.evidence.name != sight(case)} == set()
    assert {id(rule) for rule in first.values()} == {id(rule) for rule in SIGHT}


def test_each_case_of_both_nodes_is_decided_as_it_is_meant():
    assert {
        case for case in BOTH if agreement(case[0], [case[1]]).name != agreed(case[0], together([case[1]]))
    } == set()
    reached = {id(next(rule for rule in AGREEMENTS if rule.matches(*case))) for case in BOTH}
    assert reached == {id(rule) for rule in AGREEMENTS}


def test_one_node_alone_never_makes_it():
    for one in Seen:
        assert agreement(one, [Seen.unknown]) is not Agreement.elsewhere
        assert agreement(Seen.unknown, [one]) is not Agreement.elsewhere
        assert agreement(one, []) is not Agreement.elsewhere


@given(st.lists(st.sampled_from(Seen), max_size=5))
def test_of_several_nodes_one_with_strays_is_enough_and_all_have_to_be_clear(others):
    found = together(others)
    assert (found is Seen.strays) == (Seen.strays in others)
    assert found is not Seen.clear or set(others) == {Seen.clear}


class Clients:
    """Connections at a rate, read once a second."""

    def __init__(self, seed=1):
        self.watch, self.random = ArrivalWatch(), Random(seed)
        self.now, self.count = 0.0, 0
        self.watch.begin(0.0)

    def come(self, rate, seconds):
        """Let them come at random; return the levels that were seen."""
        seen = set()
        for _ in range(round(seconds)):
            self.now += 1.0
            due = self.random.expovariate(rate) if rate else 2.0
            while due < 1.0:
                self.count += 1
                due += self.random.expovariate(rate)
            self.watch.look(self.count, self.now)
            seen.add(self.watch.level)
        return seen


@pytest.mark.parametrize("rate", [0.1, 1.0, 5.0, 100.0])
def test_connections_that_cease_are_missed_when_twenty_would_have_come(rate):
    clients = Clients()
    clients.come(rate, max(120, 60 / rate))
    assert clients.watch.level is Arrivals.usual
    ceased = clients.now
    clients.come(0, 15 + 2 * EXPECTED / rate)
    assert clients.watch.level is Arrivals.few
    assert ceased <= clients.watch.since <= ceased + 15
    assert clients.come(0, 3600) == {Arrivals.few}
    clients.come(rate, 3 / rate + 5)
    assert clients.watch.level is Arrivals.usual


def test_a_monitor_that_still_gets_through_does_not_hide_it():
    clients = Clients()
    clients.come(50, 120)
    for _ in range(6):
        clients.come(0, 9)
        clients.count += 1
        clients.come(0, 1)
    assert clients.watch.level is Arrivals.few


@pytest.mark.parametrize("rate", [0.02, 0.3, 2.0])
def test_clients_who_come_at_random_are_not_missed_in_a_day(rate):
    assert Arrivals.few not in Clients(7).come(rate, 86400)


def test_a_night_in_which_clients_become_fewer_is_no_lull():
    clients = Clients()
    for minute in range(120):
        assert Arrivals.few not in clients.come(50 * 0.95**minute, 60)


def test_clients_who_ceased_before_they_could_be_missed_do_not_count_as_coming():
    clients = Clients()
    for _ in range(EXPECTED - 1):
        clients.count += 1
        clients.come(0, 1)
    assert clients.watch.level is Arrivals.usual
    clients.come(0, 60)
    assert clients.come(0, 3600) == {Arrivals.unmeasured}


def test_nobody_from_the_first_on_is_none_and_one_client_ends_it():
    clients = Clients()
    clients.come(0, FIRST + 1)
    assert clients.watch.level is Arrivals.none
    clients.count += 1
    clients.come(0, 1)
    assert clients.watch.level is Arrivals.unmeasured


def test_a_counter_that_begins_anew_and_a_reading_seen_twice_are_no_connections():
    watch = ArrivalWatch()
    watch.begin(0.0)
    for at, count in ((1.0, 100), (2.0, 110), (2.0, 110), (3.0, 5), (4.0, 6)):
        watch.look(count, at)
    assert watch.came == 11


class Packets:
    """Packets for foreign addresses, counted once a second."""

    def __init__(self, noise=0.0, *, lost=True):
        self.watch, self.history = StrayWatch(), StrayHistory()
        self.now, self.count = 0.0, 0.0
        self.come(noise, 60, watched=False)
        self.watch.begin(self.now, self.history.rate(), lost=lost)

    def come(self, rate, seconds, *, watched=True):
        for _ in range(round(seconds)):
            self.now, self.count = self.now + 1.0, self.count + rate
            self.history.take(int(self.count), self.now)
            if watched:
                self.watch.look(int(self.count), self.now)
        return self.watch.level


def test_packets_that_go_on_after_the_loss_are_astray():
    packets = Packets()
    lost = packets.now
    assert packets.come(5, WINDOWS * WINDOW - 1) is Strays.unknown
    assert packets.come(5, 3) is Strays.astray
    assert packets.watch.since <= lost + 2


@pytest.mark.parametrize(
    ("noise", "after"),
    [(0, 0), (5, 5), (5, 14), (200, 500), (0, 0.1)],
    ids=["none", "as before", "not three times", "a scan that goes on", "too few"],
)
def test_what_was_there_before_is_not_astray(noise, after):
    packets = Packets(noise)
    assert packets.come(after, WATCHED + 1) is Strays.clear
    assert packets.come(after, 3600) is Strays.clear


def test_packets_of_a_moment_are_not_astray():
    packets = Packets()
    packets.come(100, 10)
    packets.come(0, 10)
    packets.come(100, 10)
    assert packets.come(0, WATCHED) is Strays.clear


def test_packets_that_begin_later_have_another_reason():
    packets = Packets()
    packets.come(0, WATCHED + 1)
    assert packets.come(100, 3600) is Strays.clear


def test_a_node_that_lost_nothing_takes_no_packets_for_clients():
    packets = Packets(lost=False)
    assert packets.come(100, 3600) is Strays.unknown
    assert packets.come(0, OVER + 2 * WINDOW) is Strays.clear


def test_astray_is_over_when_no_packets_have_come_for_long():
    packets = Packets()
    packets.come(5, 30)
    assert packets.come(0, OVER - WINDOW) is Strays.astray
    assert packets.come(0, 3 * WINDOW) is Strays.clear


def watched(watch, tenure, seconds, now, *, came=0, strays=0):
    """Watch one node, with connections and packets at rates; return the time."""
    for step in range(round(seconds)):
        at = now + step + 1
        watch.look(tenure, (1000 + came * step, at), 5000 + strays * step, 0.0, at)
    return now + seconds


def test_a_node_that_had_clients_and_lost_the_addresses_sees_strays():
    watch = TrafficWatch()
    now = watched(watch, Tenure.has, 30, 0.0, came=5)
    assert watch.evidence is Seen.arrives
    lost = now
    now = watched(watch, Tenure.lacks, 25, now, strays=5)
    assert watch.evidence is Seen.strays
    assert lost <= watch.since <= lost + 2
    watched(watch, Tenure.has, 1, now)
    assert watch.evidence is Seen.unknown


def test_a_node_that_had_no_clients_sees_none():
    watch = TrafficWatch()
    now = watched(watch, Tenure.has, 30, 0.0)
    assert watch.evidence is Seen.none
    watched(watch, Tenure.lacks, 61, now, strays=5)
    assert watch.evidence is not Seen.strays


def test_while_the_kernel_cannot_be_asked_nothing_is_known_and_nothing_is_lost():
    watch = TrafficWatch()
    now = watched(watch, Tenure.has, 30, 0.0, came=5)
    now = watched(watch, Tenure.unknown, 5, now)
    assert watch.evidence is Seen.unknown
    watched(watch, Tenure.has, 1, now, came=5)
    assert watch.evidence is Seen.arrives


def test_while_haproxy_is_not_read_no_client_is_known_to_connect():
    """Catches clients that connect for ever, as nobody counts them any more."""
    watch = TrafficWatch()
    now = watched(watch, Tenure.has, 30, 0.0, came=5)
    since = watch.since
    assert watch.look(Tenure.has, None, 5000, 0.0, now + 1) is Seen.unknown
    assert watch.since == now + 1
    assert watch.look(Tenure.has, (1150, now + 2), 5000, 0.0, now + 2) is Seen.arrives
    assert watch.since == since


def test_while_the_packets_are_not_counted_none_are_known_to_go_astray_or_not():
    watch = TrafficWatch()
    now = watched(watch, Tenure.has, 30, 0.0, came=5)
    now = watched(watch, Tenure.lacks, 25, now, strays=5)
    assert watch.look(Tenure.lacks, None, None, 0.0, now + 1) is Seen.unknown
    assert watch.look(Tenure.lacks, None, 5125, 0.0, now + 2) is Seen.strays
    now = watched(watch, Tenure.lacks, 2 * OVER, now + 2)
    assert watch.evidence is Seen.clear
    assert watch.look(Tenure.lacks, None, None, 0.0, now + 1) is Seen.unknown
