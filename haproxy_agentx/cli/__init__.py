"""The command line: one module for each thing that an administrator asks."""
