"""Process 1 of a machine of the matrix: makes its file systems, then runs a command and reaps.

A program of its own (`python -I -S init.py SPEC`), started by `unshare --mount --pid --fork ...`; it imports nothing of
this package. SPEC is JSON:

    hostname     the machine's name
    root         the folder that holds the root file system; it is not written to when `upper` is set
    upper, work  folders for what is written (overlayfs); both empty strings: `root` itself is written to
    mount        an empty folder, where the root is put together
    command      what to run, in `folder`

Every mount is in a mount namespace of its own and every process in a process-id namespace of its own: when process 1
ends, by whatever signal, the kernel removes all of them. The exit status is the command's.
"""

import ctypes
import fcntl
import json
import os
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path

MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
MNT_DETACH = 2
SIOCSIFFLAGS, IFF_UP = 0x8914, 1

libc = ctypes.CDLL(None, use_errno=True)


def check(status: int, what: str) -> None:
    """Raise OSError with ``what`` when a call of the C library failed."""
    if status:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error), what)


def mount(source: str, target: Path, kind: str = "", flags: int = 0, options: str = "") -> None:
    """Mount. OSError with the target's name."""
    target.mkdir(parents=True, exist_ok=True)
    number = ctypes.c_ulong(flags)
    check(libc.mount(source.encode(), bytes(target), kind.encode(), number, options.encode()), str(target))


def assemble(spec: dict[str, str]) -> Path:
    """Put the root file system together and return where."""
    root = Path(spec["mount"])
    mount("none", Path("/"), flags=MS_REC | MS_PRIVATE)
    if spec["upper"]:
        options = f"lowerdir={spec['root']},upperdir={spec['upper']},workdir={spec['work']}"
        mount("overlay", root, "overlay", 0, options)
    else:
        mount(spec["root"], root, flags=MS_BIND)
    mount("proc", root / "proc", "proc")
    mount("sysfs", root / "sys", "sysfs")
    mount("devtmpfs", root / "dev", "devtmpfs")
    mount("devpts", root / "dev/pts", "devpts", 0, "newinstance,ptmxmode=0666,mode=0620,gid=5")
    mount("shm", root / "dev/shm", "tmpfs", 0, "mode=1777")
    mount("run", root / "run", "tmpfs", 0, "mode=0755")
    mount("tmp", root / "tmp", "tmpfs", 0, "mode=1777")
    if Path("/sys/fs/cgroup").is_mount():
        mount("/sys/fs/cgroup", root / "sys/fs/cgroup", flags=MS_BIND | MS_REC)
    return root


def enter(root: Path) -> None:
    """Make it the root of this mount namespace, and let go of the machine's."""
    os.chdir(root)
    check(libc.pivot_root(b".", b"."), "pivot_root")
    check(libc.umount2(b".", MNT_DETACH), "umount")
    os.chdir("/")


def start_loopback() -> None:
    """Set ``lo`` up; a root file system need not have ip(8)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))


def run(command: list[str], folder: str) -> int:
    """Run the command to its end, reap all others meanwhile, and return its exit status."""
    child = subprocess.Popen(command, cwd=folder)
    while True:
        pid, status = os.wait()
        if pid == child.pid:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def main() -> int:
    """Set up and be process 1."""
    spec = json.loads(sys.argv[1])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    socket.sethostname(spec["hostname"])
    enter(assemble(spec))
    start_loopback()
    return run(spec["command"], spec["folder"])


if __name__ == "__main__":
    sys.exit(main())
