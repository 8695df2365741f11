"""What is wrong in haproxy.cfg: for reading its statistics, and for a node that must be able to take over. Pure."""

import re
from collections.abc import Collection, Iterator
from dataclasses import replace

from haproxy_agentx.doctor.finding import Edit, Finding, Remedy
from haproxy_agentx.doctor.haproxy_cfg import MAIN, HaproxyCfg, Keyword, Section
from haproxy_agentx.doctor.setup import GROUP, Setup

RELOAD = "reload haproxy"
OWN_SOCKET = "/run/haproxy/ro.sock"
"""The socket of the README."""

_SERVERS = ("server", "server-template")
_MORE = ("admin", "operator")
_GROUP, _ALL = 0o060, 0o006
"""Bits of a mode: the group, and all users, may read and write."""

_SHOWN = 5
"""Names in one message."""


def check(
    cfg: HaproxyCfg, setup: Setup, virtual: Collection[str] = (), *, nonlocal_bind: bool | None = None
) -> Iterator[Finding]:
    """Yield what is wrong. ``virtual`` are keepalived's addresses, ``nonlocal_bind`` the kernel's setting."""
    if not cfg.files:
        yield Finding(
            "HAX-HAPROXY-001", MAIN, "there is no such file", Remedy(words="install HAProxy: `apt-get install haproxy`")
        )
        return
    yield from _sockets(cfg, setup)
    yield from _servers(cfg)
    yield from _limits(cfg)
    if nonlocal_bind is False:
        yield from _binds(cfg, virtual)


def _sockets(cfg: HaproxyCfg, setup: Setup) -> Iterator[Finding]:
    sockets = [one for section in cfg.all("global") for one in section.all("stats", "socket")]
    for path in setup.haproxy_sockets:
        right = f"    stats socket {path} mode 660 group {GROUP} level user"
        named = [one for one in sockets if one.words[2:3] and one.words[2].removeprefix("unix@") == path]
        if not named:
            others = ", ".join(one.words[2] for one in sockets if len(one.words) > 2) or "none"  # noqa: PLR2004
            what = f"no `stats socket {path}`, which haproxy-agentx reads; there is: {others}"
            yield Finding("HAX-HAPROXY-002", cfg.files[0], what, _in_global(cfg, right))
            continue
        yield from _socket(cfg, named[-1], right)


def _in_global(cfg: HaproxyCfg, line: str) -> Remedy:
    sections = cfg.all("global")
    if sections:
        return Remedy(edits=(Edit(sections[0].line.file, sections[0].line.number, adds=(line,)),), restart=RELOAD)
    return Remedy(edits=(Edit(cfg.files[0], 0, adds=("global", line)),), restart=RELOAD)


def _socket(cfg: HaproxyCfg, one: Keyword, right: str) -> Iterator[Finding]:
    """Yield what is wrong with a socket. A line that others may need is not changed: another one is added."""
    mode, level = one.after("mode"), one.after("level")
    bits = int(mode, 8) if re.fullmatch("[0-7]{1,4}", mode) else 0
    group = one.after("group") or ("?" if one.after("gid") else "")
    replaced = Remedy(edits=(Edit(one.line.file, one.line.number - 1, 1, (right,)),), restart=RELOAD)
    if one.words[2] != OWN_SOCKET and (level in _MORE or one.words[2].endswith("/admin.sock")):
        replaced = _own_socket(cfg)
    is_for_all = bits & _ALL == _ALL
    if not is_for_all and not (group == GROUP and bits & _GROUP == _GROUP) and group != "?":
        what = f"mode {mode or 'not set'}, group {group or 'not set'}: {GROUP} may not read and write the socket"
        yield Finding("HAX-HAPROXY-003", str(one.line), what, replaced)
    elif level in _MORE:
        what = f"level {level}: its group may change HAProxy; `level user` is enough for statistics"
        yield Finding("HAX-HAPROXY-004", str(one.line), what, replaced)
    if is_for_all:
        what = "each local user may connect to the socket, and take all its connections"
        words = "give it mode 660 and the group of those who need it"
        yield Finding("HAX-HAPROXY-005", str(one.line), what, Remedy(words=words, restart=RELOAD))


