"""How many octets a notification takes on its way, and how its texts are cut to a budget. Pure.

Two messages carry the variable bindings: the Response of the AgentX master, which repeats them (net-snmp does), and the
SNMP message to the sink. net-snmp sends neither when it is longer than its ``sendMessageMaxSize``. Every SNMP engine
takes messages of 484 octets (RFC 3417 3.2; RFC 3412 6, msgMaxSize); 1,400 pass any usual network in one datagram, which
concerns the SNMP message only: the Response stays in the machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from haproxy_agentx.agentx.constants import HEADER_SIZE, Tag
from haproxy_agentx.agentx.oid import Key, from_key
from haproxy_agentx.agentx.pdu import VarBind
from haproxy_agentx.agentx.wire import encode_octets, encode_oid

FULL = 1800
"""Octets of a notification in its full form, at most: what ``sendMessageMaxSize`` has to allow, where it is set."""

DATAGRAM = 1400
"""Octets of the SNMP message, at most."""

COMPACT = 484
"""Octets of one in its shortest form, at most."""

_RESPONSE = HEADER_SIZE + 8
"""Octets of an AgentX Response before its variable bindings (RFC 2741 6.2.16)."""

_ENVELOPE = 230
"""Octets around the PDU in an SNMP message, at most: SNMPv3 with authentication and privacy, engine identifiers and
user name of 32 octets each, 48 of HMAC-SHA-512 (RFC 3412 6, RFC 3414 2.4, RFC 7860). SNMPv2c: 11 and the community."""

_PDU = 4 + 6 + 3 + 3 + 4
"""Octets of the PDU before its variable bindings: its head, request-id, error-status, error-index, head of the list."""

_ELLIPSIS = b"..."


@dataclass(frozen=True, slots=True)
class VarbindPart:
    """A variable binding that is wanted. Those of lower ``rank`` come first when there is not room for all.

    ``least`` makes it a text that may be cut, down to so many octets; a ``name`` is cut in its middle, as its
    end distinguishes it, a sentence at its end.
    """

    varbind: VarBind
    rank: int
    least: int | None = None
    is_name: bool = False


def octets(varbinds: Sequence[VarBind]) -> int:
    """Return the octets of the longer one of the two messages."""
    return max(_RESPONSE + sum(map(_in_agentx, varbinds)), in_datagram(varbinds))


def in_datagram(varbinds: Sequence[VarBind]) -> int:
    """Return the octets of the SNMP message."""
    return _ENVELOPE + _PDU + sum(map(_in_snmp, varbinds))


def fitted(head: Sequence[VarBind], parts: Sequence[VarbindPart], budget: int, datagram: int) -> list[VarBind]:
    """Return ``head`` and those of ``parts``, in their order, that fit with it; long texts are cut.

    Both messages have at most ``budget`` octets, and that of SNMP at most ``datagram``.

    First each part is given room by its rank, a text for ``least`` octets of it; one that does not fit is left out.
    Then the texts grow by their rank into what is left. ``head`` is never left out: with a root of so many
    sub-identifiers that it alone is too long, it is all there is.
    """
    everything = [*head, *(part.varbind for part in parts)]
    if octets(everything) <= budget and in_datagram(everything) <= datagram:
        return everything
    room = _Room(head, budget, min(budget, datagram))
    chosen: dict[int, VarBind] = {}
    places = sorted(range(len(parts)), key=lambda place: parts[place].rank)
    for place in places:
        part = parts[place]
        shortest = part.varbind if part.least is None else _cut(part, part.least)
        if room.take(shortest):
            chosen[place] = shortest
    for place in places:
        part = parts[place]
        if place in chosen and part.least is not None:
            chosen[place] = room.grow(part, chosen[place])
    return [*head, *(chosen[place] for place in sorted(chosen))]


class _Room:
    """What is left of the budgets of both messages."""

    def __init__(self, head: Sequence[VarBind], budget: int, datagram: int) -> None:
        self._agentx = budget - _RESPONSE - sum(map(_in_agentx, head))
        self._snmp = datagram - _ENVELOPE - _PDU - sum(map(_in_snmp, head))

    def take(self, varbind: VarBind) -> bool:
        """Reserve the room for a variable binding; False, and nothing is taken, when there is not so much."""
        agentx, snmp = _in_agentx(varbind), _in_snmp(varbind)
        if agentx > self._agentx or snmp > self._snmp:
            return False
        self._agentx -= agentx
        self._snmp -= snmp
        return True

    def grow(self, part: VarbindPart, shortest: VarBind) -> VarBind:
        """Return the longest text of a part for which there is room, in place of its shortest one."""
        self._agentx += _in_agentx(shortest)
        self._snmp += _in_snmp(shortest)
        low, high = len(_text(shortest)), len(_text(part.varbind))
        while low < high:  # the octets grow with the text: look for the border
            middle = (low + high + 1) // 2
            longer = _cut(part, middle)
            if _in_agentx(longer) <= self._agentx and _in_snmp(longer) <= self._snmp:
                low = middle
            else:
                high = middle - 1
        longest = max(_cut(part, low), shortest, key=lambda varbind: len(_text(varbind)))
        self.take(longest)
        return longest


def _cut(part: VarbindPart, most: int) -> VarBind:
    """Return the variable binding with at most so many octets of its text, on the borders of UTF-8 characters."""
    text = _text(part.varbind)
    if len(text) <= most:
        return part.varbind
    kept = max(0, most - len(_ELLIPSIS))
    ending = text[len(text) - kept // 2 :] if part.is_name and kept > 1 else b""
    while ending and ending[0] & 0xC0 == 0x80:  # noqa: PLR2004  a continuation octet of UTF-8 (RFC 3629 3)
        ending = ending[1:]
    beginning = text[: kept - len(ending)].decode(errors="ignore").encode()
    return replace(part.varbind, value=beginning + _ELLIPSIS + ending if most >= len(_ELLIPSIS) else b"")


def _text(varbind: VarBind) -> bytes:
    return varbind.value if isinstance(varbind.value, bytes) else b""


def _in_agentx(varbind: VarBind) -> int:
    """Return the octets of a variable binding (RFC 2741 5.4)."""
    return 4 + len(encode_oid(varbind.name)) + _value_in_agentx(varbind)


def _value_in_agentx(varbind: VarBind) -> int:
    if varbind.tag == Tag.OBJECT_IDENTIFIER:
        return len(encode_oid(_text(varbind)))
    if varbind.tag == Tag.OCTET_STRING:
        return len(encode_octets(_text(varbind)))
    return 4  # the numbers that a notification carries have 32 bits


def _in_snmp(varbind: VarBind) -> int:
    """Return the octets of a variable binding in BER (RFC 3417 8)."""
    return _tagged(_tagged(_oid_in_snmp(varbind.name)) + _tagged(_value_in_snmp(varbind)))


def _value_in_snmp(varbind: VarBind) -> int:
    if varbind.tag == Tag.OBJECT_IDENTIFIER:
        return _oid_in_snmp(_text(varbind))
    if varbind.tag == Tag.OCTET_STRING:
        return len(_text(varbind))
    number = varbind.value if isinstance(varbind.value, int) else 0
    return (number if number >= 0 else ~number).bit_length() // 8 + 1


def _oid_in_snmp(name: Key) -> int:
    """Return the octets of an identifier: the first two sub-identifiers make one."""
    more = sum((number.bit_length() - 1) // 7 for number in from_key(name)[2:] if number > 0x7F)  # noqa: PLR2004  7 bits each
    return len(name) // 4 - 1 + more


def _tagged(size: int) -> int:
    """Return the octets with tag and length around."""
    return size + (2 if size < 0x80 else 3 if size < 0x100 else 4)  # noqa: PLR2004  X.690 8.1.3
