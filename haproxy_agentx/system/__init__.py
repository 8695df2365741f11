"""What the operating system gives and demands: descriptors, locks, limits, sockets, and time that passes."""
