"""Whether a failed check moves the address: the arithmetic, with figures of public reports, and against a model."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.doctor.failover import Candidate, Check, candidate, failures
from haproxy_agentx.doctor.keepalived_conf import parse


def script(weight: int | None, name: str = "chk_haproxy") -> Check:
    return Check(name, "track_script", weight)


@pytest.mark.parametrize(
    ("here", "weight", "there", "moves"),
    [
        (150, -40, 100, False),  # 110 stays above 100
        (101, -10, 100, True),  # acassen/keepalived#2485: 91 < 100
        (150, -50, 100, False),  # equal: the MASTER stays
        (150, -51, 100, True),
        (100, 2, 50, False),  # the weight of many guides: 102 to 100, and 52 there
        (200, 101, 100, True),  # 254, as 301 is too many, to 200, and 201 there
        (101, 2, 100, True),  # 103 to 101, below 102
        (150, None, 100, True),  # FAULT
    ],
)
def test_figures_of_public_reports(here, weight, there, moves):
    nodes = [Candidate("VI_1", priority, [script(weight)]) for priority in (here, there)]
    (failure,) = failures(*nodes)
    assert failure.moves is moves
    assert ("NOT" in failure.words) is not moves


def test_the_sentence_has_the_figures():
    (failure,) = failures(Candidate("VI_1", 150, [script(-40)]), Candidate("VI_1", 100, [script(-40)]))
    assert failure.words == (
        "if chk_haproxy fails here, the priority goes from 150 to 110 and stays above 100: the address does NOT move"
    )


def test_one_that_does_not_preempt_takes_over_from_a_fault_only():
    there = Candidate("VI_1", 100, [], is_nopreempt=True)
    found = failures(Candidate("VI_1", 150, [script(-60), script(None, "chk_link")]), there)
    assert [failure.moves for failure in found] == [False, True]


@given(
    st.integers(1, 254),
    st.integers(1, 254),
    st.lists(st.one_of(st.none(), st.integers(-253, 253).filter(bool)), max_size=4),
)
def test_the_address_moves_where_the_other_would_win_the_election(here, there, weights):
    """The model: each node's priority by keepalived.conf(5); a MASTER with the higher or the same priority stays."""
    checks = [script(weight, f"chk{place}") for place, weight in enumerate(weights)]
    first, second = Candidate("VI_1", here, checks), Candidate("VI_1", there, [])
    for failure, failed in zip(failures(first, second), range(len(weights)), strict=True):
        total = here + sum(
            weight
            for place, weight in enumerate(weights)
            if weight is not None and ((weight > 0) is not (place == failed))
        )
        wins = weights[failed] is None or there > max(1, min(254, total))
        assert failure.moves is wins


CONF = """
vrrp_script chk_haproxy { script "killall -0 haproxy"  }
vrrp_script chk_disk {
    script /bin/true
    weight -20
}
vrrp_sync_group G {
    group { VI_1 }
    track_script { chk_disk }
}
vrrp_instance VI_1
{
    state BACKUP
    nopreempt
    priority 110
    track_script {
        chk_haproxy weight -5
        chk_disk weight 0
    }
    track_interface { eth1 }
}
"""


def test_a_candidate_is_read_with_all_that_it_tracks():
    conf = parse({"/etc/keepalived/keepalived.conf": CONF})
    found = candidate(conf.instances[0], conf)
    assert (found.name, found.priority, found.is_nopreempt) == ("VI_1", 110, True)
    assert [(check.name, check.weight) for check in found.checks] == [
        ("chk_haproxy", -5),
        ("chk_disk", None),
        ("eth1", None),
        ("chk_disk", -20),
    ]
