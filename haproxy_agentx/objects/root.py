"""Where HAPROXY-AGENTX-MIB is rooted unless the configuration says otherwise."""

from haproxy_agentx.agentx.oid import Oid

LAST_UPDATED = "202611220000Z"
"""The date of the newest revision of the module (RFC 2578 5.5)."""

ROOT: Oid = (1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 8404)
"""netSnmpPlaypen 8404, until the project has an enterprise number."""
