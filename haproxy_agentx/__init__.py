"""HAProxy in SNMP, as an AgentX (RFC 2741) subagent beside keepalived."""

__version__ = "0.1.0"
