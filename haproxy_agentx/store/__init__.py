"""What is kept permanently: row indexes, the event log, last reports; and the process that writes it."""
