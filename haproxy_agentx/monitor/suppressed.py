"""The words of the one notification for all that was not reported one by one. Pure."""

MANY = "(several)"
"""Subject of an event that stands for events of different subjects."""


def not_reported(count: int) -> str:
    """Return the clause that says how many changes were suppressed."""
    return f"{count} changes in a short time were not reported one by one"


def still_waiting(count: int) -> str:
    """Return the clause that says how many subjects wait for the limit, although nothing of theirs is suppressed."""
    return f"{count} more have changed and are reported one by one as the limit of notifications allows"
