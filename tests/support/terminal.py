"""Our commands on a terminal of 80 columns."""

import fcntl
import os
import pty
import struct
import subprocess
import termios

from tests.support.daemon import COMMAND
from tests.support.programs import ROOT
from tests.support.wait import HANG


def on_a_terminal(*words: str, columns: int = 80) -> tuple[int, str]:
    """Run a command and give its exit status and what it wrote, with its colours."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    environment = {key: text for key, text in os.environ.items() if key not in {"COLUMNS", "LINES", "NO_COLOR"}}
    environment |= {"PYTHONPATH": str(ROOT), "TERM": "xterm", "COLORTERM": ""}
    with subprocess.Popen(
        [*COMMAND, *words], stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
    ) as process:
        os.close(slave)
        written = bytearray()
        try:
            while piece := os.read(master, 65536):
                written += piece
        except OSError:  # the other side is closed
            pass
        finally:
            os.close(master)
        code = process.wait(HANG)
    return code, written.decode().replace("\r\n", "\n")
