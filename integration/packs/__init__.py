"""Packs for monitoring systems, all generated from the declaration of the MIB and from what matters in it.

``watched`` and ``alarms`` are the description; a module for each system renders it. ``python -m integration.packs``
writes the files.
"""
