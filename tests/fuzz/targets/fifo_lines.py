"""What comes out of keepalived's notify FIFO.

Data: the size of the pieces, the limit of a line, then the octets. In pieces it gives the same lines as whole; a line
that is read is written the same way again.
"""

from haproxy_agentx.vrrp.fifo_lines import EVENTS, STATES, LineSplitter, is_about_others, parse
from tests.fuzz.octets import Octets, pieces

_REAL = b'INSTANCE "SITE1" BACKUP 100\nINSTANCE "SITE1" MASTER 100\nGROUP "SITES" MASTER 0\nINSTANCE "SITE1" STOP 100\n'
_WORDS = {record: word for words in (STATES, EVENTS) for word, record in words.items()}

SEEDS = {
    "real": b"\0\xff" + _REAL,
    "real, octet by octet": b"\1\xff" + _REAL,
    "real, over the limit": b"\7\x12" + _REAL,
    "events": b"\3\xff" + b"".join(b'INSTANCE "a b" %s 255\n' % word for word in EVENTS),
    "states": b"\5\xff" + b"".join(b'GROUP "\xc3\xbc" %s 0\n' % word for word in STATES),
    "virtual servers": b"\0\xffVS [192.168.201.15]:tcp:80 UP\nRS [1.2.3.4]:tcp:80 [192.168.201.15]:tcp:80 DOWN\n",
    "halves": b'\0\xffINSTANCE "SITE1" MAINSTANCE "SITE1" BACKUP 1\n',
    "binary": b'\0\xffINSTANCE "\xff\0\x1b[31m" MASTER 1\n\n\n\0\0\n',
    "no end": b"\2\x10" + b"x" * 300,
}


def target(data: bytes) -> None:
    octets = Octets(data)
    size, limit, stream = octets.number(), octets.number(), octets.rest()
    whole, parts = LineSplitter(limit), LineSplitter(limit)
    lines = whole.feed(stream)
    assert [line for piece in pieces(stream, size) for line in parts.feed(piece)] == lines
    assert (whole.too_long, whole.reset()) == (parts.too_long, parts.reset())
    for line in lines:
        assert len(line) <= limit
        assert b"\n" not in line
        check(line)


def check(line: bytes) -> None:
    record = parse(line)
    if record is None:
        return
    assert not is_about_others(line)
    what = b"GROUP" if record.group else b"INSTANCE"
    word = _WORDS[record.event if record.state is None else record.state]
    assert line.startswith(what + b' "')
    assert word in line
    try:
        name = line.split(b'"')[1].decode()
    except UnicodeDecodeError:
        return
    assert name == record.name
    assert parse(b'%s "%s" %s %d' % (what, name.encode(), word, record.priority)) == record
