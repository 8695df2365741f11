"""SNMPv3 with users (RFC 3412, RFC 3414): pysnmp's engine, fed with datagrams. No IO; who needs it imports it then.

The engine is pysnmp's, its transports are not used: datagrams come in by ``receive``, and go out by what the owner
gave. What the engine does not do for the receiver of notifications is done here: it would take a message below the
level of its user, and one that was sent again later.
"""

from collections.abc import Callable
from typing import Any, Final, cast

from pyasn1.codec.ber import decoder
from pyasn1.error import PyAsn1Error
from pysnmp.carrier.asyncio.dgram.udp import SNMP_UDP_DOMAIN, UdpTransportAddress
from pysnmp.carrier.base import AbstractTransportDispatcher
from pysnmp.entity import config
from pysnmp.entity.engine import SnmpEngine
from pysnmp.error import PySnmpError
from pysnmp.proto import errind
from pysnmp.proto.api import v2c
from pysnmp.proto.error import StatusInformation
from pysnmp.proto.secmod.rfc3414.service import UsmSecurityParameters

from haproxy_agentx.snmp import pdu as codec
from haproxy_agentx.snmp.access import User
from haproxy_agentx.snmp.message import Message, PduKind, SnmpRequest
from haproxy_agentx.snmp.outline import MAX_RESPONSE_VARBINDS
from haproxy_agentx.snmp.v2c import read_pdu, without_varbinds
from haproxy_agentx.vocabulary.source import Denied, Invalid, SourceError

Peer = tuple[Any, ...]
Send = Callable[[bytes, Peer], None]
Outcome = Message | SourceError

WINDOW: Final = 150
"""Seconds that a message may be old (RFC 3414 2.2.3)."""

MAX_ENGINES: Final = 16
"""Senders of notifications whose keys are kept; on one machine there is one snmpd."""

MAX_REFUSALS: Final = 500
"""Refused messages, of each of which the engine may keep something, until a new engine is due."""

EXPIRY: Final = 10
"""Ticks until a request without an answer is forgotten; a tick is a second or the time between two uses."""

TRIES: Final = 5
"""A request goes out again when its answer was what the engine had to know first: the peer's engine id, and its time.
That is three times at first, and five when the peer has another engine id than before."""

AUTH: Final = {
    "MD5": config.USM_AUTH_HMAC96_MD5,
    "SHA": config.USM_AUTH_HMAC96_SHA,
    "SHA224": config.USM_AUTH_HMAC128_SHA224,
    "SHA256": config.USM_AUTH_HMAC192_SHA256,
    "SHA384": config.USM_AUTH_HMAC256_SHA384,
    "SHA512": config.USM_AUTH_HMAC384_SHA512,
}
PRIV: Final = {
    "DES": config.USM_PRIV_CBC56_DES,
    "AES": config.USM_PRIV_CFB128_AES,
    "AES192": config.USM_PRIV_CFB192_AES_BLUMENTHAL,
    "AES256": config.USM_PRIV_CFB256_AES_BLUMENTHAL,
}

_STATS = (1, 3, 6, 1, 6, 3, 15, 1, 1)
_UNKNOWN_ENGINE = (*_STATS, 4, 0)
_TRY_AGAIN = {(*_STATS, 2, 0), _UNKNOWN_ENGINE}
"""usmStatsNotInTimeWindows and usmStatsUnknownEngineIDs: their reports show what was missing."""

_REPORTS: Final[dict[tuple[int, ...], str]] = {
    (*_STATS, 1, 0): "snmpd does not speak with the user {user!r} at this level: correct v3.level",
    (*_STATS, 2, 0): "snmpd finds our requests too old or too new although it gave us its time",
    (*_STATS, 3, 0): "snmpd knows no user {user!r}: correct v3.user, or add `createUser` and `rouser` to snmpd.conf",
    (*_STATS, 4, 0): "snmpd goes by another engine id than it says",
    (*_STATS, 5, 0): "snmpd has another passphrase or protocol of authentication for {user!r}: correct v3.auth_file"
    " and v3.auth_protocol",
    (*_STATS, 6, 0): "snmpd has another passphrase or protocol of privacy for {user!r}: correct v3.priv_file and"
    " v3.priv_protocol",
}
_UNSPOKEN = (
    "an SNMPv3 message for the user {user!r} cannot be made or read ({why}): are v3.user, its level, protocols and"
    " passphrases those of snmpd.conf, and is Python's package 'cryptography' installed?"
)


class _Outlet(AbstractTransportDispatcher):  # type: ignore[misc]  # pysnmp has no types
    """Where the engine's datagrams leave."""

    def __init__(self, send: Send) -> None:
        super().__init__()
        self.set_timer_resolution(1.0)
        self._send = send

    def send_message(self, outgoingMessage: Any, transportDomain: Any, transportAddress: Any) -> None:  # noqa: ANN401, ARG002, N803
        self._send(bytes(outgoingMessage), tuple(transportAddress)[:-1])  # see _address_epoch


