"""The witness: which numbers of events were given out, in memory that outlives the process.

It is a file of a few octets in /dev/shm, where no write waits for a disk. A daemon that was killed while its store hung
or was full left there the last numbers that it gave; after a crash of the machine there is no such file, and
``first_number`` passes over the numbers that may have been given.
"""

import os
import stat
from contextlib import suppress
from hashlib import sha256

from haproxy_agentx.store.first_number import Noted

FOLDER = "/dev/shm"  # noqa: S108  shared by intention: only a regular file of our own counts
SIZE = 26
"""Octets: two numbers of ten digits and one of one, and what is between."""


class Witness:
    """That of the store ``path`` in the folder that ``place`` names. Without a file of our own it does nothing."""

    def __init__(self, path: str, place: str, folder: str = FOLDER) -> None:
        name = sha256(f"{place}:{path}".encode(errors="surrogatepass")).hexdigest()[:32]
        self._path = f"{folder}/haproxy-agentx-{os.geteuid()}-{name}"
        self.pattern = f"haproxy-agentx-*-{name}"
        """Names of the file in the folder, of any user (glob(7))."""

    def read(self) -> Noted | None:
        """Return what was noted, None without a witness."""
        descriptor = self._open(os.O_RDONLY)
        if descriptor is None:
            return None
        try:
            words = os.read(descriptor, SIZE).split()
        except OSError:
            return None
        finally:
            os.close(descriptor)
        if len(words) != len(Noted._fields) or not all(word.isdigit() for word in words):
            return None
        return Noted(*map(int, words))

    def write(self, noted: Noted) -> bool:
        """Note it. Return whether it is noted."""
        descriptor = self._open(os.O_WRONLY | os.O_CREAT)
        if descriptor is None:
            return False
        try:
            os.pwrite(descriptor, b"%010d %010d %01d\n" % noted, 0)  # one short write: whole or not at all
        except OSError:
            return False
        finally:
            os.close(descriptor)
        return True

    def _open(self, flags: int) -> int | None:
        with suppress(OSError):
            descriptor = os.open(self._path, flags | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
            found = os.fstat(descriptor)
            if stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and found.st_nlink == 1:
                return descriptor
            os.close(descriptor)
        return None
