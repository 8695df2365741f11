"""PDUs as pysnmp's engine of SNMPv3 has them (RFC 3416 3), from and to plain values. Pure; only ``usm`` imports it."""

from typing import Any

from pyasn1.error import PyAsn1Error
from pysnmp.proto.api import v2c
from pysnmp.proto.error import ProtocolError

from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.snmp.message import Message, Missing, PduKind, SnmpRequest, Value
from haproxy_agentx.vocabulary.source import Invalid

Pdu = Any
"""pysnmp has no types."""

_OPERATIONS = {
    v2c.ResponsePDU.tagSet: PduKind.response,
    v2c.InformRequestPDU.tagSet: PduKind.inform,
    v2c.SNMPv2TrapPDU.tagSet: PduKind.trap,
    v2c.ReportPDU.tagSet: PduKind.report,
}
_MISSING = {
    v2c.NoSuchObject.tagSet: Missing.noSuchObject,
    v2c.NoSuchInstance.tagSet: Missing.noSuchInstance,
    v2c.EndOfMibView.tagSet: Missing.endOfMibView,
}
_NUMBERS = {
    kind.tagSet for kind in (v2c.Integer32, v2c.Counter32, v2c.Gauge32, v2c.TimeTicks, v2c.Counter64)
}  # fmt: skip
_STRINGS = {kind.tagSet for kind in (v2c.OctetString, v2c.IpAddress, v2c.Opaque)}

# What pyasn1 raises on input that is none of ASN.1's: also plain errors of Python, in corners of its decoders.
_UNREADABLE = (PyAsn1Error, ProtocolError, ValueError, TypeError, LookupError, ArithmeticError, RecursionError)


def build(request: SnmpRequest, number: int) -> Pdu:
    """Return the PDU of a request whose request-id is ``number``."""
    if request.repetitions:
        pdu = v2c.GetBulkRequestPDU()
        v2c.apiBulkPDU.set_defaults(pdu)
        v2c.apiBulkPDU.set_non_repeaters(pdu, request.scalars)
        v2c.apiBulkPDU.set_max_repetitions(pdu, request.repetitions)
    else:
        pdu = v2c.GetRequestPDU()
        v2c.apiPDU.set_defaults(pdu)
    v2c.apiPDU.set_request_id(pdu, number)
    v2c.apiPDU.set_varbinds(pdu, [(name, v2c.null) for name in request.names])
    return pdu


def read(pdu: Pdu) -> Message:
    """Return what a PDU says. Raises Invalid."""
    try:
        kind = _OPERATIONS.get(pdu.tagSet)
        if kind is None:
            return Message(None, 0, 0, 0, ())
        return Message(
            kind,
            int(v2c.apiPDU.get_request_id(pdu)),
            int(v2c.apiPDU.get_error_status(pdu)),
            int(v2c.apiPDU.get_error_index(pdu)),
            tuple((_name(name), _value(value)) for name, value in v2c.apiPDU.get_varbinds(pdu)),
        )
    except _UNREADABLE as error:
        raise Invalid(f"an SNMP message is garbage ({type(error).__name__})") from error


def answer(pdu: Pdu) -> Pdu:
    """Return the response to an InformRequest: its own varbinds (RFC 3416 4.2.7)."""
    response = v2c.apiPDU.get_response(pdu)
    v2c.apiPDU.set_varbinds(response, v2c.apiPDU.get_varbinds(pdu))
    return response


def _name(oid: Any) -> Oid:  # noqa: ANN401  -- pysnmp has no types
    return tuple(map(int, oid))


def _value(value: Any) -> Value:  # noqa: ANN401
    tags = value.tagSet
    if tags in _NUMBERS:
        return int(value)
    if tags in _STRINGS:
        return bytes(value)
    if tags == v2c.ObjectIdentifier.tagSet:
        return _name(value)
    return _MISSING.get(tags)
