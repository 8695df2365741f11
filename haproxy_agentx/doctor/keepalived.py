"""What is wrong in keepalived.conf: for monitoring, for a failover, and between the two nodes. Pure."""

import re
from collections.abc import Iterator, Sequence

from haproxy_agentx.doctor.failover import candidate, failures
from haproxy_agentx.doctor.finding import Edit, Finding, Remedy
from haproxy_agentx.doctor.keepalived_conf import MAIN, KeepalivedConf, Statement
from haproxy_agentx.doctor.setup import Setup

DEFAULTS = "/etc/default/keepalived"
"""The options of the unit of Debian and Ubuntu; those of RHEL are in /etc/sysconfig/keepalived."""

RESTART = "restart keepalived"
RELOAD = "reload keepalived"

_SNMP = ("enable_snmp_keepalived", "enable_snmp_vrrp", "enable_snmp_rfc", "enable_snmp_rfcv2", "enable_snmp_rfcv3")
_SIGNAL_CHECK = re.compile(r"\b(killall|pkill|pidof|pgrep)\b|\bkill\s+-0\b|systemctl\s+is-active")
_MAX_PASSWORD = 8
_MAX_ADDRESSES = 20
"""Addresses in an advertisement as keepalived sends it; it wants more in virtual_ipaddress_excluded."""


def check(conf: KeepalivedConf, setup: Setup, options: str = "") -> Iterator[Finding]:
    """Yield what is wrong on this node. ``options`` is the text of the file of the unit's options."""
    if not conf.files:
        remedy = Remedy(words=f"write {MAIN} if an address moves between nodes, else `doctor mute HAX-KEEP-001`")
        yield Finding("HAX-KEEP-001", MAIN, "there is no such file", remedy)
        return
    if conf.unbalanced is not None:
        remedy = Remedy(
            words=f"add or remove a brace near line {conf.unbalanced.number}; `keepalived -t` checks the file"
        )
        yield Finding(
            "HAX-KEEP-002", str(conf.unbalanced), "a brace has no counterpart: what follows counts elsewhere", remedy
        )
        return
    yield from _monitoring(conf, setup, options)
    yield from _instances(conf)
    yield from _scripts(conf)
    yield from _arp(conf)


def _global(conf: KeepalivedConf, line: str, restart: str = RELOAD) -> Remedy:
    """Return the remedy that adds a line to `global_defs`, which it writes where there is none."""
    blocks = conf.all("global_defs")
    if blocks and blocks[0].end > blocks[0].line.number:
        return Remedy(edits=(Edit(blocks[0].line.file, blocks[0].line.number, adds=(f"    {line}",)),), restart=restart)
    return Remedy(edits=(Edit(conf.files[0], 0, adds=("global_defs {", f"    {line}", "}")),), restart=restart)


def _monitoring(conf: KeepalivedConf, setup: Setup, options: str) -> Iterator[Finding]:
    arguments = "".join(line for line in options.splitlines(keepends=True) if not line.lstrip().startswith("#"))
    if not conf.has_global(*_SNMP) and not re.search(r"(^|[\s\"'=])(-[a-zA-Z]*x|--snmp)\b", arguments):
        what = "SNMP is not switched on: no KEEPALIVED-MIB and no traps of keepalived"
        remedy = _global(conf, "enable_snmp_vrrp", RESTART)
        yield Finding("HAX-KEEP-003", conf.files[0], what, remedy)
    if not conf.has_global("enable_traps"):
        yield Finding(
            "HAX-KEEP-004", conf.files[0], "no `enable_traps`: keepalived sends no traps", _global(conf, "enable_traps")
        )
    fifos = [one for one in conf.globals if one.keyword == "vrrp_notify_fifo"]
    if setup.fifo is not None and not fifos:
        what = (
            f"no `vrrp_notify_fifo {setup.fifo}`: role changes are learnt later, and the end of keepalived after 20 s"
        )
        yield Finding("HAX-KEEP-005", conf.files[0], what, _global(conf, f"vrrp_notify_fifo {setup.fifo}", RESTART))
    for one in fifos:
        if setup.fifo is not None and one.words[:1] != [setup.fifo]:
            written = one.words[0] if one.words else "nothing"
            what = f"keepalived writes to {written}, and haproxy-agentx reads {setup.fifo}"
            new = f"    vrrp_notify_fifo {setup.fifo}"
            remedy = Remedy(edits=(Edit(one.line.file, one.line.number - 1, 1, (new,)),), restart=RESTART)
            yield Finding("HAX-KEEP-006", str(one.line), what, remedy)


