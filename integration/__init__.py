"""The labs: the daemon beside real snmpd, keepalived and HAProxy."""
