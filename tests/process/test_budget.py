"""What rows may cost: the budget, and where its limit comes from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.process.budget import BASE, LEAST, MIB, MOST, Budget, for_rows, price
from haproxy_agentx.system import memory_limit as ml
from haproxy_agentx.vocabulary.source import OverLimit

UNIT = 256 * MIB
"""MemoryMax= of the unit."""


@pytest.mark.parametrize(
    ("limit", "rows"),
    [(0, LEAST), (64 * MIB, LEAST), (BASE + LEAST, LEAST), (UNIT, UNIT - BASE), (BASE + MOST, MOST), (1 << 50, MOST)],
)
def test_what_rows_may_cost_follows_from_the_limit(limit, rows):
    assert for_rows(limit) == rows


@given(st.integers(0, 1 << 50), st.integers(0, 1 << 50))
def test_more_memory_never_means_fewer_rows(one, other):
    assert (for_rows(one) <= for_rows(other)) or one > other


@pytest.mark.parametrize(("rows", "fits"), [(50_000, True), (80_000, True), (100_000, False), (195_000, False)])
def test_what_fits_into_the_memory_of_the_unit(rows, fits):
    """At 400 octets a row, as many servers have them: measured, 80,000 rows are 165 MiB of 256."""
    assert (price(rows, rows * 400) <= for_rows(UNIT)) is fits


names = st.sampled_from(["a", "b", "c"])
steps = st.lists(st.tuples(st.sampled_from(["take", "keep", "drop", "forget"]), names, st.integers(0, 200_000)))


@given(steps)
def test_claims_never_exceed_the_whole(steps):
    budget = Budget(UNIT, "raise it")
    for what, name, rows in steps:
        if what == "take":
            try:
                budget.take(name, rows, rows * 400)
            except OverLimit:
                budget.drop(name)
        else:
            getattr(budget, what)(name)
        assert sum(budget.held.values()) <= for_rows(UNIT)


def test_one_that_fits_alone_fits_again_and_again():
    budget = Budget(UNIT, "raise it")
    for _ in range(3):
        budget.take("a", 80_000, 80_000 * 400)
        budget.keep("a")
    with pytest.raises(OverLimit, match=r"beside those of the other.*256 MiB.*raise it"):
        budget.take("b", 80_000, 80_000 * 400)
    budget.forget("a")
    budget.take("b", 80_000, 80_000 * 400)


def test_a_failed_reading_leaves_the_claim_of_the_good_one():
    budget = Budget(UNIT, "raise it")
    budget.take("a", 1000, 400_000)
    budget.keep("a")
    kept = budget.held["a"]
    budget.take("a", 2000, 800_000)
    assert budget.held["a"] > kept
    budget.drop("a")
    assert budget.held["a"] == kept


# Where the limit comes from


@pytest.fixture
def system(tmp_path):
    """Write /proc/self/cgroup and files below /sys/fs/cgroup, and give the limit in MiB and its remedy."""

    def limit(groups: str, **files: str) -> tuple[int, str]:
        (tmp_path / "proc/self").mkdir(parents=True)
        (tmp_path / "proc/self/cgroup").write_text(groups)
        for name, text in files.items():
            path = tmp_path / "sys/fs/cgroup" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        found = ml.memory_limit(tmp_path)
        return found.octets // MIB, found.remedy

    return limit


def physical() -> int:
    return ml.os.sysconf("SC_PHYS_PAGES") * ml.os.sysconf("SC_PAGE_SIZE") // ml.SHARE // MIB


def test_that_of_our_group_in_version_2(system):
    found = system("0::/system.slice/us.service\n", **{"system.slice/us.service/memory.max": f"{UNIT}\n"})
    assert found == (256, ml.UNIT)


def test_the_least_of_those_above_counts_and_high_as_well(system):
    files = {
        "system.slice/us.service/memory.max": f"{UNIT}\n",
        "system.slice/memory.max": f"{100 * MIB}\n",
        "memory.max": "max\n",
        "system.slice/memory.high": f"{90 * MIB}\n",
    }
    assert system("0::/system.slice/us.service\n", **files) == (90, ml.UNIT)


def test_that_of_version_1_beside_an_empty_version_2(system):
    files = {"memory/system.slice/us.service/memory.limit_in_bytes": f"{UNIT}\n"}
    groups = "4:memory:/system.slice/us.service\n1:name=systemd:/\n0::/system.slice/us.service\n"
    assert system(groups, **files) == (256, ml.UNIT)


@pytest.mark.parametrize("text", ["max\n", "9223372036854771712\n", "\n", "garbage\n"])
def test_without_a_limit_it_is_a_share_of_the_machine(system, text):
    assert system("0::/us\n", **{"us/memory.max": text}) == (physical(), ml.MACHINE)


@pytest.mark.parametrize("groups", ["", "garbage\n", "0::\n", "::::::\n", "4:memory:/../..\n"])
def test_groups_that_cannot_be_read_are_no_limit(system, groups):
    assert system(groups) == (physical(), ml.MACHINE)
