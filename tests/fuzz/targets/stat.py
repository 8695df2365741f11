"""The answer to ``show stat``, read in slices.

Data: the size of the slices, the most rows, flags, then the answer. It raises Invalid, whose text is one printable
line, or gives a reading; in other slices it does the same. A good row has as many fields as the header, and a reading
beside itself has not changed.
"""

from haproxy_agentx.haproxy.records import split_row
from haproxy_agentx.haproxy.stat import IDENTITY, MAX_ROWS, SEPARATOR, Reading, StatParser, identity
from haproxy_agentx.vocabulary.source import Invalid
from tests.fuzz.octets import Octets, pieces
from tests.fuzz.seeds import samples
from tests.support.stat_csv import VERSIONS, answer, backend, frontend, header, line, listener, server

ENDS_EMPTY = 1
_SMALL = ("pxname", "svname", "status", "weight", "act", "bck", "iid", "sid", "type", "check_status", "x")
_ROWS = [frontend("www", 2), listener("www", "sock-1", 2, 1), server("web", "web1", 3, 1), backend("web", 3)]
_FEW = header(_SMALL) + b"".join(line(row, _SMALL) for row in _ROWS)
_ODD = [server('a,"b', "ü", 1, 1), server("web", "s" * 300, 3, 9), server("", "", 0, 0)]

SEEDS = {
    **{name: b"\0\0\1" + text for name, text in samples("show_stat.txt", 2).items()},
    **{name: b"\xff\0\0" + text for name, text in samples("http.csv", 1).items()},
    **{f"HAProxy {version}": b"\x80\0\1" + answer(_ROWS[2:], columns) for version, columns in VERSIONS.items()},
    "few columns": b"\7\0\1" + _FEW + b"\n",
    "octet by octet": b"\1\0\1" + _FEW + b"\n",
    "at the most rows": b"\x40\4\1" + _FEW + b"\n",
    "above the most rows": b"\x40\3\1" + _FEW + b"\n",
    "bad rows at the most": b"\x20\4\1" + header(_SMALL) + b"bad\n\n".join([_FEW.partition(b"\n")[2]] * 2),
    "a bad row first": b"\x20\4\1" + _FEW.replace(b"\n", b"\nbad\n", 1) + b"\n",
    "torn in a row": b"\x10\0\1" + _FEW[:-9],
    "no empty line": b"\x10\0\1" + _FEW,
    "it goes on": b"\x10\0\1" + _FEW + b"\n" + _FEW,
    "an empty line within": b"\x10\0\0" + _FEW.replace(b"\n", b"\n\n", 2),
    "quotes": b"\x30\0\1" + answer(_ODD, _SMALL),
    "an open quote": b"\x30\0\0" + _FEW + b'"' + b"," * len(_SMALL) + b"\n",
    "NUL": b"\x30\0\1" + _FEW.replace(b"web1", b"we\0b1") + b"\n",
    "carriage returns": b"\x30\0\0" + _FEW.replace(b"\n", b"\r\n"),
    "a double column": b"\x30\0\0" + _FEW.replace(b",x,", b",type,"),
    "a missing column": b"\x30\0\0" + _FEW.replace(b",sid,", b",sad,"),
    "denied": b"\0\0\1Permission denied\n\n",
    "HTML": b"\0\0\0<!DOCTYPE html>\n<html>\n",
}


def read(text: bytes, size: int, most: int, flags: int, previous: Reading | None = None) -> Reading | None:
    """Give the reading, None when it is refused."""
    parser = StatParser(previous, ends_empty=bool(flags & ENDS_EMPTY), max_rows=most or MAX_ROWS)
    try:
        for piece in pieces(text, size):
            parser.feed(piece)
        return parser.finish()
    except Invalid as error:
        assert str(error).isprintable()
        return None


def target(data: bytes) -> None:
    octets = Octets(data)
    size, most, flags, text = octets.number(), octets.number(), octets.number(), octets.rest()
    reading = read(text, 0, most, flags)
    assert reading == read(text, size or 3, most, flags)
    if reading is None:
        return
    assert len(reading.lines) == len(reading.signatures)
    names = text.partition(b"\n")[0].count(b",") + 1
    place = [reading.fields[name] for name in IDENTITY]
    for row, signature in zip(reading.lines, reading.signatures, strict=True):
        cells = split_row(row)
        assert len(cells) == names
        assert signature.count(SEPARATOR) == 9
        assert identity(signature) == [cells[at] for at in place]
    assert list(reading.changed) == list(range(len(reading.lines)))
    again = read(text, size or 3, most, flags, reading)
    assert again is not None
    assert again.same_rows
    assert not again.changed
