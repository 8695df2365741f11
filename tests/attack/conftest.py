"""Attacks on the running daemon: as a local user, through its peers, its disk and its clock. They need root.

Each test reproduces one attack with real programs, bounded in time and in number, and checks that the daemon neither
misreports nor stops. `make attack` runs them all.
"""

from tests.support.lab_fixtures import bare_lab, keeper, lab, pytest_runtest_makereport

__all__ = ["bare_lab", "keeper", "lab", "pytest_runtest_makereport"]
