"""The handler of traps for LibreNMS, with PHP: its syntax only, as LibreNMS is not packaged."""

import subprocess

from integration.packs.files import FOLDER


def test_php_accepts_the_handler():
    (handler,) = (FOLDER / "librenms").rglob("*.php")
    done = subprocess.run(["php", "-l", str(handler)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
