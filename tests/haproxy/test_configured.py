"""The digest of HAProxy's configuration: what changes it, and what does not."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.haproxy.configured import BATCH, CHECK, ROUNDS, SETTINGS, WEIGHT, ConfigurationDigest
from haproxy_agentx.haproxy.stat import IDENTITY, Reading, RowKind, StatParser
from tests.support.ports import free_port
from tests.support.real_haproxy import RealHaproxy, ask
from tests.support.stat_csv import COLUMNS, VERSIONS, Row, answer, backend, frontend, listener, server
from tests.support.wait import eventually

ROWS: Sequence[Row] = (
    frontend("fe", 2, rate_lim="900"),
    listener("fe", "sock-1", 2, 1, addr="192.0.2.1:80"),
    server("be", "one", 3, 1, addr="10.0.0.1:80", uweight="7", check_rise="2", check_fall="3"),
    server("be", "two", 3, 2, addr="10.0.0.2:80", uweight="1", check_rise="2", check_fall="3"),
    server("be", "agent", 3, 3, agent_status="L4OK", agent_rise="1", agent_fall="1", uweight="5"),
    backend("be", 3, algo="roundrobin", cookie="SRV", uweight="8"),
)
RUN = [name for name in COLUMNS if name not in {name for names in SETTINGS.values() for name in names}]
RUN = [name for name in RUN if name not in ("pxname", "svname", "type", WEIGHT, *CHECK)]
"""The fields that no digest counts."""


def read(rows: Iterable[Row], previous: Reading | None = None, version: str = "3.x") -> Reading:
    parser = StatParser(previous)
    parser.feed(answer(rows, VERSIONS[version]))
    return parser.finish()


def take(digest: ConfigurationDigest, reading: Reading, *, same_process: bool = True) -> str | None:
    for _ in digest.take(reading, same_process=same_process):
        pass
    return digest.text


def of(rows: Iterable[Row], version: str = "3.x") -> str | None:
    return take(ConfigurationDigest(), read(rows, version=version))


def changed(rows: Sequence[Row], place: int, **cells: str) -> list[Row]:
    return [*rows[:place], {**rows[place], **cells}, *rows[place + 1 :]]


@given(st.permutations(ROWS))
def test_the_order_of_the_rows_does_not_matter(rows):
    renumbered = [{**row, "iid": str(100 + number), "sid": str(number)} for number, row in enumerate(rows)]
    assert of(rows) == of(renumbered) == of(ROWS)


@pytest.mark.parametrize(
    ("place", "name"),
    [
        *((place, name) for place, row in enumerate(ROWS) for name in SETTINGS[RowKind(int(row["type"]))]),
        *((place, name) for place in range(len(ROWS)) for name in ("pxname", "svname")),
        *((2, name) for name in (*CHECK, WEIGHT)),
    ],
)
def test_each_setting_matters(place, name):
    assert of(changed(ROWS, place, **{name: "99"})) != of(ROWS)


def test_a_row_more_or_less_matters():
    rows = [ROWS, ROWS[:-1], ROWS[1:], (*ROWS, server("be", "three", 3, 4))]
    assert len({of(each) for each in rows}) == len(rows)


@given(st.data())
def test_what_the_run_changes_does_not_matter(data):
    digest, reading = ConfigurationDigest(), read(ROWS)
    text = take(digest, reading)
    assert text is not None
    for _ in range(3):
        rows = list(ROWS)
        for place in range(len(rows)):
            names = data.draw(st.lists(st.sampled_from(RUN), max_size=5, unique=True))
            hidden = {"agent_status"} if place == 4 else set()  # it says whose the weight is
            names = [name for name in names if name not in {*IDENTITY, "agent_status"} - hidden]
            rows = changed(
                rows, place, **{name: data.draw(st.sampled_from(["1", "42", "DOWN", "DRAIN"])) for name in names}
            )
        assert of(rows) == text
        reading = read(rows, reading)
        assert take(digest, reading) == text


def test_the_weight_of_a_server_with_an_agent_does_not_matter():
    assert of(changed(ROWS, 4, uweight="50")) == of(ROWS)


# HAProxy shows no check_rise and check_fall of a server in maintenance.
def test_maintenance_does_not_matter():
    digest, reading = ConfigurationDigest(), read(ROWS)
    text = take(digest, reading)
    hidden = changed(ROWS, 2, status="MAINT", check_status="", check_rise="", check_fall="")
    for rows in (hidden, hidden, [*hidden, server("be", "new", 3, 9)], hidden, ROWS):
        reading = read(rows, reading)
        found = take(digest, reading)
        assert (found == text) is (len(rows) == len(ROWS))


def test_what_maintenance_hides_does_not_outlive_the_process():
    digest, reading = ConfigurationDigest(), read(ROWS)
    take(digest, reading)
    hidden = changed(ROWS, 2, status="MAINT", check_status="", check_rise="", check_fall="")
    assert take(digest, read(hidden, reading), same_process=False) == of(hidden) != of(ROWS)


def test_a_server_that_was_never_seen_out_of_maintenance_has_no_checks():
    hidden = changed(ROWS, 2, status="MAINT", check_status="", check_rise="", check_fall="")
    digest, reading = ConfigurationDigest(), read(hidden)
    assert take(digest, reading) == of(changed(ROWS, 2, check_rise="", check_fall=""))
    assert take(digest, read(ROWS, reading)) == of(ROWS)


def many(size: int, address: str = "10.0.0.1:80", **cells: str) -> list[Row]:
    return [server("be", f"s{number}", 3, number + 1, addr=address, **cells) for number in range(size)]


def test_many_rows_are_looked_at_over_several_readings():
    rows = many(2 * BATCH + 1)
    digest, reading = ConfigurationDigest(), None
    found = []
    for _ in range(4):
        reading = read(rows, reading)
        found.append(take(digest, reading))
    assert found[:2] == [None, None]
    assert found[2] == found[3] is not None


# `set server be/s7 addr`: no field of the signature changes.
def test_an_address_set_at_run_time_is_seen_in_time():
    size = 2 * ROUNDS
    digest, reading = ConfigurationDigest(), read(many(size))
    before = take(digest, reading)
    rows = changed(many(size), size - 1, addr="10.0.0.9:80")
    found = []
    for _ in range(ROUNDS + 1):
        reading = read(rows, reading)
        found.append(take(digest, reading))
    assert found[0] == before
    assert found[-1] == of(rows) != before
    assert sum(one != other for one, other in pairwise(found)) == 1


def test_a_weight_set_at_run_time_is_seen_at_once():
    digest, reading = ConfigurationDigest(), read(many(1000, uweight="1"))
    take(digest, reading)
    rows = changed(many(1000, uweight="1"), 999, uweight="3", weight="3")
    assert take(digest, read(rows, reading)) == of(rows)


def test_a_change_of_very_many_rows_is_caught_up_with():
    size = 2 * BATCH
    digest, reading = ConfigurationDigest(), read(many(size))
    for _ in range(2):
        take(digest, reading)
    rows = many(size, uweight="2", weight="2")
    for _ in range(3):
        reading = read(rows, reading)
        take(digest, reading)
    other = ConfigurationDigest()
    assert [take(other, reading) for _ in range(2)][-1] == digest.text


def test_an_older_haproxy_that_has_less_fields():
    assert of(ROWS, "1.8") is not None
    assert of(changed(ROWS, 2, addr="10.0.0.9:80"), "1.8") != of(ROWS, "1.8")


CONFIGURATION = """
global
  stats socket {folder}/admin.sock level admin
