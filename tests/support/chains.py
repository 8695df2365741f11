"""What always holds of the notifications of one host, whatever has happened to it."""

from collections.abc import Iterable, Sequence

from tests.support.reported import Reported

SERVICE = frozenset({"serviceFailover", "serviceHealthChange"})


def once(arrived: Iterable[Reported], jumps: int = 0) -> list[Reported]:
    """Check the numbers, and give each notification once.

    Numbers begin at 1 and have no gaps but ``jumps``; what comes first comes in order; what comes again says that it
    may be repeated, and says nothing else than before.
    """
    found: dict[int, Reported] = {}
    last = 0
    for one in arrived:
        before = found.get(one.sequence)
        if before is None:
            jumps -= one.sequence > last + 1
            assert one.sequence > last and jumps >= 0, f"event {one.sequence} came after event {last}: {one}"  # noqa: PT018
            found[one.sequence] = one
            last = one.sequence
            continue
        assert one.cells["MaybeRepeated"] == "true", f"event {one.sequence} came twice, unmarked: {one}"
        differ = {name for name in one.cells if one.cells[name] != before.cells[name]}
        assert differ <= {"MaybeRepeated"}, f"event {one.sequence} came twice, with other {differ}"
    return list(found.values())


def check_chains(found: Sequence[Reported], subjects: Iterable[str]) -> None:
    """Check that each notification of a service goes on from where the one before left the manager.

    A role that is not known is none that a manager goes on from.
    """
    for subject in subjects:
        health = role = None
        for one in found:
            if one.kind not in SERVICE or one.cells["Subject"] != subject:
                continue
            cells = one.cells
            assert health in (None, cells["PreviousHealth"]), f"{subject} was told to be {health}: {one}"
            assert role in (None, cells["PreviousRole"]), f"{subject} was told to be {role}: {one}"
            health = cells["Health"]
            role = role if cells["Role"] == "unknown" else cells["Role"]
