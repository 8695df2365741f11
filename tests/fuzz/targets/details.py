"""The answers to ``show peers``, ``show proc`` and ``show ssl sni``.

Data: the answer, read as each of the three. It raises Invalid, whose text is one printable line, or says the same of a
section, worker or certificate more: one more at most.
"""

from haproxy_agentx.haproxy import master
from haproxy_agentx.haproxy.certificates import MAX_ROWS, parse
from haproxy_agentx.haproxy.peers import peers_down
from haproxy_agentx.vocabulary.source import Invalid
from tests.fuzz.seeds import SAMPLES
from tests.support.pauses import done

SEEDS = {
    **{path.name: path.read_bytes() for path in sorted(SAMPLES.glob("1[78]-*.txt"))},
    "certificates": (SAMPLES / "20-show_ssl_sni-3.2.txt").read_bytes(),
    "no peers": b"\n",
    "huge numbers": b"#<PID> <type> <reloads>\n1 master " + b"9" * 5000 + b" [failed: " + b"9" * 5000 + b"]\n\n",
    "a date of nowhere": b"# Frontend/Bind\tSNI\tFilename\tNotAfter\nf/a:1\t*\tx\tFeb 30 99:99:99 99999 GMT\n\n",
    "denied": b"Permission denied\n\n",
}


def target(data: bytes) -> None:
    for read in (_peers, _master, _certificates):
        try:
            read(data)
        except Invalid as error:
            assert str(error).isprintable()


def _peers(data: bytes) -> None:
    down = done(peers_down(data))
    more = b"0x1: [now] id=fuzz disabled=0\n  0x2: id=fuzz(remote,inactive) addr=a:1 last_status=CONN\n\n"
    assert done(peers_down(data + more)) == (down or 0) + 1


def _master(data: bytes) -> None:
    workers = master.parse(data)
    assert all(pid >= 0 for pid in (*workers.current, *workers.old))
    more = master.parse(data + b"# old workers\n4294967296 worker 1\n\n")
    assert more.old == (*workers.old, 4294967296)
    assert more.result is workers.result
    assert workers.left_over(-1) is None


def _certificates(data: bytes) -> None:
    found = done(parse(data))
    assert len(found) <= min(MAX_ROWS, data.count(b"\n"))
    ends = [one.not_after for one in found if one.not_after is not None]
    assert ends == sorted(ends)
