"""The rehearsal of a failover: what is checked before, what is watched, and what came of it."""
