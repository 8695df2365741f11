"""CHANGELOG.md has one section for each release, newest first, in the form of Keep a Changelog."""

import re
from datetime import date

from haproxy_agentx import __version__
from tests.support.programs import ROOT

TEXT = (ROOT / "CHANGELOG.md").read_text()
KINDS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
RELEASE = re.compile(r"\[(\d+)\.(\d+)\.(\d+)\] - (\d{4}-\d\d-\d\d)")


def sections():
    head, *found = re.split(r"^## ", TEXT, flags=re.MULTILINE)
    assert head.startswith("# Changelog\n")
    return [section.partition("\n")[::2] for section in found]


def test_the_newest_section_is_what_is_not_released():
    assert sections()[0][0] == "[Unreleased]"


def test_releases_have_a_version_and_a_date_and_the_newest_is_the_first():
    released = [RELEASE.fullmatch(title) for title, _ in sections()[1:]]
    assert all(released)
    versions = [tuple(map(int, release.groups()[:3])) for release in released]
    assert versions == sorted(set(versions), reverse=True)
    for release in released:
        date.fromisoformat(release[4])
    assert not versions or "{}.{}.{}".format(*versions[0]) == __version__


def test_a_section_has_each_kind_of_change_once_in_order():
    for title, text in sections():
        kinds = re.findall(r"^### (.+)$", text, re.MULTILINE)
        assert kinds == [kind for kind in KINDS if kind in kinds], title
        assert kinds, title
