"""A connection plugin of Ansible to a container of the lab: ansible-core alone has none for docker."""

import subprocess
from pathlib import Path

from ansible.plugins.connection import ConnectionBase

DOCUMENTATION = """
name: lab_exec
short_description: run on a container of the lab
description: Runs on a container of the lab with docker exec.
author: the haproxy-agentx authors
options:
  remote_addr:
    description: the container
    default: inventory_hostname
    vars: [{name: ansible_host}, {name: inventory_hostname}]
"""


class Connection(ConnectionBase):
    """Commands are run by `docker exec`, and files go through it."""

    transport = "lab_exec"
    has_pipelining = True

    def _connect(self):
        self._connected = True
        return self

    def _run(self, command: str, in_data: bytes | None) -> tuple[int, bytes, bytes]:
        argv = ["docker", "exec", "-i", self.get_option("remote_addr"), "sh", "-c", command]
        done = subprocess.run(argv, input=in_data or b"", capture_output=True, check=False)
        return done.returncode, done.stdout, done.stderr

    def exec_command(self, cmd, in_data=None, sudoable=True):
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        return self._run(cmd, in_data)

    def put_file(self, in_path, out_path):
        super().put_file(in_path, out_path)
        self._run(f"cat > '{out_path}'", Path(in_path).read_bytes())

    def fetch_file(self, in_path, out_path):
        super().fetch_file(in_path, out_path)
        Path(out_path).write_bytes(self._run(f"cat '{in_path}'", None)[1])

    def close(self):
        self._connected = False
