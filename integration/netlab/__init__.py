"""Two load balancers, web servers, a trap sink and a client in network namespaces of one machine.

`Lab` is all that a test needs; `python -m integration.netlab` is the same by hand.
"""

from integration.netlab.lab import Lab
from integration.netlab.traps import Trap
from integration.netlab.waiting import LabError, wait_for

__all__ = ["Lab", "LabError", "Trap", "wait_for"]
