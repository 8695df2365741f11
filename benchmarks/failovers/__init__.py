"""What a manager is told of failovers, in the lab with real daemons: how soon, and that nothing is lost or wrong."""
