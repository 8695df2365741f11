"""HAProxy's statistics: the clients that read them (socket, http) and the parsers (stat, info, status)."""
