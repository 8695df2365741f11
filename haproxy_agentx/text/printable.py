"""Text from outside, made fit for one line of a log or a terminal."""


def printable(text: str, limit: int = 200) -> str:
    """Return ``text`` with each character that is not printable escaped as in a Python string, cut at ``limit``.

    A line break in a name can so not begin a line of its own, and an escape sequence does not reach a terminal.
    """
    cut = text if len(text) <= limit else text[:limit] + "..."
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in cut)
