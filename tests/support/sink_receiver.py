"""snmptrapd at the sink of a lab, where the sink forwards to, set up as a pack has it."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from integration.netlab import Lab
from integration.netlab.services import MIB_DIRECTORIES
from tests.support.wait import eventually


@contextmanager
def trap_receiver(lab: Lab, folder: Path, configuration: str, modules: str, *options: str) -> Iterator[None]:
    """Run it with MIB modules (empty for none) until the block is left; it listens when the block is entered."""
    conf = folder / "snmptrapd.conf"
    conf.write_text(configuration)
    files = ("-Lf", f"{folder}/trapd.log", "-M", MIB_DIRECTORIES, "-m", modules, "-C", "-c", str(conf))
    command = lab.host("sink").command("snmptrapd", "-f", *files, *options, "udp:127.0.0.1:1163", machine=True)
    program = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        eventually(lambda: lab.host("sink").listens("udp:1163"))
        yield
    finally:
        program.terminate()
        program.wait()
