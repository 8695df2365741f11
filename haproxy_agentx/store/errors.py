"""What is wrong with the file of the store, in words for an operator."""

import os
import sqlite3

from haproxy_agentx.vocabulary.shown import printable


class StoreError(Exception):
    """There is no file to work with. ``str()`` is one line: 'store PATH what; remedy'."""


class Superseded(Exception):  # noqa: N818  it is a state: nothing is wrong with the file
    """A later daemon has opened the file: the store process of an earlier one must not write it."""


class NotOurs(sqlite3.Error):
    """The file is sound, and may not be written by this version of this program. ``str()`` is 'what; remedy'."""


def explain(path: str, error: sqlite3.Error) -> str:
    """Return 'what; remedy' for an error of SQLite's."""
    if isinstance(error, NotOurs):
        return str(error)
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith("SQLITE_FULL"):
        return "cannot be written: the disk is full; free some space"
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return "is locked by another program; end that (fuser shows it)"
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return f"is damaged ({printable(str(error))}); restart haproxy-agentx, which puts it aside"
    return f"cannot be written: {remedy(path, str(error))}"


def remedy(path: str, otherwise: str = "") -> str:
    """Look at the place for what hinders, and give 'what; remedy'."""
    folder = os.path.dirname(path) or "."  # noqa: PTH120  a path of the configuration, as text
    user = f"uid {os.geteuid()}"
    try:
        if os.statvfs(folder).f_flag & os.ST_RDONLY:
            return "the file system is read-only; remount it, or set the key store to another path"
    except FileNotFoundError:
        return f"there is no folder {printable(folder)}; make it, owned by {user}"
    except OSError as error:
        return f"{error.strerror}; let {user} enter {printable(folder)}, or set the key store to another path"
    effective = {"effective_ids": True} if os.access in os.supports_effective_ids else {}
    for place in (folder, path):
        if os.path.exists(place) and not os.access(place, os.W_OK, **effective):  # noqa: PTH110
            return f"{user} may not write {printable(place)}; chown it, or set the key store to another path"
    return f"{printable(otherwise) or 'the system refuses it'}; look at the disk, and at dmesg"
