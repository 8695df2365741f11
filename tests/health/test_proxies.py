"""Proxies: servers counted by what they can do; a reload is no recovery; few changes cost little."""

from dataclasses import replace

import pytest

from haproxy_agentx.haproxy.status import FrontendStatus
from haproxy_agentx.health import proxies as proxies_module
from haproxy_agentx.health.proxies import BELIEVED, MAX_CHANGES, PAUSE, Proxies, StatusChange
from haproxy_agentx.health.traffic import ClientOutcome
from tests.health.proxies import Process, done, proxies_of, read, rows, sample, state
from tests.support.stat_csv import VERSIONS, answer, backend, frontend, server

UP, DOWN, INI = "UP", ("DOWN", "L4CON"), ("UP 1/3", "INI")


# What real HAProxy showed


@pytest.mark.parametrize(
    ("name", "web", "api"),
    [
        ("00-just-started", ("UP", 2, 2, 0), ("UP", 2, 2, 1)),
        ("01-healthy", ("UP", 2, 2, 0), ("UP", 2, 2, 1)),
        ("02-web1-going-down", ("UP", 2, 2, 0), ("UP", 2, 2, 1)),
        ("03-web1-down", ("UP", 1, 2, 0), ("UP", 2, 2, 1)),
        ("04-web1-going-up", ("UP", 1, 2, 0), ("UP", 2, 2, 1)),
        ("05-web1-maint", ("UP", 1, 1, 1), ("UP", 2, 2, 1)),
        ("06-web1-drain", ("UP", 1, 1, 1), ("UP", 2, 2, 1)),
        ("07-api1-down-backup-active", ("UP", 2, 2, 0), ("UP", 1, 2, 1)),
        ("08-all-web-and-api-down", ("DOWN", 0, 2, 0), ("DOWN", 0, 2, 1)),
        ("09-nocheck-server-dead", ("UP", 2, 2, 0), ("UP", 2, 2, 1)),
        ("09b-web2-nolb-404", ("UP", 1, 2, 0), ("UP", 2, 2, 1)),
        ("12-after-reload", ("UP", 2, 2, 0), ("UP", 2, 2, 1)),
    ],
)
def test_samples(name, web, api):
    proxies = Proxies("local")
    done(proxies.take(sample(name)))
    assert state(proxies) == {
        "be_web": web,
        "be_api": api,
        "be_static": ("UP", 1, 1, 0),
        "be_tcp": ("MAINT", 0, 0, 3),
        "be_empty": ("EMPTY", 0, 0, 0),
        "stats": ("EMPTY", 0, 0, 0),
    }
    assert proxies.backends[b"be_static"].summary.is_assumed


def test_samples_one_after_the_other_tell_each_change():
    proxies, reading, reported = Proxies("local"), None, []
    for name in ("01-healthy", "02-web1-going-down", "03-web1-down", "08-all-web-and-api-down", "01-healthy"):
        reading = sample(name, reading)
        done(proxies.take(reading))
        reported.append([tuple(change)[1:] for change in proxies.changes()])
    down = [("be_web", "web2", "UP", "DOWN"), ("be_api", "api1", "UP", "DOWN"), ("be_api", "api2", "UP", "DOWN")]
    assert reported[:3] == [[], [], [("be_web", "web1", "UP", "DOWN")]]
    assert reported[3] == [("be_web", None, "UP", "DOWN"), ("be_api", None, "UP", "DOWN"), *down]
    assert len(reported[4]) == 6


def test_frontends():
    proxies = Proxies("local")
    done(proxies.take(sample("10-frontend-paused")))
    assert {name.decode(): status.name for name, status in proxies.frontends.items()} == {
        "fe_web": "open",
        "fe_api": "paused",
        "fe_tcp": "open",
        "stats": "open",
    }


# A reload or restart of HAProxy (F8)


def test_servers_that_were_down_stay_down_until_their_first_check():
    process = Process()
    process.show({"app": {"one": DOWN, "two": UP}})
    assert not process.show({"app": {"one": INI, "two": INI}})
    assert state(process.proxies) == {"app": ("UP", 1, 2, 0)}
    assert process.show({"app": {"one": UP, "two": UP}})
    assert state(process.proxies) == {"app": ("UP", 2, 2, 0)}
    assert process.proxies.changes() == [StatusChange("server", "app", "one", "DOWN", "UP")]


def test_also_where_the_rows_have_moved():
    process = Process()
    process.show({"app": {"one": DOWN, "two": DOWN}})
    process.proxies.changes()
    assert process.show({"new": {"x": UP}, "app": {"zero": INI, "two": INI, "one": INI}})
    assert state(process.proxies)["app"] == ("UP", 1, 3, 0)
    assert process.proxies.changes() == [StatusChange("backend", "app", None, "DOWN", "UP")]


