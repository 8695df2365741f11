"""Process 1 of a lab host: makes the host's own file systems, then reaps.

A program of its own (`python -I -S init.py SPEC`), started by `unshare --net --mount --pid --uts --fork`; it imports
nothing of this package. SPEC is JSON:

    hostname   the host's name
    tmpfs      [[path, uid, gid, mode], ...]: empty file systems, also where the machine has no such directory
    append     {path: text}: a copy of the machine's file with the text at its end, seen by this host only, which stays
               whatever becomes of the machine's
    reach      [path, ...]: directories that every user of this host can enter, also below a closed one such as /root

When all is done it prints `{"pid": N}`, its process id as the starter sees it. Then its standard input is the host's
lifeline: at its end (the starter closed it, or was killed at whatever moment) process 1 ends, and the kernel kills
every process of the host, and removes its network and its mounts. The word `stay` lets go of the lifeline.
"""

import ctypes
import json
import os
import signal
import socket
import stat
import sys
from pathlib import Path

MS_BIND, MS_REC = 4096, 16384
ENTER = stat.S_IROTH | stat.S_IXOTH

libc = ctypes.CDLL(None, use_errno=True)


def mount(source: str, target: Path, kind: str = "", flags: int = 0, options: str = "") -> None:
    """Mount. OSError with the target's name."""
    if libc.mount(source.encode(), bytes(target), kind.encode(), ctypes.c_ulong(flags), options.encode()):
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error), str(target))


def cover(directory: Path, mode: int, wanted: set[str] | None, own: dict[str, str] | None = None) -> None:
    """Put an empty file system over a directory and bind its entries (all, or the wanted ones) back into it.

    ``own`` are files of the host's in the place of the machine's: name -> text.

    The machine's directory is not touched. This is how a mount point comes about that the machine does not have, and
    how a directory opens for users whom the machine keeps out.
    """
    own = own or {}
    status = directory.stat()
    names = sorted({entry.name for entry in directory.iterdir()} - own.keys() if wanted is None else wanted)
    held = {name: os.open(directory / name, os.O_PATH | os.O_NOFOLLOW) for name in names}
    links = {name: (directory / name).readlink() for name in names if (directory / name).is_symlink()}
    mount("lab", directory, "tmpfs", 0, f"mode={mode:o},uid={status.st_uid},gid={status.st_gid}")
    for name, descriptor in held.items():
        target = directory / name
        if name in links:
            target.symlink_to(links[name])
            continue
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            target.mkdir()
        else:
            target.touch()
        mount(f"/proc/self/fd/{descriptor}", target, flags=MS_BIND | MS_REC)
    for descriptor in held.values():
        os.close(descriptor)
    for name, text in own.items():
        (directory / name).write_text(text)
        (directory / name).chmod(0o644)


def empty(path: Path, uid: int, gid: int, mode: int) -> None:
    """Mount an empty file system at the path."""
    if not path.is_dir():
        above = next(parent for parent in path.parents if parent.is_dir())
        cover(above, stat.S_IMODE(above.stat().st_mode), None)
        path.mkdir(parents=True)
    mount("lab", path, "tmpfs", 0, f"mode={mode:o},uid={uid},gid={gid}")


def append(texts: dict[Path, str]) -> None:
    """Show the host the machine's files with the texts at their ends.

    A mount upon a file would be gone as soon as the machine replaces the file by rename(2), as groupadd(8) does with
    /etc/group: the kernel takes a mount away with its mount point. So the directory is the host's own.
    """
    for directory in {path.parent for path in texts}:
        own = {path.name: path.read_text() + text for path, text in texts.items() if path.parent == directory}
        cover(directory, stat.S_IMODE(directory.stat().st_mode), None, own)


def reach(paths: list[Path]) -> None:
    """Open each directory on the way to each of the paths, and the path itself, for every user of the host."""
    for path in paths:
        for directory in (*reversed(path.parents), path):
            if directory.stat().st_mode & ENTER == ENTER:
                continue
            below = {p.relative_to(directory).parts[0] for p in paths if p != directory and p.is_relative_to(directory)}
            within = any(directory.is_relative_to(p) for p in paths)
            cover(directory, 0o755, None if within else below)


def main() -> None:
    """Set up, say so, and be process 1."""
    spec = json.loads(sys.argv[1])
    outer = int(Path("/proc/self").readlink().name)  # /proc is still the starter's
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps
    mount("proc", Path("/proc"), "proc")
    os.chdir("/")  # where what is run in the host begins
    socket.sethostname(spec["hostname"])
    append({Path(path): text for path, text in spec["append"].items()})
    for path, uid, gid, mode in spec["tmpfs"]:
        empty(Path(path), uid, gid, mode)
    reach([Path(path) for path in spec["reach"]])
    print(json.dumps({"pid": outer}), flush=True)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 1)
    os.dup2(null, 2)
    if os.read(0, 16).startswith(b"stay"):
        os.dup2(null, 0)
        while True:
            signal.pause()


if __name__ == "__main__":
    main()
