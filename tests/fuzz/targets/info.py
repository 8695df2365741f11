"""The answer to ``show info``.

Data: the answer. It raises Invalid, whose text is one printable line, or tells a process; with other line ends and
with a field added at the end it tells the same one.
"""

from dataclasses import replace

from haproxy_agentx.haproxy.info import parse
from haproxy_agentx.vocabulary.source import Invalid
from tests.fuzz.seeds import samples

SEEDS = {
    **samples("show_info.txt", 2),
    "the least": b"Name: HAProxy\nPid: 1\n\n",
    "1.8's uptime": b"Name: HAProxy\nPid: 7\nUptime: 3d 4h05m06s\n\n",
    "carriage returns": b"Name: HAProxy\r\nPid: 1\r\nStopping: 1\r\n\r\n",
    "torn": b"Name: HAProxy\nPid: 12",
    "doubles": b"Name: a\nName: b\nPid: 1\nPid: 2\n\n",
    "pid 0": b"Name: HAProxy\nPid: 0\n\n",
    "a huge pid": b"Name: HAProxy\nPid: " + b"9" * 5000 + b"\n\n",
    "binary": b"Name: \xff\xfe\0\x1b[31m\nPid: 1\nnode: \x85\xe2\x80\xa8\n: x\n\n",
    "denied": b"Permission denied\n\n",
}


def target(data: bytes) -> None:
    try:
        info = parse(data)
    except Invalid as error:
        assert str(error).isprintable()
        return
    assert info.pid > 0
    assert all(isinstance(number, int | None) and (number or 0) >= 0 for number in (info.start_time, info.uptime))
    assert info.fields["Name"]
    assert all(0 < len(name) <= 64 and ":" not in name and "\n" not in name for name in info.fields)
    assert parse(data.replace(b"\r\n", b"\n")) == info
    more = parse(data + b"Zz_fuzz: 1\n\n")
    assert replace(more, fields={**more.fields, "Zz_fuzz": "1"}) == replace(
        info, fields={**info.fields, "Zz_fuzz": "1"}
    )
