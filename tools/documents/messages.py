"""The kinds of log lines for docs/messages.md, and as a catalog of the journal. Pure."""

from haproxy_agentx.vocabulary.log_kinds import LogKind
from tools.documents.parts import Parts, table


def kinds() -> str:
    """Return a row for each kind."""
    rows = ((f"`{kind.name}`", kind.value.title, kind.value.words, f"`{kind.value.id}`") for kind in LogKind)
    return table(("kind", "title", "meaning", "MESSAGE_ID"), rows)


def catalog() -> str:
    """Return the message catalog, which `journalctl -x` shows (systemd's catalog files)."""
    entries = (
        f"-- {kind.value.id}\nSubject: {kind.value.title}\nDefined-By: haproxy-agentx\n\n{kind.value.words}\n"
        for kind in LogKind
    )
    return "# Made by make mib.\n\n" + "\n".join(entries)


PARTS: Parts = {"kinds": kinds}
"""What is generated, by name."""
