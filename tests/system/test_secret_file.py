import pytest

from haproxy_agentx.system.secret_file import read_secret
from haproxy_agentx.vocabulary.source import Denied


@pytest.mark.parametrize("content", [b"hunter2", b"hunter2\n", b"hunter2\r\n", b"hunter2\nmore\n"])
def test_the_first_line_is_the_secret(tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    assert read_secret(str(tmp_path / "file"), "community_file") == b"hunter2"


def test_blanks_are_part_of_it(tmp_path):
    (tmp_path / "file").write_bytes(b" a b \n")
    assert read_secret(str(tmp_path / "file"), "community_file") == b" a b "


@pytest.mark.parametrize("content", [b"", b"\n", b"\r\nhunter2", b"hunter2" * 600])
def test_a_file_without_one_is_told_without_what_is_in_it(tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(Denied, match=r"file: its first line is empty, or it has over 4096 bytes") as reported:
        read_secret(str(tmp_path / "file"), "community_file")
    assert "hunter2" not in str(reported.value)


def test_what_cannot_be_read_is_told_with_its_key(tmp_path):
    with pytest.raises(Denied, match=r"none: cannot be read \(No such file or directory\): correct v3.auth_file"):
        read_secret(str(tmp_path / "none"), "v3.auth_file")
    with pytest.raises(Denied, match="cannot be read"):
        read_secret(str(tmp_path), "v3.auth_file")
    with pytest.raises(Denied, match=r"v3\.priv_file is not configured"):
        read_secret(None, "v3.priv_file")
