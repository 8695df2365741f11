"""Tests of the packs with the real monitoring systems: `make packs`."""

from tests.support.lab_fixtures import keeper, lab, pytest_runtest_makereport

__all__ = ["keeper", "lab", "pytest_runtest_makereport"]
