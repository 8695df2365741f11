"""All attacks at once, for minutes, on the pair in the lab: whether what is reported is true, whole and in time."""
