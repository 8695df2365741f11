"""Programs that a test runs as processes of its own."""

import os
import signal
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parents[2]


class Program(AbstractContextManager["Program"]):
    """A Python program of this project, started when entered and killed when left, frozen or not."""

    def __init__(self, script: str, *arguments: object, log: Path) -> None:
        self._command = [sys.executable, str(ROOT / script), *map(str, arguments)]
        self.log = log

    def __enter__(self) -> Self:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment
            )
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def freeze(self) -> None:
        """SIGSTOP."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self.process.send_signal(signal.SIGCONT)
