"""An SNMP client, and messages of SNMPv2c and SNMPv3 with users: what reads or receives from snmpd."""