def _instances(conf: KeepalivedConf) -> Iterator[Finding]:
    if not conf.instances:
        remedy = Remedy(words="add the instance that moves the virtual address between the nodes")
        yield Finding("HAX-KEEP-007", conf.files[0], "no vrrp_instance: no address moves when this node ends", remedy)
    strict = next((one for one in conf.globals if one.keyword == "vrrp_strict"), None)
    if strict is not None and any(one.value("version") != "3" for one in conf.instances):
        what = "vrrp_strict with VRRPv2: a firewall rule drops packets to the virtual addresses, clients get nothing"
        remedy = Remedy(edits=(Edit(strict.line.file, strict.line.number - 1, 1),), restart=RESTART)
        yield Finding("HAX-KEEP-008", str(strict.line), what, remedy)
    routers: dict[tuple[str, str, bool], Statement] = {}
    for one in conf.instances:
        name = one.words[0]
        family = any(":" in address.keyword for block in one.all("virtual_ipaddress") for address in block.block)
        key = (one.value("interface"), one.value("virtual_router_id"), family)
        known = routers.setdefault(key, one)
        if known is not one and key[1]:
            what = f"{name}: virtual_router_id {key[1]} is that of {known.words[0]} on the same interface"
            remedy = Remedy(words="give it a number of its own, the same on both nodes", restart=RELOAD)
            yield Finding("HAX-KEEP-009", str(one.line), what, remedy)
        listed = [address for block in one.all("virtual_ipaddress") for address in block.block]
        if not listed:
            what = f"{name}: no virtual_ipaddress: it changes its role, and no address moves"
            remedy = Remedy(words="add the virtual address, the same on both nodes", restart=RELOAD)
            yield Finding("HAX-KEEP-010", str(one.line), what, remedy)
        elif len(listed) > _MAX_ADDRESSES:
            what = f"{name}: {len(listed)} addresses, and an advertisement has room for {_MAX_ADDRESSES}"
            remedy = Remedy(words="move those beyond 20 into virtual_ipaddress_excluded, on both nodes", restart=RELOAD)
            yield Finding("HAX-KEEP-011", str(one.line), what, remedy)
        yield from _preemption(one)
        yield from _authentication(one)


def _preemption(one: Statement) -> Iterator[Finding]:
    for line in one.all("nopreempt"):
        if one.value("state").upper() == "MASTER":
            what = f"{one.words[0]}: nopreempt has no effect with `state MASTER`: keepalived ignores it"
            states = one.all("state")
            edit = Edit(states[-1].line.file, states[-1].line.number - 1, 1, ("    state BACKUP",))
            yield Finding("HAX-KEEP-012", str(line.line), what, Remedy(edits=(edit,), restart=RELOAD))


def _authentication(one: Statement) -> Iterator[Finding]:
    for block in one.all("authentication"):
        if one.value("version") == "3":
            what = f"{one.words[0]}: VRRPv3 has no authentication (RFC 9568 9): keepalived ignores it"
            count = max(block.end, block.line.number) - block.line.number + 1
            edit = Edit(
                block.line.file, block.line.number - 1, count, words=f"remove `authentication` of {one.words[0]}"
            )
            yield Finding("HAX-KEEP-013", str(block.line), what, Remedy(edits=(edit,), restart=RELOAD))
        for password in block.all("auth_pass"):
            text = password.words[0] if password.words else ""
            if len(text) > _MAX_PASSWORD:
                what = f"{one.words[0]}: auth_pass is cut after {_MAX_PASSWORD} characters; other software refuses it"
                place = f"line {password.line.number} of {password.line.file}"
                words = f"cut the password in {place} after {_MAX_PASSWORD} characters"
                new = f"        auth_pass {text[:_MAX_PASSWORD]}"
                edit = Edit(password.line.file, password.line.number - 1, 1, (new,), words)
                yield Finding("HAX-KEEP-014", str(password.line), what, Remedy(edits=(edit,), restart=RELOAD))


