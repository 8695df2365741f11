"""One HAProxy instance, a process as in haxProcessTable: read at its interval, its rows ready for the view.

It outlives the OS processes of HAProxy, which ``haproxy/`` distinguishes by process id and start time.
"""
