"""Tests in the lab of two load balancers."""

from tests.support.lab_fixtures import bare_lab, keeper, lab, pair, pytest_runtest_makereport

__all__ = ["bare_lab", "keeper", "lab", "pair", "pytest_runtest_makereport"]
