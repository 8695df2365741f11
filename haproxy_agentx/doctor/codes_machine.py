"""The codes of what is found on the machine and at the running daemon. Pure."""

from haproxy_agentx.doctor.finding import Code, Grade

_WARN, _FAIL = Grade.warn, Grade.fail

CODES: dict[str, Code] = {
    # haproxy-agentx
    "HAX-AGENT-001": Code(
        _FAIL,
        "The configuration of haproxy-agentx is invalid",
        "`haproxy-agentx check-config` prints each error.",
    ),
    "HAX-AGENT-002": Code(
        _FAIL,
        "haproxy-agentx does not run",
        "Nothing is in SNMP, and nothing is reported.",
    ),
    "HAX-AGENT-003": Code(
        _FAIL,
        "haproxy-agentx has a problem",
        "The running daemon reports it, with its remedy; `haproxy-agentx status` shows all.",
    ),
    "HAX-AGENT-004": Code(
        _FAIL,
        "The subtree is not there when it is asked for",
        "snmpd was asked on this host with the community of `keepalived.snmp`, as a monitoring host would ask.",
    ),
    # the machine
    "HAX-SYSTEM-001": Code(
        _FAIL,
        "The group haproxy-agentx is missing",
        "HAProxy does not start when the group of a `stats socket` is missing.",
    ),
    "HAX-SYSTEM-002": Code(
        _FAIL,
        "The folder of the AgentX socket is closed",
        "`agentXPerms` counts only where snmpd creates the folder; an existing one keeps its mode.",
    ),
    "HAX-SYSTEM-003": Code(
        _FAIL,
        "The FIFO is a regular file or missing",
        "keepalived writes to what it finds; a regular file grows, and no program reads it.",
    ),
    "HAX-SYSTEM-004": Code(
        _FAIL,
        "keepalived refuses the FIFO because of its owner",
        "From 2.4.0 on, keepalived uses a FIFO that it finds only if its own user, or the user that the line "
        "names, owns it.",
    ),
    "HAX-SYSTEM-005": Code(
        _WARN,
        "keepalived may start before snmpd",
        "It then connects 15 s later, and the traps of its first change of role are lost.",
    ),
    "HAX-SYSTEM-006": Code(
        _WARN,
        "The clock is not synchronized",
        "Events of two nodes cannot be put in order.",
    ),
    "HAX-SYSTEM-007": Code(
        _WARN,
        "The MIB module is not where net-snmp looks for it",
        "Names of objects resolve on this host only with it; numbers work without.",
    ),
    # the store
    "HAX-STORE-001": Code(
        _FAIL,
        "The store is not written",
        "Row indexes and events are kept in memory: a restart loses them, and graphs mix up servers.",
    ),
    "HAX-STORE-002": Code(
        _FAIL,
        "The folder of the store is missing",
        "The service makes it at its start (`StateDirectory=`), unless the key `store` names another one.",
    ),
    "HAX-STORE-003": Code(
        _FAIL,
        "The disk of the store is full",
        "What cannot be written stays in memory, and a restart loses it. The store itself grows to a few MB.",
    ),
    "HAX-STORE-004": Code(
        _FAIL,
        "The store belongs to another user",
        "The daemon runs without privileges. A backup that root has put back, or a run as root, leaves files that it "
        "may not write.",
    ),
    "HAX-STORE-005": Code(
        _FAIL,
        "The store is of another version or program",
        "An older version does not write the tables of a newer one, and nothing is lost by that: install the newer "
        "one again.",
    ),
    "HAX-STORE-006": Code(
        _WARN,
        "A damaged store was set aside",
        "Row indexes and event numbers restarted: check what stores them, such as graphs.",
    ),
    # limits
    "HAX-LIMIT-001": Code(
        _WARN,
        "Nearly all descriptors are open",
        "Without a free one no connection is made: HAProxy, snmpd and peers cannot be read.",
    ),
    "HAX-LIMIT-002": Code(
        _WARN,
        "Nearly all memory is used",
        "The answer of an HAProxy whose rows have no room is refused, and beyond the limit the kernel ends the daemon.",
    ),
    # peers
    "HAX-PEER-001": Code(
        _FAIL,
        "The unit denies the traffic to a peer",
        "`IPAddressDeny=any` of the unit keeps the daemon on this machine; each peer needs its `IPAddressAllow=`.",
    ),
    "HAX-PEER-002": Code(
        _FAIL,
        "A peer does not answer",
        "No SNMP agent answers there: the host or snmpd is down, does not listen on that address, or a packet filter "
        "is between. What the pair is as a whole is not known.",
    ),
    "HAX-PEER-003": Code(
        _FAIL,
        "A peer refuses the community or user",
        "snmpd does not answer a wrong community. An agent is there: it answered a request for its engine ID (SNMPv3), "
        "which needs no user.",
    ),
    "HAX-PEER-004": Code(
        _FAIL,
        "A peer does not show HAPROXY-AGENTX-MIB",
        "Its snmpd answers, but haproxy-agentx does not run there, or the view hides it.",
    ),
    "HAX-PEER-005": Code(
        _FAIL,
        "The address of a peer moves between the nodes",
        "With a virtual address, a node reads the node that holds it, at times itself.",
    ),
    "HAX-PEER-006": Code(
        _FAIL,
        "A peer cannot be compared",
        "It is this node itself, has a version that cannot be compared, or has too many services.",
    ),
    "HAX-PEER-007": Code(
        _WARN,
        "A peer does not read this node",
        "Only one node then knows the pair, and only that one reports a split brain.",
    ),
    "HAX-PEER-008": Code(
        _WARN,
        "The clocks of two nodes differ",
        "The events of a failover come from both nodes and cannot be put in order.",
    ),
    "HAX-PEER-009": Code(
        _WARN,
        "The versions of two nodes differ",
        "They read each other, and one of them does not know what the other reports.",
    ),
}