def _scripts(conf: KeepalivedConf) -> Iterator[Finding]:
    defined = {one.words[0]: one for one in conf.all("vrrp_script") if one.words}
    holders = [*conf.instances, *(one for one in conf.all("vrrp_sync_group") if one.words)]
    tracked = [(holder, one) for holder in holders for block in holder.all("track_script") for one in block.block]
    for holder, one in tracked:
        if one.keyword not in defined:
            what = f"{holder.words[0]}: tracks the script {one.keyword}, which is not defined: keepalived ignores it"
            remedy = Remedy(words=f"define `vrrp_script {one.keyword}`, or correct the name", restart=RELOAD)
            yield Finding("HAX-KEEP-015", str(one.line), what, remedy)
    yield from _untracked(conf)
    used = {one.keyword for _, one in tracked}
    for name, script in defined.items():
        yield from _script(name, script, is_tracked=name in used)
    if defined and not conf.has_global("script_user", "enable_script_security"):
        what = "neither script_user nor enable_script_security: the scripts run as root, or not at all"
        yield Finding("HAX-KEEP-019", conf.files[0], what, _global(conf, "enable_script_security", RESTART))


def _untracked(conf: KeepalivedConf) -> Iterator[Finding]:
    groups = [group for group in conf.all("vrrp_sync_group") if _has_check(group)]
    by_group = {name.keyword for group in groups for block in group.all("group") for name in block.block}
    for instance in conf.instances:
        if not _has_check(instance) and instance.words[0] not in by_group:
            what = f"{instance.words[0]}: tracks no script and no process: the address stays when HAProxy ends"
            remedy = Remedy(words="track a vrrp_script that makes a request to HAProxy", restart=RELOAD)
            yield Finding("HAX-KEEP-016", str(instance.line), what, remedy)


def _script(name: str, script: Statement, *, is_tracked: bool) -> Iterator[Finding]:
    if not is_tracked:
        remedy = Remedy(words=f"add {name} to `track_script` of the instance", restart=RELOAD)
        yield Finding("HAX-KEEP-017", str(script.line), f"{name}: no instance tracks this script", remedy)
        return
    command = " ".join(word for one in script.all("script") for word in one.words)
    if _SIGNAL_CHECK.search(command) and "haproxy" in command:
        what = f"{name}: sees a process only; it passes while HAProxy is frozen, full or without servers"
        remedy = Remedy(words="make a request to HAProxy, as `curl -fsm2 -o /dev/null http://127.0.0.1:PORT/` does")
        yield Finding("HAX-KEEP-018", str(script.line), what, remedy)


def _has_check(holder: Statement) -> bool:
    return any(holder.all("track_script", "track_process", "track_file"))


def _arp(conf: KeepalivedConf) -> Iterator[Finding]:
    refreshes = ("vrrp_garp_master_refresh", "vrrp_garp_lower_prio_repeat")
    own = ("garp_master_refresh", "garp_lower_prio_repeat")
    if (
        conf.instances
        and not conf.has_global(*refreshes)
        and not any(one.has(key) for one in conf.instances for key in own)
    ):
        what = "no gratuitous ARP is repeated: after a split brain clients can stay with the other node for hours"
        yield Finding("HAX-KEEP-020", conf.files[0], what, _global(conf, "vrrp_garp_master_refresh 60"))


# between the nodes


def compare(here: KeepalivedConf, there: KeepalivedConf, other: str) -> Iterator[Finding]:
    """Yield what does not fit between this node and ``other``, by what both configurations say."""
    others = {one.words[0]: one for one in there.instances}
    for one in here.instances:
        if one.words[0] not in others:
            by_id = [two for two in others.values() if two.value("virtual_router_id") == one.value("virtual_router_id")]
            if not by_id:
                what = f"{one.words[0]}: {other} has no such instance: it cannot take over"
                remedy = Remedy(words=f"add it to keepalived.conf of {other}", restart=RELOAD)
                yield Finding("HAX-PAIR-001", str(one.line), what, remedy)
                continue
            others[one.words[0]] = by_id[0]
        yield from _differences(one, others[one.words[0]], other)
        yield from _arithmetic(one, here, others[one.words[0]], there, other)


