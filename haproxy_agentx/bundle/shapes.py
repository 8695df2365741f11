"""What is shown of the configuration of others: words that are known to be no secret. Tables, and pure.

The default is to hide. A line is shown when its first word is listed, and of it the words that are listed, numbers,
addresses, and the word after one that names something. Where a secret may stand is written down besides, so that a
secret that looks like a number is hidden, too. A comment is hidden, as a secret may be commented out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Shape:
    """The words of one kind of file. Words are compared in lower case.

    ``lines`` are first words of lines that are shown, ``words`` others that are. A word after one of ``naming`` is
    shown, and what is named so at the beginning of a line is shown elsewhere. After one of ``secret`` a word is a
    secret. ``most`` is how many words of a line are shown at most, ``hidden`` which ones are secrets (0 is the first).
    What is hidden in a line with one of ``confidential`` counts as a secret, which is hidden in logs and answers, too.
    """

    lines: frozenset[str]
    words: frozenset[str] = frozenset()
    naming: frozenset[str] = frozenset()
    secret: frozenset[str] = frozenset()
    confidential: frozenset[str] = frozenset()
    most: Mapping[str, int] = field(default_factory=dict)
    hidden: Mapping[str, frozenset[int]] = field(default_factory=dict)


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_COMMUNITY = ("rocommunity", "rwcommunity", "rocommunity6", "rwcommunity6")
_SINK = ("trapsink", "trap2sink", "informsink")

SNMPD = Shape(
    lines=_set("master agentxsocket agentxperms agentxtimeout agentxretries agentaddress view includedir includefile")
    | _set("rouser rwuser group access sysservices dontlogtcpwrappersconnects")
    | frozenset((*_COMMUNITY, *_SINK)),
    words=_set("agentx all default localhost included excluded noauth auth priv noauthnopriv authnopriv authpriv")
    | _set("systemonly -v usm v1 v2c any exact prefix none read write notify udp tcp yes no on off")
    | _set("debian-snmp snmp root haproxy-agentx"),
    naming=_set("agentxsocket agentxperms agentaddress view includedir includefile -v group access"),
    most={**dict.fromkeys(_SINK, 2), "rouser": 1, "rwuser": 1},
    hidden=dict.fromkeys(_COMMUNITY, frozenset({1})),
    confidential=_set("com2sec com2sec6 com2secunix trapcommunity authcommunity createuser usmuser trapsess proxy")
    | _set("defcommunity defpassphrase defauthpassphrase defprivpassphrase defauthmasterkey defprivmasterkey")
    | frozenset((*_COMMUNITY, *_SINK)),
)
"""snmpd.conf(5). Communities are words of a line; users, passphrases, commands and all other lines are hidden."""

KEEPALIVED = Shape(
    lines=_set("global_defs vrrp_instance vrrp_script vrrp_sync_group vrrp_track_process vrrp_track_file state")
    | _set("interface priority virtual_router_id advert_int version vrrp_version nopreempt preempt preempt_delay { }")
    | _set("virtual_ipaddress virtual_ipaddress_excluded virtual_routes unicast_peer unicast_src_ip track_script")
    | _set("track_interface track_process track_file group interval timeout weight fall rise enable_traps include")
    | _set("enable_snmp_vrrp enable_snmp_keepalived enable_snmp_rfc enable_snmp_rfcv2 enable_snmp_rfcv3 router_id")
    | _set("vrrp_notify_fifo vrrp_notify_fifo_script vrrp_strict strict_mode script_user enable_script_security")
    | _set("garp_master_delay garp_master_refresh garp_master_repeat garp_master_refresh_repeat dynamic_interfaces")
    | _set("garp_lower_prio_repeat vrrp_garp_master_refresh vrrp_garp_master_delay startup_delay vrrp_startup_delay")
    | _set("authentication auth_type accept no_accept dont_track_primary native_ipv6 use_vmac mcast_src_ip debug")
    | _set("global_tracking track_bfd process initial_weight net_namespace instance"),
    words=_set("{ } master backup pass ah dev label scope global link host weight on off reverse true false no_track"),
    naming=_set(
        "script_user vrrp_instance vrrp_script vrrp_sync_group vrrp_track_process vrrp_track_file interface router_id"
    )
    | _set("dev label include vrrp_notify_fifo process unicast_src_ip instance"),
    secret=_set("auth_pass password"),
    confidential=_set("auth_pass password"),
)
"""keepalived.conf(5)."""

HAPROXY = Shape(
    lines=_set("global defaults frontend backend listen peers resolvers userlist program mailers cache ring bind mode")
    | _set("balance option timeout maxconn stats server server-template default-server default_backend use_backend")
    | _set("nbthread nbproc daemon user group retries fullconn disabled enabled backlog hash-type master-worker peer")
    | _set("cpu-map chroot ulimit-n maxconnrate maxsslconn hard-stop-after no log-send-hostname rate-limit")
    | _set("monitor-uri nameserver hold resolve_retries accepted_payload_size load-server-state-from-file"),
    words=_set(
        "socket enable level user operator admin mode group timeout maxconn refresh hide-version tcp http health"
    )
    | _set("roundrobin leastconn source first static-rr uri random check inter fastinter downinter rise fall weight")
    | _set("backup disabled track port agent-check agent-port agent-inter ssl verify none required send-proxy on off")
    | _set("send-proxy-v2 accept-proxy v4v6 v6only transparent interface process thread maxqueue minconn slowstart")
    | _set(
        "connect client server queue tunnel check http-request http-keep-alive httplog tcplog dontlognull redispatch"
    )
    | _set("httpchk tcp-check mysql-check pgsql-check redis-check ldap-check ssl-hello-chk smtpchk forwardfor")
    | _set("http-server-close httpclose http-keep-alive socket-stats splice-auto tcpka clitcpka srvtcpka contstats")
    | _set("log-health-checks allbackups persist abortonclose prefer-last-server external-check if unless expose-fd")
    | _set("listeners nosplice alpn h2 http/1.1 h2,http/1.1 init-addr last libc resolvers on-marked-down observe")
    | _set("layer4 layer7 error-limit on-error shutdown-sessions stick-table no-stop addr"),
    naming=_set("frontend backend listen defaults peers resolvers userlist program mailers cache ring server")
    | _set("server-template default_backend use_backend socket user group interface peer nameserver"),
    secret=_set("password insecure-password auth"),
    confidential=_set("password insecure-password auth"),
    most={"use_backend": 2, "mailers": 1, "program": 2, "monitor-uri": 1},
)
"""HAProxy's configuration manual."""