def test_the_same_server_name_in_another_backend_is_another_server():
    process = Process()
    process.show({"a": {"one": DOWN}, "b": {"one": UP}})
    process.show({"z": {}, "a": {"one": INI}, "b": {"one": INI}})
    assert {name: s[0] for name, s in state(process.proxies).items()} == {"z": "EMPTY", "a": "DOWN", "b": "UP"}


def test_a_server_that_was_not_known_is_as_haproxy_shows_it():
    assert state(proxies_of({"app": {"one": INI}})) == {"app": ("UP", 1, 1, 0)}


def tracking(tracked: str, checked: str, shown: str, *, cell: str = "app/one") -> bytes:
    """Give the rows of a server and one that tracks it."""
    one = server("app", "one", 2, 1, status=tracked, check_status=checked)
    two = server("app", "two", 2, 2, status=shown, check_status="", tracked=cell)
    return answer([one, two, backend("app", 2, act=str((tracked[:2] + shown[:2]).count("UP")))])


@pytest.mark.parametrize("up", ["UP", "UP 1/3"])
@pytest.mark.parametrize("few", [0, 256])
def test_a_server_is_as_proven_as_the_one_that_it_tracks(up, few, monkeypatch):
    """HAProxy 2.6 after a reload: UP with an empty check_status, with ``fall 1`` in the very words of a checked one."""
    monkeypatch.setattr(proxies_module, "FEW", few)
    process = Process()
    process.take(tracking("DOWN", "L4CON", "DOWN"))
    process.take(tracking(up, "INI", up))
    assert state(process.proxies) == {"app": ("DOWN", 0, 2, 0)}
    process.take(tracking("UP", "L4OK", up))  # its own row is as before
    assert state(process.proxies) == {"app": ("UP", 2, 2, 0)}
    process.take(tracking("DOWN", "L4CON", "DOWN"))
    assert state(process.proxies) == {"app": ("DOWN", 0, 2, 0)}


@pytest.mark.parametrize("cell", ["", "app/gone", "app/two"])
def test_without_what_it_tracks_up_is_believed_in_the_end(cell):
    process = Process()
    process.take(tracking("UP", "L4OK", "DOWN", cell=cell))
    for now, usable in ((1, 1), (2, 1), (BELIEVED, 1), (BELIEVED + 2, 2)):
        process.take(tracking("UP", "L4OK", "UP", cell=cell), now=now)
        assert state(process.proxies) == {"app": ("UP", usable, 2, 0)}


def test_a_server_that_is_gone_is_forgotten():
    process = Process()
    process.show({"app": {"one": DOWN, "two": UP}})
    process.show({"app": {"two": UP}})
    process.show({"app": {"one": INI, "two": UP}})
    assert state(process.proxies) == {"app": ("UP", 2, 2, 0)}
    assert process.proxies.changes() == []


# What a backend's servers add up to


@pytest.mark.parametrize(
    ("servers", "expected"),
    [
        ({}, ("EMPTY", 0, 0, 0)),
        ({"a": "UP", "b": "UP 1/3"}, ("UP", 2, 2, 0)),
        ({"a": "UP", "b": "NOLB"}, ("UP", 1, 2, 0)),
        ({"a": "UP", "b": "DOWN (agent)"}, ("UP", 1, 2, 0)),
        ({"a": "UP", "b": "DRAIN (agent)"}, ("UP", 1, 1, 1)),
        ({"a": "UP", "b": ("UP", "L7OK", "0")}, ("UP", 1, 1, 1)),
        ({"a": "no check", "b": "no check"}, ("UP", 2, 2, 0)),
        ({"a": "no check", "b": "UP"}, ("UP", 1, 1, 0)),
        ({"a": "no check", "b": "DOWN"}, ("UP", 0, 1, 0)),
        ({"a": "no check", "b": "MAINT"}, ("UP", 1, 1, 1)),
        ({"a": "MAINT", "b": "DRAIN"}, ("MAINT", 0, 0, 2)),
        ({"a": "MAINT (resolution)"}, ("DOWN", 0, 0, 0)),
        ({"a": "UP", "b": "MAINT (resolution)"}, ("UP", 1, 1, 0)),
        ({"a": "MAINT", "b": "MAINT (resolution)"}, ("MAINT", 0, 0, 1)),
        ({"a": "NEW WORD"}, ("DOWN", 0, 1, 0)),
    ],
)
def test_backend(servers, expected):
    assert state(proxies_of({"app": servers})) == {"app": expected}


def test_a_backup_server_counts_as_the_others():
    data = answer([server("app", "one", 2, 1, bck="1", act="0"), backend("app", 2)])
    proxies = Proxies("local")
    done(proxies.take(read(data)))
    assert state(proxies) == {"app": ("UP", 1, 1, 0)}


