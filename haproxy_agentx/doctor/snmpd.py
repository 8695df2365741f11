"""What is wrong in snmpd.conf for an AgentX subagent, its traps and those who query it. Pure."""

import re
from collections.abc import Iterator, Sequence

from haproxy_agentx.agentx.oid import Oid, dotted, parse
from haproxy_agentx.doctor.finding import Edit, Finding, Line, Remedy
from haproxy_agentx.doctor.setup import GROUP, Setup
from haproxy_agentx.doctor.snmpd_access import Access, Shows, accesses
from haproxy_agentx.doctor.snmpd_conf import DROP_INS, MAIN, Directive, SnmpdConf

RESTART = "restart snmpd"

OURS = f"{DROP_INS}/haproxy-agentx.conf"
"""The file of its own that the README has written."""

_ON = ("agentx", "all", "yes", "on", "1")
"""What net-snmp takes for `master` as AgentX; anything else is off (agentx_parse_master of net-snmp)."""

SINKS = ("trapsink", "trap2sink", "informsink", "trapsess")

_TAKERS = {"pass": 0, "pass_persist": 0, "proxy": -1, "extend": 0}
"""Directives that answer for a subtree, and where their OID stands: with options before it, it is the last one."""

_GROUP, _ALL = 0o060, 0o006
"""Bits of a mode: the group, and all users, may read and write."""

_SMALLEST = 1472
"""Octets of the Response to a notification: haproxy-agentx keeps its notifications so short that it fits."""


def check(conf: SnmpdConf, setup: Setup) -> Iterator[Finding]:
    """Yield what is wrong, in the order in which a request or a trap meets it."""
    if not conf.files:
        yield Finding(
            "HAX-SNMPD-001", MAIN, "there is no such file", Remedy(words="install snmpd: `apt-get install snmpd`")
        )
        return
    yield from _agentx(conf, setup)
    yield from _comments(conf)
    yield from _listening(conf)
    yield from _asking(conf, setup)
    yield from _taken(conf, setup.root)
    yield from _sinks(conf, setup)


def _home(conf: SnmpdConf) -> str:
    """Return the file for new lines: one of our own where snmpd reads it."""
    included = [one for one in conf.named("includedir") if one.text.rstrip("/") == DROP_INS]
    return OURS if included else conf.files[0]


def _adding(conf: SnmpdConf, *lines: str) -> Remedy:
    return Remedy(edits=(Edit(_home(conf), None, adds=lines),), restart=RESTART)


def _replacing(line: Line, *lines: str, words: str = "") -> Remedy:
    return Remedy(edits=(Edit(line.file, line.number - 1, 1, lines, words),), restart=RESTART)


def _agentx(conf: SnmpdConf, setup: Setup) -> Iterator[Finding]:
    masters = conf.named("master")
    if not masters:
        what = "no `master agentx`: snmpd accepts no subagent, neither haproxy-agentx nor keepalived"
        yield Finding("HAX-SNMPD-002", conf.files[0], what, _adding(conf, "master agentx"))
    elif masters[-1].text not in _ON:
        last = masters[-1]
        code = "HAX-SNMPD-004" if last.comment is None else "HAX-SNMPD-003"
        why = "any other value" if last.comment is None else "the comment is read as part of the value, which"
        what = f"`master {last.text}`: {why} switches AgentX off, without a message"
        yield Finding(code, str(last.line), what, _replacing(last.line, "master agentx"))
    for socket in conf.named("agentxsocket")[-1:]:
        named = [name.removeprefix("unix:") for name in socket.text.split(",")]
        if setup.agentx_socket not in named and not setup.agentx_socket.startswith("tcp:"):
            what = f"the AgentX socket is {socket.text}, and haproxy-agentx connects to {setup.agentx_socket}"
            remedy = Remedy(
                words=f"set `agentx: {{socket: {named[0]}}}` in /etc/haproxy-agentx/config.yaml",
                restart="reload haproxy-agentx",
            )
            yield Finding("HAX-SNMPD-005", str(socket.line), what, remedy)
    if not setup.agentx_socket.startswith("tcp:"):
        yield from _permissions(conf)


