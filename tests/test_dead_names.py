"""The check for names that nothing uses, and its exceptions."""

from tools.dead_names import enumeration_lines

SOURCE = """\
class Kind(IntEnum):
    first = 1
    second = 2

class Record:
    third = 3
    def method(self): ...
"""


def test_only_members_of_enumerations_are_excused():
    assert enumeration_lines(SOURCE) == {2, 3}