frontend fe
  bind 127.0.0.1:{port}
  default_backend be
backend be
  balance leastconn
  server one 127.0.0.1:1 weight 7 check inter 100ms {one}
  server two 127.0.0.1:1 track be/one
"""

ORDERS = (
    "set server be/one state maint",
    "set server be/one state ready",
    "set server be/two state drain",
    "disable frontend fe",
)


class Watched:
    """A real HAProxy, read again and again."""

    def __init__(self, socket: str) -> None:
        self.digest = ConfigurationDigest()
        self.socket = socket
        self.reading: Reading | None = None

    def read(self) -> str | None:
        parser = StatParser(self.reading)
        parser.feed(ask(self.socket, "show stat").encode())
        self.reading = parser.finish()
        return take(self.digest, self.reading)

    def status(self, name: str) -> str:
        rows = ask(self.socket, "show stat").splitlines()
        return next(row.split(",")[17] for row in rows if name in row.split(",")[:2])


@pytest.mark.system
def test_a_real_haproxy_in_traffic_checks_and_maintenance(folder):
    more = CONFIGURATION.format(folder=folder, port=free_port(), one="")
    with RealHaproxy(folder, more=more) as haproxy:
        admin = str(folder / "admin.sock")
        operator, user = Watched(admin), Watched(haproxy.user)
        before, by_user = operator.read(), user.read()
        assert before != by_user, "addresses are shown from level operator on"
        eventually(lambda: operator.status("one") == "DOWN", 10)
        assert (operator.read(), user.read()) == (before, by_user)
        for order in ORDERS:
            seen = ask(haproxy.plain, "show stat")
            ask(admin, order)
            eventually(lambda seen=seen: ask(haproxy.plain, "show stat") != seen, 10)
            assert (operator.read(), user.read()) == (before, by_user), order
        ask(admin, "set server be/one weight 3")
        assert operator.read() != before
        ask(admin, "set server be/one weight 7")
        assert operator.read() == before
        ask(admin, "set server be/one addr 127.0.0.2")
        eventually(lambda: operator.read() != before, 10)
        assert user.read() == by_user


@pytest.mark.system
def test_two_real_ones_of_the_same_configuration_and_of_others(folder):
    port, found = free_port(), []
    for number, one in enumerate(("", "", "fall 7", "maxconn 5", "backup")):
        place = folder / str(number)
        place.mkdir()
        with RealHaproxy(place, more=CONFIGURATION.format(folder=place, port=port, one=one)) as haproxy:
            found.append(Watched(haproxy.plain).read())
    assert found[0] == found[1]
    assert len(set(found)) == 4
