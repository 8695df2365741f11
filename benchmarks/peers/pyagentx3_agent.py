"""The table of the benchmark in pyagentx3 0.1.4: ``pyagentx3_agent.py SOCKET ROWS``.

30 columns below 1.3.6.1.4.1.58999.1.1.1 with two integer indexes: 18 Counter64, 6 Gauge32, 6 OctetString. Prints
``ready`` on standard error once the rows are there. A full walk is quadratic: 100 rows are plenty.
"""

import sys

import pyagentx3

TABLE = "1.3.6.1.4.1.58999.1.1.1"
COLUMNS = 30


class Rows(pyagentx3.Updater):
    """Sets every cell once."""

    def update(self) -> None:
        """Set them; pyagentx3 calls this in a thread of its own."""
        for column in range(1, COLUMNS + 1):
            for row in range(int(sys.argv[2])):
                name = f"{column}.{row // 100 + 1}.{row % 100 + 1}"
                if column % 5 == 0:
                    self.set_OCTETSTRING(name, f"be{row // 100 + 1:03}/srv{row % 100 + 1:03}.c{column:02}")
                elif column % 5 == 4:
                    self.set_GAUGE32(name, row * 31 + column & 0x7FFFFFFF)
                else:
                    self.set_COUNTER64(name, row * 1000003 + column)
        print("ready", file=sys.stderr, flush=True)


class Agent(pyagentx3.Agent):
    """One table, refreshed practically never."""

    def setup(self) -> None:
        """Say what to register; pyagentx3 calls this before it connects."""
        self.register(TABLE, Rows, freq=1_000_000)


if __name__ == "__main__":
    Agent(agent_id="bench", socket_path=sys.argv[1]).start()
