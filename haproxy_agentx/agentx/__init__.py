"""RFC 2741, the subagent's side.

Everything here but ``connection`` and ``transport`` is without IO: bytes in, events and bytes out.
"""
