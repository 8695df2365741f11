"""Programs that the tests of the packages run to their end."""

import subprocess

MAKERS = {"deb": "make-deb", "rpm": "make-rpm"}
VERSION = "3.11"


def run(*command: object, **options) -> str:
    """Return what a program prints; its whole output where it fails."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
