"""Object identifiers as people write them.

Data: the text. It raises ValueError, or its numbers are written and read to the same identifier, as text, as a key
and as it travels; and keys order as numbers do.
"""

from haproxy_agentx.agentx import oid
from haproxy_agentx.agentx.wire import Reader, encode_oid
from haproxy_agentx.objects.root import ROOT

SEEDS = {
    "ours": oid.dotted(ROOT).encode(),
    "a leading dot": b".1.3.6.1.2.1",
    "the largest": b"4294967295",
    "above it": b"1.4294967296",
    "zeros": b"0.00.0000000000",
    "128": b".".join([b"1"] * 128),
    "129": b".".join([b"1"] * 129),
    "empty": b"",
    "a dot": b".",
    "a trailing dot": b"1.3.",
    "other digits": "1.٣.6".encode(),
    "signs": b"1.-3.+6",
    "an end of line": b"1.3.6\n",
    "thousands of digits": b"9" * 5000,
}


def target(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    try:
        found = oid.parse(text)
    except ValueError:
        return
    assert oid.parse(oid.dotted(found)) == found
    name = oid.key(found)
    assert oid.from_key(name) == found
    for order in "<>":
        assert Reader(encode_oid(name, order), order).oid() == (name, False)
    before = oid.key((*found[:-1], max(0, found[-1] - 1)))
    assert (before < name) == (oid.from_key(before) < found)
