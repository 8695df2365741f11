"""Whether a long run is called flat: by samples that grow in one quantity, or in none."""

from dataclasses import replace

import pytest

from benchmarks.endurance.flat import AHEAD, ENOUGH, EVENT, LOG, MEMORY, NAME, Sample, figures

SAMPLE = Sample(0, daemon=40.0, store=31.0, descriptors=32, threads=2, octets=500_000, ahead=0, names=500, events=100)


def run(**rates: float) -> list[Sample]:
    """A hundred samples in which quantities grow at a rate for each of them."""
    return [
        replace(SAMPLE, at=at, **{name: getattr(SAMPLE, name) + rate * at for name, rate in rates.items()})
        for at in range(100)
    ]


def grown(samples: list[Sample]) -> list[str]:
    return [one.name for one in figures(samples) if not one.is_flat]


def test_what_stays_is_flat():
    assert grown(run()) == []


@pytest.mark.parametrize(
    ("quantity", "rate", "name"),
    [
        ("daemon", MEMORY / 45, "memory of the daemon, MB"),
        ("store", MEMORY / 45, "memory of the store process, MB"),
        ("descriptors", 1, "descriptors of both"),
        ("threads", 1, "threads of both"),
        ("ahead", 1000 * AHEAD / 45, "write-ahead log of the store, KB"),
        ("octets", 1000, "file of the store, KB"),
    ],
)
def test_what_grows_for_no_reason_is_not(quantity, rate, name):
    assert grown(run(**{quantity: rate})) == [name]


def test_the_store_grows_by_names_and_events():
    assert grown(run(octets=NAME * 10 + EVENT * 2, names=10, events=2)) == []
    assert grown(run(octets=NAME * 10 + EVENT * 2, names=10)) == ["file of the store, KB"]


def test_the_store_grows_by_no_event_when_its_log_is_full():
    full = [replace(one, events=LOG + one.events) for one in run(octets=EVENT, events=1)]
    assert grown(full) == ["file of the store, KB"]


def test_of_too_few_samples_nothing_is_said():
    assert list(figures(run(daemon=1)[: ENOUGH - 1])) == []
