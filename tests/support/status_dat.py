"""The file in which Nagios, and Icinga 2 by its StatusDataWriter, show the state of each service."""

import re
from pathlib import Path


def service_states(file: Path) -> dict[tuple[str, str], tuple[int, str]]:
    """Return the state and the output of each service that has been checked, by its host and its name."""
    text = file.read_text() if file.exists() else ""
    found = {}
    for block in re.findall(r"servicestatus \{(.*?)\n\t?\}", text, re.DOTALL):
        fields = dict(line.strip().split("=", 1) for line in block.splitlines() if "=" in line)
        if fields.get("has_been_checked") == "1":
            found[fields["host_name"], fields["service_description"]] = (
                int(fields["current_state"]),
                fields["plugin_output"],
            )
    return found
