"""What failures to read show of HAProxy: nothing that was not seen, and since when."""

import pytest

from haproxy_agentx.haproxy.standing import ProcessStanding
from haproxy_agentx.health.model import Reason
from haproxy_agentx.process.trouble import Trouble
from haproxy_agentx.vocabulary.source import Denied, Invalid, Unresponsive

TORN, SILENT, DENIED = Invalid("torn"), Unresponsive("silent"), Denied("denied")


def after(*attempts, is_outdated=False):
    """The trouble after attempts that began at 10, 20, ... and ended 5 later: None for a good one."""
    trouble = Trouble()
    for began, attempt in enumerate(attempts, 1):
        if attempt is None:
            trouble.read()
        else:
            trouble.failed(*attempt, began * 10.0, began * 10.0 + 5.0, is_outdated=is_outdated)
    return trouble.reason, trouble.since


@pytest.mark.parametrize(
    ("attempt", "soon", "outdated"),
    [
        ((TORN, None), Reason(0), Reason.haproxyUnreadable),
        ((DENIED, None), Reason.haproxyUnreadable, Reason.haproxyUnreadable),
        ((SILENT, ProcessStanding.silent), Reason(0), Reason.statisticsSilent),
        ((SILENT, ProcessStanding.gone), Reason.haproxyGone, Reason.haproxyGone),
        ((SILENT, ProcessStanding.frozen), Reason.haproxyUnresponsive, Reason.haproxyUnresponsive),
    ],
)
def test_what_one_failure_shows(attempt, soon, outdated):
    assert after(attempt)[0] == soon
    assert after(attempt, is_outdated=True) == (outdated, 10.0)


def test_it_lasts_since_the_attempt_that_found_it_and_ends_with_a_good_reading():
    gone = (SILENT, ProcessStanding.gone)
    assert after(None, gone, gone, gone) == (Reason.haproxyGone, 20.0)
    assert after(gone, None) == (Reason(0), None)
    assert after(gone, (TORN, None)) == (Reason.haproxyGone, 10.0)


def test_behind_silence_it_is_not_known_before_now_when_haproxy_ended():
    silent = (SILENT, ProcessStanding.silent)
    assert after(silent, (SILENT, ProcessStanding.gone)) == (Reason.haproxyGone, 25.0)
    assert after(silent, None, (SILENT, ProcessStanding.gone)) == (Reason.haproxyGone, 30.0)
