"""Readiness worked out by the text of docs/health.md, from the statuses themselves: slow, and nothing but plain."""

from collections.abc import Mapping

from haproxy_agentx.health.model import Reason
from haproxy_agentx.health.requirements import Minimum, ServiceRequirements

Rows = tuple[dict[str, dict[str, str]], dict[str, str]]
"""Servers' statuses by backend, and frontends' statuses."""

States = Mapping[str, tuple[Rows | None, Reason]]
"""For each process what was read of it, and its trouble."""


def means(name: str, process: str, proxy: str) -> bool:
    """Say whether a name of the configuration is this proxy."""
    return name in (proxy, f"{process}/{proxy}")


def has(states: States, process: str, kind: int, name: str) -> bool:
    """Say whether a process is known to have what is named."""
    proxies = states[process][0]
    return proxies is not None and any(means(name, process, own) for own in proxies[kind])


def takes_part(states: States, process: str, requirements: ServiceRequirements) -> bool:
    """Say whether a process has, or may have, a part in the service."""
    if requirements.frontends is None or requirements.backends is None:
        return True
    named = [(0, name) for name in requirements.backends] + [(1, name) for name in requirements.frontends]
    return any(
        name.startswith(f"{process}/")
        or has(states, process, kind, name)
        or ("/" not in name and states[process][0] is None and not any(has(states, p, kind, name) for p in states))
        for kind, name in named
    )


def missing(states: States, kind: int, names: tuple[str, ...] | None) -> tuple[bool, bool]:
    """Say whether one of the names, and whether all of them, are nowhere."""
    absent = []
    for name in names or ():
        places = [process for process in states if name.startswith(f"{process}/") or "/" not in name]
        unread = any(states[process][0] is None for process in places)
        absent.append(not unread and not any(has(states, process, kind, name) for process in places))
    return any(absent), bool(absent) and all(absent)


def of_backend(servers: dict[str, str], minimum: Minimum) -> tuple[str, bool]:
    """Say what a backend is, and whether it has enough: ``usable``, ``assumed``, ``none``, ``idle`` or ``bare``."""
    if not servers:
        return "bare", True
    words = [word.replace("UP 1/2", "UP") for word in servers.values()]
    checked = [word for word in words if word in ("UP", "DOWN", "NOLB")]
    counted = checked or [word for word in words if word == "no check"]
    usable = checked.count("UP") if checked else len(counted)
    enough = usable * 100 >= minimum.number * len(counted) if minimum.percent else usable >= minimum.number
    if usable or "no check" in words:
        return "usable" if checked else "assumed", enough
    if counted:
        return "none", False
    return ("idle", enough) if "MAINT" in words or "DRAIN" in words else ("none", False)


def model(requirements: ServiceRequirements, states: States) -> str:
    """Give the readiness."""
    parts = {process: states[process] for process in states if takes_part(states, process, requirements)}
    troubles = [trouble or (Reason(0) if proxies else Reason.haproxyUnreadable) for proxies, trouble in parts.values()]
    chosen = [
        (kind, what, trouble, names is not None)
        for process, (proxies, trouble) in parts.items()
        if proxies is not None
        for kind, names in ((0, requirements.backends), (1, requirements.frontends))
        for own, what in proxies[kind].items()
        if names is None or any(means(name, process, own) for name in names)
    ]
    fronts = {what for kind, what, trouble, _ in chosen if kind == 1 and not trouble}
    backends = [
        of_backend(what, requirements.minimum) for kind, what, trouble, _ in chosen if kind == 0 and not trouble
    ]
    named = any(kind == 0 and is_named for kind, _, _, is_named in chosen)
    found = {word for word, _ in backends}
    nothing = "usable" not in found and (
        "none" in found
        or (named and "bare" in found)
        or ("idle" in found and "assumed" not in found)
        or (found == {"bare"} and "OPEN" in fronts)
    )
    lost = named and "bare" in found
    closed = "STOP" in fronts
    some_missing, all_missing = zip(
        missing(states, 0, requirements.backends), missing(states, 1, requirements.frontends), strict=True
    )
    is_out = nothing or fronts == {"STOP"} or any(all_missing)
    if {Reason.haproxyGone, Reason.haproxyUnresponsive} & set(troubles) or is_out:
        return "notReady"
    is_there = any(what or (kind == 0 and is_named and not trouble) for kind, what, trouble, is_named in chosen)
    if Reason.haproxyUnreadable in troubles or not (is_there or any(some_missing)):
        return "unknown"
    is_enough = all(enough for _, enough in backends) and "none" not in found and not lost and not closed
    return "ready" if is_enough and not any(some_missing) else "degraded"