class _Lean:
    """A privacy service that keeps a response, and gives the engine one without variable bindings.

    pyasn1 needs 70 us for each of these, and nothing else has a turn meanwhile.
    """

    def __init__(self, service: Any) -> None:  # noqa: ANN401
        self._service = service
        self.response: bytes | None = None

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._service, name)

    def decrypt_data(self, *arguments: Any) -> bytes:  # noqa: ANN401
        scoped, self.response = without_varbinds(bytes(self._service.decrypt_data(*arguments)))
        return scoped


class Usm:
    """An engine with one user.

    ``send(datagram, peer)`` is called within ``receive`` and ``request``; ``on_notification`` within ``receive``, for
    each trap or inform of the user at its level or above. An inform is answered before. Times are monotonic seconds.
    """

    def __init__(self, user: User, send: Send, on_notification: Callable[[Message], None] | None = None) -> None:
        self._refusals = 0
        self._address_epoch = 0
        """Part of the peer's address for the engine, which keeps an address' engine id: a new one is asked anew."""
        self._user = user
        self._on_notification = on_notification
        self._engine = SnmpEngine()
        self._outlet = _Outlet(send)
        self._engine.register_transport_dispatcher(self._outlet)
        self._known: set[bytes] = set()
        self._newest: dict[bytes, tuple[int, int, float]] = {}
        """Engine id -> boots and time of its newest good message, and when that came."""
        self._stamp: tuple[bytes, int, int] = (b"", 0, 0)
        self._refused: SourceError | None = None
        self._unknown_engine_id: bytes | None = None
        self._is_of_use = False
        self._now = 0.0
        model, protocol = self._engine.security_models[3], PRIV[user.access.priv_protocol]
        self._lean = _Lean(model.PRIV_SERVICES[protocol])
        model.PRIV_SERVICES = {**model.PRIV_SERVICES, protocol: self._lean}
        self._auth_key, self._priv_key = self._master_keys()
        self._add_user(None)
        observer = self._engine.observer
        observer.register_observer(self._note_stamp, "rfc3414.processIncomingMsg")
        observer.register_observer(self._note_failure, "rfc3412.prepareDataElements:sm-failure")
        self._engine.message_dispatcher.register_context_engine_id(
            b"", (v2c.SNMPv2TrapPDU.tagSet, v2c.InformRequestPDU.tagSet), self._process
        )

    @property
    def needs_replacement(self) -> bool:
        """Whether so much was refused that a new one is due."""
        return self._refusals > MAX_REFUSALS

    def receive(self, datagram: bytes, peer: Peer, now: float) -> bool:
        """Process a datagram, and return whether something came of it: garbage and late answers lead to nothing.

        Raises Denied for one that is not the user's, Invalid for some kinds of garbage.
        """
        self._now = now
        self._is_of_use = False
        self._outlet.handle_timer_tick(now)
        self._refused = self._unknown_engine_id = self._lean.response = None
        self._feed(datagram, peer)
        if self._unknown_engine_id is not None and len(self._known) < MAX_ENGINES:
            self._add_user(self._unknown_engine_id)
            self._refused = None
            self._feed(datagram, peer)
        if self._refused is not None:
            self._refusals += 1
            raise self._refused
        return self._is_of_use

    def request(self, asked: SnmpRequest, number: int, peer: Peer, now: float, done: Callable[[Outcome], None]) -> None:
        """Send a request with this request-id, and pass its outcome to ``done``: that may be never. Raises Denied."""
        self._outlet.handle_timer_tick(now)
        self._ask(codec.build(asked, number), peer, done, [])

    def _feed(self, datagram: bytes, peer: Peer) -> None:
        address = self._address(peer)
        try:
            self._engine.message_dispatcher.receive_message(self._engine, SNMP_UDP_DOMAIN, address, datagram)
        except SourceError as error:
            self._refused = error
        except Exception as error:  # noqa: BLE001  -- the engine lets through whatever a foreign datagram brings about
            self._refused = Invalid(f"an SNMPv3 message is garbage ({type(error).__name__})")

    def _ask(self, pdu: codec.Pdu, peer: Peer, done: Callable[[Outcome], None], causes: list[object]) -> None:
        address = self._address(peer)

        def answered(*answer: Any) -> None:  # noqa: ANN401
            response, status = answer[8], answer[9]
            self._is_of_use = True
            if not status:
                done(self._outcome(response))
            elif isinstance(status.get("errorIndication"), errind.RequestTimedOut):
                return  # an old one, of which nobody has waited for the answer
            elif len(causes) + 1 < TRIES and _cause(status) in _TRY_AGAIN:
                if [*causes, _cause(status)] == [_UNKNOWN_ENGINE] * 2:
                    self._address_epoch += 1
                self._ask(pdu, peer, done, [*causes, _cause(status)])
            else:
                self._refusals += 1
                done(self._explain(status))

        name = v2c.OctetString(self._user.access.user.encode())
        try:
            self._engine.message_dispatcher.send_pdu(
                *(self._engine, SNMP_UDP_DOMAIN, address, 3, 3, name, self._user.level),
                *(None, b"", 1, pdu, True, EXPIRY, answered),
            )
        except StatusInformation as status:
            raise self._explain(status) from None
        except (PySnmpError, PyAsn1Error) as error:
            raise Denied(_UNSPOKEN.format(user=self._user.access.user, why=type(error).__name__)) from None

    def _outcome(self, response: codec.Pdu) -> Outcome:
        """Return a response that the engine has accepted."""
        taken = self._lean.response
        try:
            return codec.read(response) if taken is None else read_pdu(taken, MAX_RESPONSE_VARBINDS)
        except Invalid as error:
            return error

    def _address(self, peer: Peer) -> Any:  # noqa: ANN401
        return UdpTransportAddress((*peer, self._address_epoch))

    def _process(self, *arguments: Any) -> None:  # noqa: ANN401
        """Receive a notification from the engine (RFC 3412 4.2.2.1: processPdu)."""
        engine, model, security, name, level, context_engine, context, version, pdu, size, state = arguments
        user = self._user.access.user
        if int(level) < self._user.level:
            raise Denied(
                f"an SNMPv3 notification of {user!r} came below {self._user.access.level}: correct the -l of the"
                " `trapsess` line in snmpd.conf"
            )
        message = codec.read(pdu)
        self._is_of_use = True
        if message.kind is PduKind.inform:
            engine.message_dispatcher.return_response_pdu(
                *(engine, model, security, name, level, context_engine, context, version, codec.answer(pdu)),
                *(size, state, {}),
            )
        elif self._user.level > 1:
            self._refuse_old()
        if self._on_notification is not None:
            self._on_notification(message)

    def _refuse_old(self) -> None:
        """Raise Denied for what an authentic sender has sent long before (RFC 3414 3.2.7 b)."""
        sender, boots, time = self._stamp
        newest_boots, newest_time, at = self._newest.get(sender, (0, 0, self._now))
        if boots < newest_boots or (boots == newest_boots and time + WINDOW < newest_time + (self._now - at)):
            raise Denied("an SNMPv3 notification is older than 150 s: it was sent again, or snmpd's clock jumps")
        if (boots, time) > (newest_boots, newest_time):
            self._newest[sender] = (boots, time, self._now)

    def _note_stamp(self, _engine: Any, _point: str, seen: dict[str, Any], _context: object) -> None:  # noqa: ANN401
        self._stamp = bytes(seen["securityEngineId"]), int(seen["snmpEngineBoots"]), int(seen["snmpEngineTime"])

    def _note_failure(self, _engine: Any, _point: str, seen: dict[str, Any], _context: object) -> None:  # noqa: ANN401
        self._refused = self._explain(seen["statusInformation"])
        try:
            parameters, _ = decoder.decode(bytes(seen["securityParameters"]), asn1Spec=UsmSecurityParameters())
        except PyAsn1Error:
            return
        sender, name = bytes(parameters[0]), bytes(parameters[3])
        # RFC 3411 5: an SnmpEngineID has 5 to 32 octets
        if name == self._user.access.user.encode() and 5 <= len(sender) <= 32 and sender not in self._known:  # noqa: PLR2004
            self._unknown_engine_id = sender

    def _explain(self, status: Any) -> Denied:  # noqa: ANN401
        user = self._user.access.user
        known = _REPORTS.get(_cause(status))
        if known is not None and "sendPduHandle" in status:
            return Denied(known.format(user=user))
        return Denied(_UNSPOKEN.format(user=user, why=type(status.get("errorIndication")).__name__))

    def _master_keys(self) -> tuple[Any, Any]:
        """Hash the passphrases (RFC 3414 A.2): 15 ms each, so once and not for each sender."""
        access = self._user.access
        auth = PRIV[access.priv_protocol], AUTH[access.auth_protocol]
        keys: list[Any] = [None, None]
        if self._user.auth is not None:
            keys[0] = config.AUTH_SERVICES[auth[1]].hash_passphrase(v2c.OctetString(self._user.auth))
        if self._user.priv is not None:
            keys[1] = config.PRIV_SERVICES[auth[0]].hash_passphrase(auth[1], v2c.OctetString(self._user.priv))
        return keys[0], keys[1]

    def _add_user(self, sender: bytes | None) -> None:
        access, level = self._user.access, self._user.level
        config.add_v3_user(
            self._engine,
            access.user,
            AUTH[access.auth_protocol] if level > 1 else config.USM_AUTH_NONE,
            self._auth_key,
            PRIV[access.priv_protocol] if level > 2 else config.USM_PRIV_NONE,  # noqa: PLR2004
            self._priv_key,
            securityEngineId=None if sender is None else v2c.OctetString(sender),
            authKeyType=config.USM_KEY_TYPE_MASTER,
            privKeyType=config.USM_KEY_TYPE_MASTER,
        )
        if sender is not None:
            self._known.add(sender)


def _cause(status: Any) -> tuple[int, ...]:  # noqa: ANN401
    oid = status.get("oid")
    return cast("tuple[int, ...]", tuple(oid)) if oid else ()