def _own_socket(cfg: HaproxyCfg) -> Remedy:
    """Return how haproxy-agentx gets a socket of its own, where that of others stays; it may be there already."""
    words = (
        f"append 'haproxy: [{{stats: {OWN_SOCKET}}}]' to /etc/haproxy-agentx/config.yaml, or set `stats: {OWN_SOCKET}` "
        "where it has `haproxy:`, and run `systemctl reload haproxy-agentx`; the other socket stays for its users"
    )
    sockets = [one for section in cfg.all("global") for one in section.all("stats", "socket")]
    if any(one.words[2:3] == (OWN_SOCKET,) or one.words[2:3] == [OWN_SOCKET] for one in sockets):
        return Remedy(words=words)
    own = f"    stats socket {OWN_SOCKET} mode 660 group {GROUP} level user"
    return replace(_in_global(cfg, own), words=words)


def _servers(cfg: HaproxyCfg) -> Iterator[Finding]:
    for section in cfg.all("backend", "listen"):
        servers = [one for one in section.lines if one.words[0] in _SERVERS]
        if not servers:
            if section.kind == "backend" and not _answers_itself(section):
                remedy = Remedy(words="add its servers, or remove the backend", restart=RELOAD)
                what = f"{section.name}: a backend without servers, which HAProxy reports as UP"
                yield Finding("HAX-HAPROXY-006", str(section.line), what, remedy)
            continue
        defaults = [one for one in (*section.defaults, *section.lines) if one.words[0] == "default-server"]
        checked = any("check" in one.words for one in defaults)
        unchecked = [one for one in servers if not _is_checked(one, by_default=checked)]
        if unchecked:
            names = ", ".join(one.words[1] for one in unchecked[:_SHOWN] if len(one.words) > 1)
            more = " and more" if len(unchecked) > _SHOWN else ""
            what = f"{section.name}: no check of {names}{more}: it counts as up when it is dead"
            first = unchecked[0].line
            remedy = Remedy(
                edits=(Edit(first.file, first.number - 1, adds=("    default-server check",)),), restart=RELOAD
            )
            yield Finding("HAX-HAPROXY-007", str(first), what, remedy)


def _is_checked(server: Keyword, *, by_default: bool) -> bool:
    words = server.words
    return "check" in words or "track" in words or (by_default and "no-check" not in words)


def _answers_itself(section: Section) -> bool:
    """Whether a backend is meant to have no servers: it answers, redirects or shows statistics."""
    own = (*section.lines, *section.defaults)
    return any(
        one.begins("stats") or one.begins("redirect") or one.begins("errorfile") for one in section.lines
    ) or any(one.begins("http-request", verb) for one in own for verb in ("return", "redirect", "deny", "use-service"))


def _limits(cfg: HaproxyCfg) -> Iterator[Finding]:
    whole = [
        int(one.words[1])
        for section in cfg.all("global")
        for one in section.all("maxconn")
        if one.words[1:2] and one.words[1].isdecimal()
    ]
    for section in cfg.all("frontend", "listen"):
        for one in section.all("maxconn"):
            text = one.words[1] if len(one.words) > 1 else ""
            if whole and text.isdecimal() and int(text) > whole[-1]:
                what = (
                    f"{section.name}: maxconn {text} is above that of the process, {whole[-1]}, which is reached first"
                )
                remedy = Remedy(words="raise maxconn of `global`, or lower this one", restart=RELOAD)
                yield Finding("HAX-HAPROXY-008", str(one.line), what, remedy)


def _binds(cfg: HaproxyCfg, virtual: Collection[str]) -> Iterator[Finding]:
    for section in cfg.all("frontend", "listen"):
        for one in section.all("bind"):
            addresses = [part.rpartition(":")[0].strip("[]") for word in one.words[1:2] for part in word.split(",")]
            held = [address for address in addresses if address in virtual]
            if held and "transparent" not in one.words:
                what = f"{section.name}: binds to the virtual address {held[0]}: HAProxy does not start without it"
                setting = "net.ipv6.ip_nonlocal_bind" if ":" in held[0] else "net.ipv4.ip_nonlocal_bind"
                file = "/etc/sysctl.d/60-haproxy.conf"
                remedy = Remedy(
                    edits=(Edit(file, None, adds=(f"{setting} = 1",)),), commands=("sysctl --system",), restart=RELOAD
                )
                yield Finding("HAX-HAPROXY-009", str(one.line), what, remedy)
