"""Two load balancers in containers that boot Debian's systemd, web servers, a trap sink and a client: docs/lab.md.

`DockerLab` is all that a test needs; `python -m integration.dockerlab` is the same by hand.
"""

from integration.dockerlab.lab import DockerLab

__all__ = ["DockerLab"]
