"""Texts without their secrets: of configurations by what is known to be none, of all else by what is known to be one.

Pure. The secrets of a configuration are remembered, so that they are hidden in logs and answers, too.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

from haproxy_agentx.bundle.shapes import Shape

HIDDEN = "<hidden>"
"""Stands for what is left out."""

SHORTEST = 3
"""Characters of a text that is hidden wherever it is found; shorter ones are parts of many words."""

LONGEST = 256
"""Characters of a word of a configuration that is looked for elsewhere."""

_WORD = re.compile(r"\"[^\"]*\"|'[^']*'|[{}]|[^\s{}]+")
_PLAIN = re.compile(
    r"[-+]?[0-9]{1,9}(?:us|ms|s|m|h|d|k|[kKmMgG]?[bB]?)?"  # numbers, times and sizes
    r"|[*]?(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3})?(?:/[0-9]{1,3})?(?::[0-9]{1,5})?"
    r"|\[?(?=[0-9a-fA-F:.]*:[0-9a-fA-F:.]*:)[0-9a-fA-F:.]{2,45}\]?(?:/[0-9]{1,3})?(?::[0-9]{1,5})?"
    r"|\$\{?[A-Z_]{1,30}\}?"
    r"|\.?1(?:\.[0-9]{1,10}){1,30}"
)
"""Numbers, addresses with a port or a length, references of macros, object identifiers."""

_HOST_ONLY = re.compile(r"\s*@\^?[A-Za-z0-9_.-]{1,64}\s+")
"""What limits a line of keepalived.conf to a host."""

_NAME = re.compile(r"[A-Za-z0-9_./:@-]{1,108}")
_CREDENTIALS = re.compile(r"\b([a-zA-Z][a-zA-Z0-9+.-]*://)\S*@")
_QUERY = re.compile(r"(://[^\s?#;]*)[?#;]\S*")
_ASSIGNED = re.compile(
    r"(?i)\b((?!\w*_file\b)\w*(?:pass(?:word|phrase|wd)?|community|secret|token|api_?key|authorization)\w*\"?\s*[=:]\s*)"
    r"(\"[^\"]*\"|'[^']*'|(?:(?:basic|bearer)\s+)?\S+)"
)


@dataclass(slots=True)
class Filtered:
    """A configuration as it is shown, and the secrets in it: what stands where a secret does."""

    lines: list[str] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)

    @property
    def text(self) -> str:
        """The text."""
        return "".join(f"{line}\n" for line in self.lines)


class _Fate(Enum):
    """What becomes of a word."""

    shown = 1
    unknown = 2
    """It is hidden, and is looked for nowhere else: most such words are no secret."""
    secret = 3


def filtered(text: str, shape: Shape) -> Filtered:
    """Return what is shown of a configuration. The number of lines stays, so that findings name the right one."""
    found = Filtered()
    named = frozenset(_named(text, shape))
    for line in text.split("\n"):
        body, mark = _without_comment(line)
        indent = body[: len(body) - len(body.lstrip())]
        host = _HOST_ONLY.match(body)
        indent, body = (host[0], body[host.end() :]) if host else (indent, body)
        words = _words(body)
        fates = _fates(words, shape, named)
        found.secrets |= {
            bare for word, fate in zip(words, fates, strict=True) if fate is _Fate.secret for bare in _bare(word, shape)
        }
        shown = [word if fate is _Fate.shown else HIDDEN for word, fate in zip(words, fates, strict=True)]
        found.lines.append((indent + " ".join(shown) + (f" {mark} {HIDDEN}" if mark else "")).rstrip())
    return found


def _without_comment(line: str) -> tuple[str, str]:
    """Return what precedes a comment, and its mark. A mark within a word begins one, too: that hides more."""
    found = re.search(r"[#!]", line)
    return (line, "") if found is None else (line[: found.start()], found[0])


def _words(body: str) -> list[str]:
    """Return the words of a line; what is quoted is one. Of a line whose quotes do not match, all but one is one."""
    if "\\" not in body and body.count('"') % 2 == 0 and body.count("'") % 2 == 0:
        return _WORD.findall(body)
    first, *rest = body.split(maxsplit=1)
    return [first, f'"{rest[0]}"'] if rest else [first]


def _named(text: str, shape: Shape) -> Iterator[str]:
    """Yield the names that a file declares."""
    for line in text.split("\n"):
        words = _WORD.findall(_without_comment(line)[0])
        if len(words) > 1 and words[0].lower() in shape.naming and _NAME.fullmatch(words[1]):
            yield words[1]


def _fates(words: Sequence[str], shape: Shape, named: Collection[str]) -> list[_Fate]:
    """Return what becomes of each word of a line. A number counts for nothing behind a word that is hidden."""
    if not words:
        return []
    known = [word.lower() for word in words]
    first = known[0]
    is_line = first in shape.lines or first in shape.secret or words[0] in named or _is_address(first)
    rest = _Fate.secret if shape.confidential.intersection(known) else _Fate.unknown
    fates = [_Fate.shown if is_line or first in shape.confidential else rest]
    for place, word in enumerate(words[1:], 1):
        is_free = fates[-1] is _Fate.shown or place - 1 in shape.hidden.get(first, ())
        if word in "{}":
            fates.append(_Fate.shown)
        elif known[place - 1] in shape.secret or place in shape.hidden.get(first, ()):
            fates.append(_Fate.secret)
        elif not is_line or place >= shape.most.get(first, len(words)):
            fates.append(rest)
        else:
            is_known = known[place] in shape.words | shape.lines | shape.secret or word in named
            is_value = is_free and _is_value(word, known[place - 1] in shape.naming)
            fates.append(_Fate.shown if is_known or is_value else rest)
    return fates


def _is_value(word: str, is_name: bool) -> bool:  # noqa: FBT001  what is asked for
    return (is_name and _NAME.fullmatch(word) is not None) or _PLAIN.fullmatch(word) is not None


def _is_address(word: str) -> bool:
    return ("." in word or ":" in word) and _PLAIN.fullmatch(word) is not None


def _bare(word: str, shape: Shape) -> Iterator[str]:
    """Yield a secret without its quotes, and what follows its user."""
    bare = word.strip("\"'")
    for each in (bare, bare.partition(":")[2]):
        is_long_enough = SHORTEST <= len(each) <= LONGEST
        if is_long_enough and not _is_address(each) and each.lower() not in shape.words | shape.lines:
            yield each


def replaced(text: str, secrets: Iterable[str]) -> str:
    """Return a text without these secrets, and without what is a secret by its place: in URLs and assignments."""
    for secret in sorted((one for one in set(secrets) if len(one) >= SHORTEST), key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    text = _CREDENTIALS.sub(rf"\1{HIDDEN}@", text)
    text = _QUERY.sub(rf"\1?{HIDDEN}", text)
    return _ASSIGNED.sub(rf"\1{HIDDEN}", text)


def replaced_in(value: object, secrets: Collection[str]) -> object:
    """Return a value of JSON in which each text is ``replaced``, also those that are keys."""
    if isinstance(value, str):
        return replaced(value, secrets)
    if isinstance(value, dict):
        return {replaced(str(key), secrets): replaced_in(each, secrets) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [replaced_in(each, secrets) for each in value]
    return value
