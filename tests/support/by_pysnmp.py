"""Messages of SNMPv2c as pysnmp makes and reads them: the oracle of our own codec, and for tests that need odd ones."""

from pyasn1.codec.ber import decoder, encoder
from pyasn1.error import PyAsn1Error
from pysnmp.proto.api import v2c
from pysnmp.proto.error import ProtocolError

from haproxy_agentx.snmp import pdu as codec
from haproxy_agentx.snmp.message import Message
from haproxy_agentx.vocabulary.source import Invalid

UNREADABLE = (PyAsn1Error, ProtocolError, ValueError, TypeError, LookupError, ArithmeticError, RecursionError)


def wrap(pdu: object, community: bytes) -> bytes:
    """Give the message that carries a PDU."""
    message = v2c.Message()
    v2c.apiMessage.set_defaults(message)
    message[0] = 1
    message[1] = community
    v2c.apiMessage.set_pdu(message, pdu)
    return bytes(encoder.encode(message))


def unwrap(datagram: bytes) -> tuple[bytes, object]:
    """Give the community and the PDU of a message. Raises Invalid."""
    try:
        message, _ = decoder.decode(datagram, asn1Spec=v2c.Message())
        return bytes(message[1]), v2c.apiMessage.get_pdu(message)
    except UNREADABLE as error:
        raise Invalid(f"an SNMP message is garbage ({type(error).__name__})") from error


def read(datagram: bytes) -> Message:
    """Give what a message says. Raises Invalid."""
    return codec.read(unwrap(datagram)[1])