def _permissions(conf: SnmpdConf) -> Iterator[Finding]:
    right = f"agentXPerms 0660 0755 Debian-snmp {GROUP}"
    found = conf.named("agentxperms")
    if not found:
        what = f"no agentXPerms: the AgentX socket is for root only, and haproxy-agentx runs as {GROUP}"
        yield Finding("HAX-SNMPD-006", conf.files[0], what, _adding(conf, right))
        return
    last = found[-1]
    words = [*last.words[: last.comment], "", "", "", ""]
    modes = [int(word, 8) if re.fullmatch("[0-7]{1,4}", word) else 0 for word in words[:2]]
    is_for_group = words[3] == GROUP and modes[0] & _GROUP == _GROUP
    if not is_for_group and modes[0] & _ALL != _ALL:
        what = f"agentXPerms {last.text}: does not let the group {GROUP} read and write the AgentX socket"
        yield Finding("HAX-SNMPD-007", str(last.line), what, _replacing(last.line, right))
    elif not modes[1] & 0o001 and not (is_for_group and modes[1] & 0o010):
        what = f"agentXPerms {last.text}: the folder of the AgentX socket gets a mode in which {GROUP} cannot enter it"
        yield Finding("HAX-SNMPD-008", str(last.line), what, _replacing(last.line, right))


def _comments(conf: SnmpdConf) -> Iterator[Finding]:
    for one in conf.directives:
        if one.comment is None or one.name in ("master", "extend", "exec", "sh", "agentxperms"):
            continue
        kept = [f'"{word}"' if " " in word else word for word in one.words[: one.comment]]
        name, code = one.name, "HAX-SNMPD-009" if one.name in SINKS else "HAX-SNMPD-010"
        effect = "the receiver gets nothing" if one.name in SINKS else "snmpd reads it as part of the value"
        prefix = "" if one.type == "snmpd" else f"[{one.type}] "
        words = f"remove the comment from the end of line {one.line.number} of {one.line.file}"
        remedy = _replacing(one.line, f"{prefix}{' '.join([name, *kept])}", words=words)
        yield Finding(code, str(one.line), f"a comment behind `{name}`: {effect}", remedy)


def _listening(conf: SnmpdConf) -> Iterator[Finding]:
    found = conf.named("agentaddress")
    if len(found) > 1:
        what = f"agentaddress is there twice, first in {found[0].line}: one port that both name is taken by the first"
        remedy = Remedy(edits=(Edit(found[-1].line.file, found[-1].line.number - 1, 1),), restart=RESTART)
        yield Finding("HAX-SNMPD-011", str(found[-1].line), what, remedy)
    for one in found[:1]:
        addresses = [address.strip() for address in one.text.split(",") if address.strip()]
        if addresses and all(_is_loopback(address) for address in addresses):
            what = "snmpd listens on this host only: no monitoring host can query it, and traps are all that it gets"
            remedy = Remedy(
                words=f"add an address that the monitoring host reaches to line {one.line.number} of {one.line.file}",
                restart=RESTART,
            )
            yield Finding("HAX-SNMPD-012", str(one.line), what, remedy)


def _is_loopback(address: str) -> bool:
    bare = re.sub("^(udp6?|tcp6?):", "", address)
    return bare.startswith(("127.", "[::1]", "::1", "localhost", "unix:"))


def _asking(conf: SnmpdConf, setup: Setup) -> Iterator[Finding]:
    found = accesses(conf)
    root = setup.root
    if not any(access.shows(root) is Shows.all for access in found):
        what = f"no community and no user may read {dotted(root)}: their views are without it, or there is none"
        if any(access.shows(root) is Shows.part for access in found):
            what = f"each view that has {dotted(root)} leaves out a part of it, which makes walks slow"
        words = f"add `rocommunity COMMUNITY ADDRESS` to {_home(conf)}, with a community of your own and without a view"
        yield Finding("HAX-SNMPD-013", conf.files[0], what, Remedy(words=words, restart=RESTART))
    else:
        for access in found:
            if access.shows(root) is Shows.part:
                what = f"its view has a part of {dotted(root)}: walks ask for each hidden object, and time out"
                words = f"include {dotted(root)} as a whole in that view, or exclude it as a whole"
                yield Finding("HAX-SNMPD-014", str(access.line), what, Remedy(words=words, restart=RESTART))
    yield from _shadowed(found)
    for access in found:
        if access.may_write:
            what = "it may write: nothing of haproxy-agentx can be set, and other agents may be"
            changed = access.directive.name.replace("rw", "ro", 1)
            place = f"line {access.line.number} of {access.line.file}"
            words = f"write `{changed}` in place of `{access.directive.name}` in {place}"
            new = " ".join([changed, *access.directive.words])
            yield Finding("HAX-SNMPD-015", str(access.line), what, _replacing(access.line, new, words=words))
        if access.community in ("public", "private") and access.is_open and access.shows(root) is not Shows.nothing:
            what = "a community that everybody guesses, from any address, may read all of HAProxy's statistics"
            words = "use a community of your own, and name the address of the monitoring host behind it"
            yield Finding("HAX-SNMPD-016", str(access.line), what, Remedy(words=words, restart=RESTART))
    if setup.polls_keepalived and setup.community is not None:
        local = [access for access in found if access.community == setup.community and access.admits_loopback]
        if not any(access.shows(KEEPALIVED_MIB) is Shows.all for access in local):
            what = "the community of keepalived.snmp may not read KEEPALIVED-MIB from this host"
            words = f"add `rocommunity COMMUNITY 127.0.0.1` to {_home(conf)}, with the community of keepalived.snmp"
            yield Finding("HAX-SNMPD-017", conf.files[0], what, Remedy(words=words, restart=RESTART))


