"""Who may read what, by snmpd.conf: communities, users, groups and views (snmpd.conf(5), ACCESS CONTROL). Pure."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

from haproxy_agentx.agentx.oid import Oid, parse
from haproxy_agentx.doctor.finding import Line
from haproxy_agentx.doctor.snmpd_conf import Directive, SnmpdConf

_NAMES = {"iso": (1,), "internet": (1, 3, 6, 1), "mib-2": (1, 3, 6, 1, 2, 1), "system": (1, 3, 6, 1, 2, 1, 1)}
_NAMES |= {"enterprises": (1, 3, 6, 1, 4, 1), "private": (1, 3, 6, 1, 4)}
"""Names of objects that views use; others are below mib-2, as a rule."""

Family = tuple[bool, Oid]
"""A subtree that a view includes or excludes."""

EVERYTHING: Sequence[Family] = ((True, (1,)),)


class Shows(Enum):
    """How much of a subtree a view has."""

    all = "all of it"
    part = "a part of it"
    nothing = "nothing of it"


@dataclass(frozen=True, slots=True)
class Access:
    """A community or a user, from where it is accepted, and its view. ``community`` is for comparison only."""

    directive: Directive
    view: Sequence[Family]
    source: str = "default"
    community: str | None = field(default=None, repr=False)

    @property
    def line(self) -> Line:
        """Return the line that admits it."""
        return self.directive.line

    @property
    def is_open(self) -> bool:
        """Whether it is accepted from any address."""
        return self.community is not None and self.source in ("default", "0.0.0.0/0", "0.0.0.0")  # noqa: S104

    @property
    def admits_loopback(self) -> bool:
        """Whether it is accepted from 127.0.0.1."""
        return self.is_open or self.source.startswith(("127.", "localhost"))

    @property
    def is_restricted(self) -> bool:
        """Whether its view leaves anything out."""
        return self.view is not EVERYTHING

    @property
    def may_write(self) -> bool:
        """Whether it may set objects."""
        return self.directive.name.startswith("rw")

    def shows(self, root: Oid) -> Shows:
        """Return how much of a subtree it may read: the longest subtree that has an object decides (RFC 3415 4)."""
        above = [family for family in self.view if root[: len(family[1])] == family[1]]
        included = max(above, key=lambda family: len(family[1]), default=(False, ()))[0]
        below = [family[0] for family in self.view if family[1][: len(root)] == root and len(family[1]) > len(root)]
        if (included and False in below) or (not included and True in below):
            return Shows.part
        return Shows.all if included else Shows.nothing


def accesses(conf: SnmpdConf) -> list[Access]:
    """Return all that may read anything, in the order of the lines that admit them."""
    views = _views(conf)
    found = [_plain(one, views) for one in conf.named("rocommunity", "rocommunity6", "rwcommunity", "rwcommunity6")]
    found += [_plain(one, views) for one in conf.named("rouser", "rwuser")]
    found += _grouped(conf, views)
    order = {id(one): place for place, one in enumerate(conf.directives)}
    return sorted(found, key=lambda access: order[id(access.directive)])


def _views(conf: SnmpdConf) -> dict[str, list[Family]]:
    views: dict[str, list[Family]] = defaultdict(list)
    for one in conf.named("view"):
        if len(one.words) >= 3:  # noqa: PLR2004  NAME TYPE OID
            name, kind, oid = one.words[:3]
            views[name].append((kind.lower() == "included", _oid(oid)))
    return views


def _oid(text: str) -> Oid:
    """Return an OID by number or by name; one whose name is not known is below mib-2, where we are not."""
    try:
        return parse(text)
    except ValueError:
        head, _, rest = text.lstrip(".").partition(".")
        base = _NAMES.get(head, (1, 3, 6, 1, 2, 1, 0))
        return (*base, *(int(part) for part in rest.split(".") if part.isdecimal()))


def _plain(one: Directive, views: dict[str, list[Family]]) -> Access:
    """Read `rocommunity NAME [SOURCE [OID | -V VIEW]]` and `rouser NAME [LEVEL [OID | -V VIEW]]`."""
    words = [*one.words[: one.comment]]
    is_user = one.name.endswith("user")
    if is_user and words[:1] == ["-s"]:
        words = words[2:]
    name, where, rest = (words[0] if words else ""), (words[1] if len(words) > 1 else "default"), words[2:]
    view: Sequence[Family] = EVERYTHING
    if rest[:1] == ["-V"]:
        view = views.get(rest[1], []) if len(rest) > 1 else []
    elif rest:
        view = [(True, _oid(rest[0]))]
    return Access(one, view) if is_user else Access(one, view, where, name)


def _grouped(conf: SnmpdConf, views: dict[str, list[Family]]) -> Iterator[Access]:
    """Yield what com2sec, group and access admit together, and users that a group has by `usm`."""
    groups: dict[str, set[str]] = defaultdict(set)
    for one in conf.named("group"):
        if len(one.words) >= 3:  # noqa: PLR2004  GROUP MODEL NAME
            groups[one.words[2]].add(one.words[0])
    readable = {one.words[0]: one.words[5] for one in conf.named("access") if len(one.words) > 5}  # noqa: PLR2004
    for one in conf.named("com2sec", "com2sec6"):
        words = one.words[2:] if one.words[:1] and one.words[0] == "-Cn" else one.words
        if len(words) < 3:  # noqa: PLR2004  NAME SOURCE COMMUNITY
            continue
        for group in sorted(groups.get(words[0], ())):
            if group in readable:
                yield Access(one, views.get(readable[group], []), words[1], words[2])
    for one in conf.named("group"):
        if len(one.words) >= 3 and one.words[1].lower() == "usm" and one.words[0] in readable:  # noqa: PLR2004
            yield Access(one, views.get(readable[one.words[0]], []))