def test_a_backend_that_is_not_published_is_in_maintenance():
    process = Process()
    one = server("app", "one", 2, 1)
    process.take(answer([one, backend("app", 2)]))
    assert process.take(answer([one, backend("app", 2, status="UP (UNPUB)")]))
    assert state(process.proxies) == {"app": ("MAINT", 0, 0, 1)}
    assert process.proxies.changes() == [StatusChange("backend", "app", None, "UP", "MAINT")]


def test_servers_without_their_backends_row():
    """A row that makes no sense is left out of a reading: what HAProxy says of the backend is not known."""
    proxies = Proxies("local")
    assert done(proxies.take(read(answer([server("app", "one", 2, 1), frontend("fe", 3)]))))
    assert state(proxies) == {"app": ("UNKNOWN", 0, 1, 0)}


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ({"status": "DOWN"}, ("DOWN", 0, 2, 0)),
        ({"act": "0", "bck": "0"}, ("DOWN", 0, 2, 0)),
        ({"act": "0", "bck": "1"}, ("UP", 2, 2, 0)),
        ({"act": ""}, ("UNKNOWN", 0, 2, 0)),
        ({"status": ""}, ("UNKNOWN", 0, 2, 0)),
        ({"status": "ODD"}, ("UNKNOWN", 0, 2, 0)),
    ],
)
def test_haproxys_own_verdict_is_evidence(own, expected):
    """``add server ... enabled`` shows UP/L4OK and takes no traffic: its BACKEND row says DOWN."""
    servers = [server("app", "one", 2, 1), server("app", "two", 2, 2)]
    process = Process()
    process.take(answer([*servers, backend("app", 2, **own)]))
    assert state(process.proxies) == {"app": expected}
    process.take(answer([*servers, backend("app", 2)]))
    assert state(process.proxies) == {"app": ("UP", 2, 2, 0)}
    process.take(answer([*servers, backend("app", 2, **own)]))
    assert state(process.proxies) == {"app": expected}


# Rows that are missing

GONE = [
    ({"app": {"one": DOWN, "two": UP}}, {"app": {"two": UP}}, ("UP", 1, 2, 0)),
    ({"app": {"one": UP}}, {"app": {}}, ("DOWN", 0, 1, 0)),
    ({"app": {"one": "MAINT", "two": UP}}, {"app": {"two": UP}}, ("UP", 1, 1, 0)),
    ({"app": {"one": UP}}, {}, ("UNKNOWN", 0, 1, 0)),
]


@pytest.mark.parametrize(("before", "after", "expected"), GONE)
def test_what_cannot_have_gone_is_evidence_that_is_missing(before, after, expected):
    """HAProxy deletes a server in maintenance only, and no proxy at all."""
    process = Process()
    process.show(before, {"fe": "OPEN"})
    process.show(after, {"fe": "OPEN"}, same_process=True)
    assert state(process.proxies) == {"app": expected}
    process.show(after, {}, same_process=True)
    assert state(process.proxies) == {"app": expected}
    assert process.proxies.standing(b"fe") is ClientOutcome.unread
    process.show(after, {}, same_process=False)  # a reload explains it
    assert "fe" not in state(process.proxies)
    assert b"fe" not in process.proxies.frontends
    process.show(before, {"fe": "OPEN"}, same_process=True)
    assert process.proxies.standing(b"fe") is ClientOutcome.fine


def test_where_a_reload_cannot_be_seen_a_row_that_is_gone_is_believed_to_be_in_the_end():
    process = Process()
    process.show({"app": {"one": UP, "two": UP}})
    process.show({"app": {"two": UP}}, same_process=None, now=1)
    assert state(process.proxies) == {"app": ("UP", 1, 2, 0)}
    process.show({"app": {"two": UP}}, same_process=None, now=BELIEVED + 2)
    assert state(process.proxies) == {"app": ("UP", 1, 1, 0)}


ROWS = [frontend("fe", 1), server("app", "one", 2, 1), server("app", "two", 2, 2), backend("app", 2)]


@pytest.mark.parametrize(
    ("place", "field", "expected"),
    [
        (0, "status", "fe"),
        (1, "status", ("UP", 1, 2, 0)),
        (1, "weight", ("UP", 1, 2, 0)),
        (1, "type", ("UP", 1, 2, 0)),
        (3, "type", ("UNKNOWN", 0, 2, 0)),
        (3, "bck", ("UNKNOWN", 0, 2, 0)),
        (0, "type", "fe"),
        (1, "svname", "nobody"),
        (1, "pxname", "nobody"),
    ],
)
def test_a_cell_that_is_missing_makes_nothing_better(place, field, expected):
    rows = [row | ({field: ""} if number == place else {}) for number, row in enumerate(ROWS)]
    proxies = Proxies("local")
    done(proxies.take(read(answer(rows))))
    if expected == "fe":
        assert proxies.standing(b"fe") is ClientOutcome.unread or proxies.frontends[b"fe"] is FrontendStatus.other
    elif expected == "nobody":
        assert proxies.nobodys == 1
    else:
        assert state(proxies) == {"app": expected}