KEEPALIVED_MIB = (1, 3, 6, 1, 4, 1, 9586, 100, 5)


def _shadowed(found: Sequence[Access]) -> Iterator[Finding]:
    first: dict[str, Access] = {}
    for access in found:
        if access.community is None:
            continue
        known = first.setdefault(access.community, access)
        if known is not access and known.is_open and known.is_restricted and not access.is_restricted:
            what = f"the same community is in {known.line}, for all addresses and with a view, which wins"
            words = "use another community in this line"
            yield Finding("HAX-SNMPD-018", str(access.line), what, Remedy(words=words, restart=RESTART))


def _taken(conf: SnmpdConf, root: Oid) -> Iterator[Finding]:
    for one in conf.named(*_TAKERS):
        for oid in _oids(one):
            if oid[: len(root)] == root or root[: len(oid)] == oid:
                what = f"`{one.name}` answers for {dotted(oid)}, which is the subtree of haproxy-agentx"
                remedy = Remedy(edits=(Edit(one.line.file, one.line.number - 1, 1),), restart=RESTART)
                yield Finding("HAX-SNMPD-019", str(one.line), what, remedy)


def _oids(one: Directive) -> Iterator[Oid]:
    for word in one.words:
        try:
            oid = parse(word)
        except ValueError:
            continue
        if len(oid) > 2:  # noqa: PLR2004  an address or a number is none
            yield oid


def _sinks(conf: SnmpdConf, setup: Setup) -> Iterator[Finding]:
    found = conf.named(*SINKS)
    receivers = [one for one in found if setup.traps is None or setup.traps not in one.words]
    if not receivers:
        what = "no trap receiver: notifications of haproxy-agentx and of keepalived go nowhere"
        words = f"add `trap2sink HOST COMMUNITY` to {_home(conf)}, with the address of your trap receiver"
        yield Finding("HAX-SNMPD-020", conf.files[0], what, Remedy(words=words, restart=RESTART))
    for one in receivers:
        if one.name == "trapsink":
            what = "`trapsink` sends SNMPv1, which has no acknowledgement and no Counter64; use SNMPv2c"
            words = f"write `trap2sink` in place of `trapsink` in line {one.line.number} of {one.line.file}"
            new = " ".join(["trap2sink", *one.words])
            yield Finding("HAX-SNMPD-021", str(one.line), what, _replacing(one.line, new, words=words))
    if setup.traps is not None and not any(setup.traps in one.words and one.name == "trap2sink" for one in found):
        what = f"keepalived's traps are not sent to {setup.traps}, where haproxy-agentx waits for them"
        words = f"add `trap2sink {setup.traps} COMMUNITY` to {_home(conf)}"
        edit = Edit(_home(conf), None, adds=(f"trap2sink {setup.traps} public",), words=words)
        yield Finding("HAX-SNMPD-022", conf.files[0], what, Remedy(edits=(edit,), restart=RESTART))
    for one in conf.directives:
        if one.name == "sendmessagemaxsize" and one.text.isdecimal() and int(one.text) < _SMALLEST:
            what = f"sendMessageMaxSize {one.text}: snmpd drops its acknowledgement of a notification that is longer"
            remedy = Remedy(edits=(Edit(one.line.file, one.line.number - 1, 1),), restart=RESTART)
            yield Finding("HAX-SNMPD-023", str(one.line), what, remedy)
