"""What is written down of a running lab, so that another program finds it, and removes what a killed one left."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from integration.netlab.processes import Identity
from integration.netlab.waiting import LabError

DIRECTORY = Path("/run/haproxy-agentx-netlab")


@dataclass(frozen=True, slots=True)
class State:
    """A lab. owner is the program whose end is the lab's end, None for one that stays until `down`."""

    name: str
    variant: str
    owner: Identity | None
    hosts: dict[str, Identity]

    @property
    def file(self) -> Path:
        """Where it is written down."""
        return DIRECTORY / f"{self.name}.json"

    @property
    def orphaned(self) -> bool:
        """Whether the owner is gone, or (of one that stays) a host is."""
        if self.owner:
            return not self.owner.alive
        return not all(leader.alive for leader in self.hosts.values())

    def save(self) -> None:
        """Write it, whole or not at all."""
        draft = self.file.with_suffix(".new")
        try:
            DIRECTORY.mkdir(exist_ok=True)
            draft.write_text(json.dumps(asdict(self), indent=1))
            draft.replace(self.file)
        except FileNotFoundError:  # another lab was the last one just now, and removed the directory
            self.save()

    def forget(self) -> None:
        """Remove the file, and the directory after the last one."""
        self.file.unlink(missing_ok=True)
        with suppress(OSError):
            DIRECTORY.rmdir()

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read it. FileNotFoundError; ValueError, KeyError, TypeError where the file is not of this program."""
        data = json.loads(file.read_text())
        owner = data["owner"]
        hosts = {name: Identity(**leader) for name, leader in data["hosts"].items()}
        return cls(data["name"], data["variant"], Identity(**owner) if owner else None, hosts)

    @classmethod
    def find(cls, name: str) -> Self:
        """Read a lab's state by its name. LabError where none runs."""
        try:
            return cls.read(DIRECTORY / f"{name}.json")
        except FileNotFoundError:
            raise LabError(f"no lab '{name}' runs: start one with `python -m integration.netlab up`") from None


def known() -> Iterator[State]:
    """Yield each lab that is written down; a file that cannot be read is removed."""
    for file in sorted(DIRECTORY.glob("*.json")):
        try:
            yield State.read(file)
        except FileNotFoundError:
            continue  # its lab ended just now
        except (ValueError, KeyError, TypeError):
            file.unlink(missing_ok=True)


def clear_leftovers() -> list[str]:
    """End the hosts of each orphaned lab and forget it; return the names."""
    orphans = [state for state in known() if state.orphaned]
    for state in orphans:
        for leader in state.hosts.values():
            leader.kill()
        state.forget()
    return [state.name for state in orphans]
