"""``show proc``: the result of the last reload, and the old workers."""

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.haproxy.master import ReloadResult, parse
from haproxy_agentx.vocabulary.source import Invalid

# HAProxy 2.4: no count of failed reloads, a column more.
OLD = b"""\
#<PID>          <type>          <relative PID>  <reloads>       <uptime>        <version>
1162            master          0               5               0d00h02m07s     2.4.22
# workers
1271            worker          1               0               0d00h00m00s     2.4.22
# old workers
1233            worker          [was: 1]        2               0d00h00m43s     2.4.22
# programs
1244            foo             -               0               0d00h00m00s     -
# old programs
1255            foo             -               1               0d00h00m20s     -

"""


# After a failed reload HAProxy 3.2 has the worker that serves among the old ones.
@pytest.mark.parametrize("version", ["2.6", "3.0", "3.2"])
@pytest.mark.parametrize(
    ("when", "result", "left_over"),
    [
        ("started", ReloadResult.notReloaded, 0),
        ("failed", ReloadResult.failed, 0),
        ("reloaded", ReloadResult.succeeded, 0),
        ("old", ReloadResult.succeeded, 1),
    ],
)
def test_a_sample(samples, version, when, result, left_over):
    answer = (samples / f"18-show_proc-{version}-{when}.txt").read_bytes()
    workers = parse(answer)
    assert workers.result is result
    serving = int(re.findall(rb"(?m)^(\d+) +worker", answer)[0])
    assert workers.left_over(serving) == left_over
    assert workers.left_over(1) is None


def test_an_older_version_does_not_report_failed_reloads():
    workers = parse(OLD)
    assert (workers.current, workers.old, workers.result) == ((1271,), (1233,), None)
    assert workers.left_over(1271) == 1


@pytest.mark.parametrize(
    "answer", [b"", b"Unknown command\n\n", b"# pxname,svname\n\n", b"#<PID> <type>\n\n", OLD[:-1]]
)
def test_what_is_no_list_of_processes(answer):
    with pytest.raises(Invalid, match="show proc"):
        parse(answer)


def test_there_is_one_master():
    with pytest.raises(Invalid, match="0 master"):
        parse(OLD.replace(b"master", b"worker"))


@given(st.binary(max_size=100), st.integers(0, len(OLD)), st.integers(0, 40))
def test_a_damaged_answer_is_read_or_refused(more, at, size):
    with suppress(Invalid):
        assert parse(OLD[:at] + more + OLD[at + size :]).left_over(-1) is None
