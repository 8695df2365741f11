"""A Zabbix server with its front end, database and trap receiver, beside the lab of network namespaces."""