def test_a_row_that_cannot_be_understood_is_its_owners():
    proxies = Proxies("local")
    good = answer(ROWS)
    row = next(line for line in good.splitlines(keepends=True) if line.startswith(b"app,two,"))
    done(proxies.take(read(good.replace(row, row.replace(b",,", b",", 1)))))
    assert state(proxies) == {"app": ("UP", 1, 2, 0)}
    assert proxies.lacking(proxies.backends[b"app"], 9) == ["two not readable"]
    done(proxies.take(read(good + b"")))
    assert state(proxies) == {"app": ("UP", 2, 2, 0)}


def test_an_empty_answer():
    proxies = Proxies("local")
    assert not done(proxies.take(read(answer([]))))
    assert not proxies.backends


@pytest.mark.parametrize("version", VERSIONS)
def test_columns_of_each_version(version):
    """F6."""
    data = answer(rows({"app": {"one": UP, "two": DOWN}}, {"fe": "OPEN"}), VERSIONS[version])
    proxies = Proxies("local")
    done(proxies.take(read(data)))
    assert state(proxies) == {"app": ("UP", 1, 2, 0)}


def test_who_is_lacking():
    proxies = proxies_of({"x": {"a": DOWN}, "app": {"a": UP, "b": DOWN, "c": "NOLB", "d": "MAINT", "e": "ODD"}})
    assert proxies.lacking(proxies.backends[b"app"], 9) == ["b DOWN", "c NOLB", "e of unknown status"]
    assert proxies.lacking(proxies.backends[b"app"], 2) == ["b DOWN", "c NOLB"]


def test_names_that_are_no_text():
    data = answer([server("app", "one", 2, 1), backend("app", 2)]).replace(b"app", b"a\xffp").replace(b"one", b"\xfe")
    proxies = Proxies("local")
    done(proxies.take(read(data)))
    assert list(proxies.backends) == [b"a\xffp"]
    assert state(proxies) == {"a\N{REPLACEMENT CHARACTER}p": ("UP", 1, 1, 0)}


# Cost


def test_a_reading_of_the_same_rows_looks_at_those_that_changed():
    names = [f"s{n}" for n in range(1000)]
    process = Process()
    process.show({"app": dict.fromkeys(names, UP)})
    process.reading = read(answer(rows({"app": dict.fromkeys(names, UP) | {"s7": DOWN}}, {})), process.reading)
    looked = set()

    class Watched(list):
        def __getitem__(self, place):
            looked.add(place)
            return super().__getitem__(place)

    watched = replace(process.reading, signatures=Watched(process.reading.signatures))
    work = process.proxies.take(watched)
    with pytest.raises(StopIteration):
        next(work)
    assert looked == {7, 1000}  # the server's row, and its backend's
    assert state(process.proxies)["app"] == ("UP", 999, 1000, 0)


def test_a_full_count_pauses_and_shows_nothing_of_itself_before_its_end():
    names = [f"s{n}" for n in range(PAUSE * 4)]
    process = Process()
    process.show({"app": dict.fromkeys(names, UP)})
    process.reading = read(answer(rows({"app": dict.fromkeys(names, DOWN)}, {})), process.reading)
    pauses = 0
    for _ in process.proxies.take(process.reading):
        pauses += 1
        assert state(process.proxies)["app"] == ("UP", len(names), len(names), 0)
    assert pauses >= 8
    assert state(process.proxies)["app"] == ("DOWN", 0, len(names), 0)


def test_a_count_that_was_given_up_is_made_up_for():
    names = [f"s{n}" for n in range(PAUSE * 4)]
    process = Process()
    process.show({"app": dict.fromkeys(names, UP)})
    process.reading = read(answer(rows({"app": dict.fromkeys(names, DOWN)}, {})), process.reading)
    next(process.proxies.take(process.reading))
    process.show({"app": dict.fromkeys(names, DOWN) | {"s0": UP}})
    assert state(process.proxies)["app"] == ("UP", 1, len(names), 0)


def test_changes_are_bounded_and_those_of_backends_go_first():
    names = [f"s{n}" for n in range(MAX_CHANGES * 2)]
    process = Process()
    process.show({"app": dict.fromkeys(names, UP)})
    process.show({"app": dict.fromkeys(names, DOWN)})
    changes = process.proxies.changes()
    assert len(changes) == MAX_CHANGES
    assert changes[0] == StatusChange("backend", "app", None, "UP", "DOWN")
    assert process.proxies.left_out == len(names) + 1 - MAX_CHANGES
    assert process.proxies.changes() == []
