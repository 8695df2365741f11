"""A long series of failovers, reboots and split brains of nodes that read each other: what they say of the pair."""
