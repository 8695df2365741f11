"""Measures the daemon beside other AgentX agents: see README.md."""
