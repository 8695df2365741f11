"""The mark of the tests that need the system cannot be forgotten."""

import subprocess
import sys

import pytest

from tests.support.system import UnmarkedError


@pytest.mark.parametrize("program", ["snmpd", "/usr/sbin/haproxy", "unshare", "setpriv"])
def test_a_test_without_the_mark_starts_no_program(program):
    with pytest.raises(UnmarkedError, match="needs the mark `system`"):
        subprocess.run([program, "--version"], check=False)


def test_a_test_without_the_mark_starts_python():
    assert subprocess.run([sys.executable, "-c", ""], check=True).returncode == 0


@pytest.mark.system
def test_a_test_with_the_mark_starts_what_it_needs():
    assert subprocess.run(["unshare", "--version"], capture_output=True, check=True).stdout


def test_the_mark_comes_with_that_of_the_lab(request):
    assert all(item.get_closest_marker("system") for item in request.session.items if item.get_closest_marker("lab"))
