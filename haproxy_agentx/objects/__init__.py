"""Managed objects: the declaration of HAPROXY-AGENTX-MIB and the tables that answer for it."""
