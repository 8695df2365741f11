"""How a record declares the keys of the configuration file: one field with its type, default and help is one key.

The records are declared where they are used (``config.model``, ``vrrp.access``, ``haproxy.probe_target``, ...); what
reads, prints and documents them is in ``config`` and knows no key.
"""
