"""Proxies, reading after reading, against a model that is nothing but simple, and against one counted anew."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.health import proxies as proxies_module
from haproxy_agentx.health.proxies import Proxies
from haproxy_agentx.health.server_standing import WORDS, ServerStanding
from tests.health.proxies import Process, done, own_verdict, read, rows, state
from tests.support.stat_csv import answer

TEXTS = [
    ("UP", "L7OK", "1"),
    ("UP 2/3", "L4TOUT", "1"),
    ("UP 1/3", "INI", "1"),
    ("UP 1/3", "* INI", "1"),
    ("UP 1/3", "", "1"),
    ("DOWN", "L4CON", "1"),
    ("DOWN 1/2", "L7OK", "1"),
    ("DOWN (agent)", "L7OK", "1"),
    ("NOLB", "L7OKC", "1"),
    ("DRAIN", "L7OK", "1"),
    ("MAINT", "", "1"),
    ("MAINT (via a/s1)", "", "1"),
    ("MAINT (resolution)", "", "1"),
    ("no check", "", "1"),
    ("UP", "L7OK", "0"),
    ("ODD", "L7OK", "1"),
]
SERVERS = st.dictionaries(st.sampled_from(["s1", "s2", "s3", "s4"]), st.sampled_from(TEXTS), max_size=4)
BACKENDS = st.dictionaries(st.sampled_from(["a", "b", "c"]), SERVERS, max_size=3)
FRONTENDS = st.dictionaries(st.sampled_from(["f", "g"]), st.sampled_from(["OPEN", "STOP"]), max_size=2)
SAME = st.lists(
    st.fixed_dictionaries(
        {px: st.fixed_dictionaries({sv: st.sampled_from(TEXTS) for sv in ("s1", "s2", "s3")}) for px in "ab"}
    ),
    min_size=1,
    max_size=8,
)


class Model:
    """Each server's word by its name; no more."""

    def __init__(self) -> None:
        self.words: dict[tuple[str, str], str] = {}
        self.used: set[str] = set()
        """Backends of which HAProxy would use a server, or that have none."""

    def take(self, backends: dict[str, dict[str, tuple[str, str, str]]]) -> None:
        before, self.words = self.words, {}
        self.used = {px for px, servers in backends.items() if own_verdict(servers)["status"] == "UP"}
        for px, servers in backends.items():
            for sv, (status, check, weight) in servers.items():
                word = status.split(" ")[0]
                if status.startswith("MAINT"):
                    word = "MAINT (resolution)" if "resolution" in status else "MAINT"
                elif weight == "0":
                    word = "DRAIN"
                elif status == "no check":
                    word = status
                elif word == "ODD":
                    word = "of unknown status"
                elif word == "UP" and (check.endswith("INI") or (not check and "/" in status)):
                    known = before.get((px, sv))
                    word = known if known not in (None, "no check", "of unknown status") else "UP"
                self.words[px, sv] = word

    def counts(self, px: str) -> list[int]:
        found = Counter(word for (own, _), word in self.words.items() if own == px)
        return [found[WORDS[evidence]] if evidence else 0 for evidence in ServerStanding]

    def summary(self, px: str) -> tuple[str, int, int, int]:
        words = [word for (own, _), word in self.words.items() if own == px]
        checked = [word for word in words if word in ("UP", "DOWN", "NOLB", "of unknown status")]
        unchecked = words.count("no check")
        maintenance = words.count("MAINT") + words.count("DRAIN")
        usable = (checked.count("UP") if checked else unchecked) if px in self.used else 0
        counted = len(checked) or unchecked
        if usable or (unchecked and px in self.used):
            status = "UP"
        elif "of unknown status" in words and px in self.used:
            status = "UNKNOWN"
        elif counted:
            status = "DOWN"
        elif maintenance:
            status = "MAINT"
        else:
            status = "DOWN" if words else "EMPTY"
        return status, usable, counted, maintenance


def check_sequence(readings, monkeypatch, few):
    monkeypatch.setattr(proxies_module, "FEW", few)
    process, rebuilt, model = Process(), Proxies("local"), Model()
    for backends, frontends in readings:
        words, summaries = dict(model.words), {px: model.summary(px) for px in ("a", "b", "c")}
        proxies = process.proxies
        known = {px.decode(): list(backend.counts) for px, backend in proxies.backends.items()}
        open_before = dict(proxies.frontends)
        data = answer(rows(backends, frontends))
        differs = process.take(data)
        done(rebuilt.take(read(data)))  # of other rows, each time: never in step
        model.take(backends)
        assert (proxies.backends, proxies.frontends, proxies._codes) == (
            rebuilt.backends,
            rebuilt.frontends,
            rebuilt._codes,
        )
        assert state(proxies) == {px: model.summary(px) for px in backends}
        counts = {px.decode(): backend.counts for px, backend in proxies.backends.items()}
        assert counts == {px: model.counts(px) for px in backends}
        if (known, open_before) != (counts, proxies.frontends):
            assert differs
        servers = {
            ("server", *key, words[key], word)
            for key, word in model.words.items()
            if key in words and words[key] != word
        }
        of_backends = {
            ("backend", px, None, summaries[px][0], model.summary(px)[0])
            for px in backends
            if px in known and summaries[px][0] != model.summary(px)[0]
        }
        reported, again = proxies.changes(), rebuilt.changes()
        assert set(reported) == set(again) == servers | of_backends
        assert len(reported) == len(set(reported))


@pytest.fixture(scope="module")
def patch():
    with pytest.MonkeyPatch.context() as context:
        yield context


@given(st.lists(st.tuples(BACKENDS, FRONTENDS), min_size=1, max_size=8))
def test_any_readings_one_after_the_other(patch, readings):
    check_sequence(readings, patch, few=256)


@given(SAME, st.sampled_from([0, 2, 256]))
def test_readings_of_the_same_rows(patch, readings, few):
    check_sequence([(backends, {"f": "OPEN"}) for backends in readings], patch, few=few)
