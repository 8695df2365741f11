"""HAProxy statistics and VRRP service health in SNMP, as an AgentX (RFC 2741) subagent."""

__version__ = "0.1.0"
