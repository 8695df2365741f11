"""The types of paths: of files, of sockets, and of files with a secret. Pure; no message repeats the text."""

import re

from haproxy_agentx.settings.types import FileUse, ValueType, text

CREDENTIAL = "credential:"
CREDENTIALS_DIRECTORY = "/run/credentials/haproxy-agentx.service"
"""Where systemd puts LoadCredential= of our unit (systemd.exec(5)); the daemon itself reads the environment."""

SOCKET_PATH_LIMIT = 107
"""Octets in the path of a Unix socket (unix(7)): sun_path less its end."""

PATH_LIMIT = 4095
PATH_PATTERN = "/.*[^/]"
_CREDENTIAL_NAME = re.compile(r"[A-Za-z0-9._:@-]{1,255}")


def checked_path(text: str, remedy: str) -> str:
    """Return the absolute path of a file. Raise ValueError with 'what' and the remedy."""
    if not text.startswith("/"):
        raise ValueError("it is not an absolute path" + remedy)
    if text.endswith("/"):
        raise ValueError("it is the path of a folder" + remedy)
    if not text.isprintable():
        raise ValueError("there is a character in it that cannot be printed" + remedy)
    if len(text.encode()) > PATH_LIMIT:
        raise ValueError(f"it is longer than {PATH_LIMIT} octets" + remedy)
    return text


def checked_socket_path(text: str, remedy: str) -> str:
    """Return the absolute path of a socket. Raise ValueError with 'what' and the remedy."""
    if len(checked_path(text, remedy).encode()) > SOCKET_PATH_LIMIT:
        raise ValueError(f"the path of a socket has at most {SOCKET_PATH_LIMIT} octets: use a shorter one, or a link")
    return text


def _path(text: str) -> str:
    return checked_path(text, ": write the whole path, beginning with /")


def _socket_path(text: str) -> str:
    return checked_socket_path(text, ": write the whole path of the socket, beginning with /")


PATH: ValueType[str] = ValueType(words="path", read=_path, schema={**text(PATH_PATTERN), "maxLength": PATH_LIMIT})
"""A file that is no part of the configuration."""

READ_PATH: ValueType[str] = ValueType(words="path", read=_path, schema=PATH.schema, file=FileUse.public)
"""A file that the daemon reads, such as certificates."""

SOCKET_PATH: ValueType[str] = ValueType(
    words="path", read=_socket_path, schema={**text(PATH_PATTERN), "maxLength": SOCKET_PATH_LIMIT}
)


def secret_file(what: str) -> ValueType[str]:
    """Return the type of the path of a file that holds a secret, or of ``credential:NAME``; ``what`` is the secret.

    The value of the latter is made by ``resolved``.
    """
    remedy = f": write the whole path of a file that holds the {what}, or credential:NAME for a systemd credential"

    def read(text: str) -> str:
        if not text.startswith(CREDENTIAL):
            return checked_path(text, remedy)
        credential = text.removeprefix(CREDENTIAL)
        if not _CREDENTIAL_NAME.fullmatch(credential) or credential in {".", ".."}:
            raise ValueError("what follows 'credential:' is not the name of one" + remedy)
        return text

    return ValueType(
        words="path, or credential:NAME",
        read=read,
        schema={**text(f"{PATH_PATTERN}|{CREDENTIAL}{_CREDENTIAL_NAME.pattern}"), "maxLength": PATH_LIMIT},
        file=FileUse.secret,
    )


def resolved(value: str, credentials: str) -> str:
    """Return the path of a file with a secret: ``credential:NAME`` is a file in the folder ``credentials``."""
    name = value.removeprefix(CREDENTIAL)
    return value if name == value else f"{credentials.rstrip('/')}/{name}"