def _differences(one: Statement, two: Statement, other: str) -> Iterator[Finding]:
    name = one.words[0]
    for code, keyword, default, effect in (
        ("HAX-PAIR-002", "virtual_router_id", "", "neither hears the other, and both hold the addresses"),
        ("HAX-PAIR-003", "advert_int", "1", "with VRRPv2 each ignores the advertisements of the other"),
        ("HAX-PAIR-004", "version", "2", "neither understands the other, and both hold the addresses"),
    ):
        mine, theirs = one.value(keyword, default), two.value(keyword, default)
        if mine != theirs:
            what = f"{name}: {keyword} is {mine or 'not set'} here and {theirs or 'not set'} on {other}: {effect}"
            remedy = Remedy(words="set the same value on both nodes", restart=RELOAD)
            yield Finding(code, str(one.line), what, remedy)
    mine_addresses, their_addresses = addresses(one), addresses(two)
    if mine_addresses != their_addresses:
        differing = ", ".join(sorted(mine_addresses ^ their_addresses)[:5])
        what = f"{name}: one node has addresses that the other lacks: {differing}"
        remedy = Remedy(words="list the same addresses on both nodes", restart=RELOAD)
        yield Finding("HAX-PAIR-005", str(one.line), what, remedy)
    if one.value("priority", "100") == two.value("priority", "100"):
        priority = one.value("priority", "100")
        what = f"{name}: both nodes have the priority {priority}: the higher address decides who serves"
        remedy = Remedy(words="give the preferred node the higher priority", restart=RELOAD)
        yield Finding("HAX-PAIR-006", str(one.line), what, remedy)
    if _passwords(one) != _passwords(two):
        what = f"{name}: auth_type or auth_pass differs from that of {other}: neither hears the other"
        remedy = Remedy(words="set the same on both nodes", restart=RELOAD)
        yield Finding("HAX-PAIR-007", str(one.line), what, remedy)
    if one.has("unicast_peer") is not two.has("unicast_peer"):
        where = "here" if one.has("unicast_peer") else f"on {other}"
        what = (
            f"{name}: unicast_peer is only {where}: one node sends to the other, which sends to the multicast address"
        )
        yield Finding(
            "HAX-PAIR-008", str(one.line), what, Remedy(words="name the other node on both, or on none", restart=RELOAD)
        )


def addresses(one: Statement) -> set[str]:
    """Return the virtual addresses of an instance, without their prefix lengths."""
    blocks = one.all("virtual_ipaddress", "virtual_ipaddress_excluded")
    return {address.keyword.partition("/")[0].lower() for block in blocks for address in block.block}


def _passwords(one: Statement) -> Sequence[tuple[str, str]]:
    if one.value("version") == "3":
        return ()
    return [(block.value("auth_type"), block.value("auth_pass")[:_MAX_PASSWORD]) for block in one.all("authentication")]


def _arithmetic(
    one: Statement, here: KeepalivedConf, two: Statement, there: KeepalivedConf, other: str
) -> Iterator[Finding]:
    """Yield each check whose failure on the preferred node does not move the address."""
    mine, theirs = candidate(one, here), candidate(two, there)
    first, second = mine.effective(), theirs.effective()
    if first is None or second is None or first < second:
        return
    for failure in failures(mine, theirs):
        if failure.moves:
            continue
        if theirs.is_nopreempt and failure.after is not None and failure.after < failure.other:
            what = f"{mine.name}: if {failure.check.name} fails here, {other} does not take over: it has nopreempt"
            remedy = Remedy(
                words=f"remove the weight of {failure.check.name}, so that a failure is a FAULT", restart=RELOAD
            )
        else:
            need = failure.before - failure.other + 1
            weight = f"a weight of -{need} or lower on both nodes, or none, so that a failure is a FAULT"
            what = f"{mine.name}: {failure.words}"
            remedy = Remedy(
                words=f"give {failure.check.name} {weight}",
                restart=RELOAD,
            )
        yield Finding("HAX-PAIR-009", str(one.line), what, remedy)
