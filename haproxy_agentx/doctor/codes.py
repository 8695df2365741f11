"""The codes of all findings: permanent names, how bad each is, and why. Pure. docs/doctor.md is made from it.

Those of configuration files are here, those of the machine and of the daemon in ``codes_machine``.
"""

from haproxy_agentx.doctor import codes_machine
from haproxy_agentx.doctor.finding import Code, Grade

_WARN, _FAIL = Grade.warn, Grade.fail


CODES: dict[str, Code] = {
    # HAProxy
    "HAX-HAPROXY-001": Code(
        _FAIL,
        "haproxy.cfg is missing",
        "Without HAProxy there is nothing to report.",
    ),
    "HAX-HAPROXY-002": Code(
        _FAIL,
        "No statistics socket at the configured path",
        "HAProxy shows its statistics on a `stats socket` only; each path of `haproxy:` in config.yaml needs its line.",
    ),
    "HAX-HAPROXY-003": Code(
        _FAIL,
        "The statistics socket is closed to haproxy-agentx",
        "The daemon runs without privileges, in its own group. That group needs to read and write the socket.",
    ),
    "HAX-HAPROXY-004": Code(
        _WARN,
        "The statistics socket has more than level user",
        "`level admin` and `level operator` let everybody in the socket's group disable servers and stop "
        "HAProxy. To read statistics, `level user` is enough; only certificates need operator, on a socket of "
        "their own.",
    ),
    "HAX-HAPROXY-005": Code(
        _WARN,
        "Each local user may use the statistics socket",
        "A socket serves ten connections (`stats maxconn`). A local program that keeps them open makes "
        "HAProxy look silent.",
    ),
    "HAX-HAPROXY-006": Code(
        _WARN,
        "A backend has no servers",
        "HAProxy reports a backend without servers as UP, and its clients get 503.",
    ),
    "HAX-HAPROXY-007": Code(
        _WARN,
        "Servers without a check",
        "HAProxy counts a server without `check` as usable whatever becomes of it: a dead one leaves the "
        "backend UP, and clients get 503. Health then says unchecked.",
    ),
    "HAX-HAPROXY-008": Code(
        _WARN,
        "A frontend's maxconn is above that of the process",
        "The limit of the process is reached first. Then all frontends are full, also those that have room of "
        "their own.",
    ),
    "HAX-HAPROXY-009": Code(
        _FAIL,
        "HAProxy cannot bind on the standby",
        "A node without the virtual address cannot bind to it unless the kernel allows it: HAProxy does not "
        "start there, and after a failover no node serves.",
    ),
    # snmpd
    "HAX-SNMPD-001": Code(
        _FAIL,
        "snmpd.conf is missing",
        "snmpd is the AgentX master; without it neither haproxy-agentx nor keepalived is in SNMP.",
    ),
    "HAX-SNMPD-002": Code(
        _FAIL,
        "AgentX is not switched on",
        "Without `master agentx` snmpd opens no socket for subagents.",
    ),
    "HAX-SNMPD-003": Code(
        _FAIL,
        "A comment switches AgentX off",
        "net-snmp has comments at the beginning of a line only. Behind `master agentx` the comment is part of "
        "the value, which is then not `agentx`; snmpd logs nothing.",
    ),
    "HAX-SNMPD-004": Code(
        _FAIL,
        "AgentX is switched off by its value",
        "net-snmp takes agentx, all, yes, on and 1; any other value is off.",
    ),
    "HAX-SNMPD-005": Code(
        _FAIL,
        "snmpd's AgentX socket is elsewhere",
        "haproxy-agentx and snmpd have to name the same socket.",
    ),
    "HAX-SNMPD-006": Code(
        _FAIL,
        "The AgentX socket is for root only",
        "Without `agentXPerms` only root may connect, and haproxy-agentx runs without privileges.",
    ),
    "HAX-SNMPD-007": Code(
        _FAIL,
        "agentXPerms excludes haproxy-agentx",
        "The socket's mode and group (first and fourth word) have to let the group haproxy-agentx read and write.",
    ),
    "HAX-SNMPD-008": Code(
        _FAIL,
        "The folder of the AgentX socket is closed",
        "The second word of `agentXPerms` is the mode of the folder, which haproxy-agentx has to enter. "
        "Without it, it is 0700.",
    ),
    "HAX-SNMPD-009": Code(
        _FAIL,
        "A comment breaks a trap receiver",
        "Behind `trap2sink` a comment is read as community or port, and the receiver gets nothing.",
    ),
    "HAX-SNMPD-010": Code(
        _WARN,
        "A comment behind a directive",
        "net-snmp has comments at the beginning of a line only; here it is part of the value.",
    ),
    "HAX-SNMPD-011": Code(
        _FAIL,
        "agentaddress is there twice",
        "snmpd opens the addresses of both lines, and does not start if they overlap.",
    ),
    "HAX-SNMPD-012": Code(
        _WARN,
        "snmpd listens on this host only",
        "This is how Debian installs snmpd. Traps leave, but no monitoring host can ask.",
    ),
    "HAX-SNMPD-013": Code(
        _FAIL,
        "No community and no user may read the subtree",
        "Each community and each user has a view. The view of Debian's `public` has the system group only.",
    ),
    "HAX-SNMPD-014": Code(
        _WARN,
        "A view has a part of the subtree",
        "snmpd asks the subagent for each hidden object, one after the other, so that a walk of many servers "
        "times out.",
    ),
    "HAX-SNMPD-015": Code(
        _WARN,
        "A community or user may write",
        "haproxy-agentx has no object that can be set. Other agents behind the same snmpd have.",
    ),
    "HAX-SNMPD-016": Code(
        _WARN,
        "A guessable community is open to all addresses",
        "HAProxy's statistics name servers and addresses.",
    ),
    "HAX-SNMPD-017": Code(
        _FAIL,
        "KEEPALIVED-MIB cannot be read from this host",
        "haproxy-agentx polls it through snmpd with the community of `keepalived.snmp`; without it a frozen "
        "keepalived and a conflict of addresses are not noticed.",
    ),
    "HAX-SNMPD-018": Code(
        _FAIL,
        "A community is hidden behind one of the same name",
        "snmpd takes the first line that fits, which has a view: the second has no effect.",
    ),
    "HAX-SNMPD-019": Code(
        _FAIL,
        "Another directive answers for the subtree",
        "`pass`, `pass_persist`, `proxy` and `extend` register an OID as a subagent does; two cannot have the same.",
    ),
    "HAX-SNMPD-020": Code(
        _FAIL,
        "No trap receiver",
        "snmpd sends notifications to the receivers that it has, and acknowledges them also where it has none.",
    ),
    "HAX-SNMPD-021": Code(
        _WARN,
        "A trap receiver gets SNMPv1",
        "SNMPv1 traps are converted (RFC 3584), which some receivers do not do well.",
    ),
    "HAX-SNMPD-022": Code(
        _WARN,
        "keepalived's traps do not reach haproxy-agentx",
        "A second receiver on this host, `keepalived.traps` of config.yaml, shows whether keepalived's trap "
        "of a failover was sent.",
    ),
    "HAX-SNMPD-023": Code(
        _FAIL,
        "sendMessageMaxSize is too small",
        "snmpd acknowledges a notification with its content; where that does not fit, the acknowledgement "
        "never comes, and the notification is repeated and given up.",
    ),
    # keepalived
    "HAX-KEEP-001": Code(
        _WARN,
        "keepalived.conf is missing",
        "Without keepalived the node is one service without a role, and no address moves.",
    ),
    "HAX-KEEP-002": Code(
        _FAIL,
        "A brace has no counterpart",
        "keepalived reads on, and what follows is part of another block.",
    ),
    "HAX-KEEP-003": Code(
        _WARN,
        "keepalived has SNMP switched off",
        "KEEPALIVED-MIB has the roles, priorities and addresses; keepalived's own traps come from the same "
        "switch: `-x`, or `enable_snmp_vrrp`.",
    ),
    "HAX-KEEP-004": Code(
        _WARN,
        "keepalived sends no traps",
        "haproxy-agentx matches its own notification of a failover with keepalived's.",
    ),
    "HAX-KEEP-005": Code(
        _WARN,
        "keepalived does not write to the FIFO",
        "The FIFO shows each change of role first, and the end of keepalived within a second.",
    ),
    "HAX-KEEP-006": Code(
        _FAIL,
        "keepalived writes to another FIFO",
        "A FIFO has one reader, and `vrrp_notify_fifo` can be set once.",
    ),
    "HAX-KEEP-007": Code(
        _WARN,
        "No VRRP instance",
        "keepalived moves no address.",
    ),
    "HAX-KEEP-008": Code(
        _FAIL,
        "vrrp_strict with VRRPv2",
        "RFC 3768 lets only the owner of an address answer for it; keepalived enforces it by a firewall rule, "
        "so that the MASTER holds the address and serves no client.",
    ),
    "HAX-KEEP-009": Code(
        _FAIL,
        "A virtual_router_id is there twice",
        "Both instances send as the same virtual router; receivers take their advertisements for one another's.",
    ),
    "HAX-KEEP-010": Code(
        _FAIL,
        "An instance without an address",
        "It changes its role, and no client notices.",
    ),
    "HAX-KEEP-011": Code(
        _WARN,
        "More addresses than fit an advertisement",
        "keepalived sends 20 at most; the others belong into virtual_ipaddress_excluded.",
    ),
    "HAX-KEEP-012": Code(
        _WARN,
        "nopreempt has no effect",
        "keepalived clears nopreempt of an instance whose initial state is MASTER: the address moves back.",
    ),
    "HAX-KEEP-013": Code(
        _WARN,
        "Authentication with VRRPv3",
        "VRRPv3 has none; the lines suggest a protection that is not there.",
    ),
    "HAX-KEEP-014": Code(
        _WARN,
        "auth_pass is longer than eight characters",
        "VRRPv2 has room for eight octets; what follows is not compared.",
    ),
    "HAX-KEEP-015": Code(
        _FAIL,
        "A tracked script is not defined",
        "keepalived logs it and goes on without it: HAProxy is not checked.",
    ),
    "HAX-KEEP-016": Code(
        _FAIL,
        "An instance tracks nothing of HAProxy",
        "The address stays when HAProxy ends, and clients get nothing.",
    ),
    "HAX-KEEP-017": Code(
        _WARN,
        "A script is not tracked",
        "It is defined, and no instance uses it.",
    ),
    "HAX-KEEP-018": Code(
        _WARN,
        "The check only asks whether a process is there",
        "`killall -0 haproxy` succeeds while HAProxy is frozen, at its maxconn, or has no server left. "
        "haproxy-agentx reports these as blackhole; the address does not move.",
    ),
    "HAX-KEEP-019": Code(
        _WARN,
        "Scripts without script_user or security",
        "Scripts run as keepalived_script if that user exists, else as root.",
    ),
    "HAX-KEEP-020": Code(
        _WARN,
        "No gratuitous ARP is repeated",
        "The node that stays MASTER after a split brain never changed its role, and so announces nothing: "
        "neighbours can send to the other node until their entries expire.",
    ),
    # the two nodes together
    "HAX-PAIR-001": Code(
        _FAIL,
        "The other node lacks an instance",
        "No node takes its addresses over.",
    ),
    "HAX-PAIR-002": Code(
        _FAIL,
        "virtual_router_id differs",
        "Both nodes are MASTER and hold the addresses.",
    ),
    "HAX-PAIR-003": Code(
        _WARN,
        "advert_int differs",
        "VRRPv2 wants the same interval on both nodes (RFC 3768 7.1).",
    ),
    "HAX-PAIR-004": Code(
        _FAIL,
        "The version of VRRP differs",
        "Both nodes are MASTER and hold the addresses.",
    ),
    "HAX-PAIR-005": Code(
        _FAIL,
        "The addresses differ",
        "After a failover some addresses are nowhere.",
    ),
    "HAX-PAIR-006": Code(
        _WARN,
        "Both nodes have the same priority",
        "The higher address of their own decides which one serves, by chance.",
    ),
    "HAX-PAIR-007": Code(
        _FAIL,
        "The authentication differs",
        "Each node ignores the other, and both hold the addresses.",
    ),
    "HAX-PAIR-008": Code(
        _FAIL,
        "One node sends unicast, the other multicast",
        "At least one does not hear the other.",
    ),
    "HAX-PAIR-009": Code(
        _FAIL,
        "A failed check does not move the address",
        "The weight of the check is too small: the priority stays above that of the other node, or that one "
        "does not preempt. HAProxy ends, and the address stays.",
    ),
    **codes_machine.CODES,
}
