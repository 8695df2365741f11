"""What the tests of HAProxy's clients and parsers ask for."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.certificates import Certificates, make

SAMPLES = Path(__file__).parents[1] / "samples" / "haproxy"


@pytest.fixture
def samples() -> Path:
    """Give the folder of captures of a real HAProxy."""
    return SAMPLES


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder whose path is short enough for sockets, and that everybody may enter."""
    with tempfile.TemporaryDirectory(prefix="hax") as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Give certificates, good and bad."""
    return make(tmp_path_factory.mktemp("certificates"))
