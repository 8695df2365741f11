"""The API of Zabbix 6.0 and later (JSON-RPC), over whatever carries a request to it."""

import json
from collections.abc import Callable, Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

PATH = "/api_jsonrpc.php"
SECONDS = 900.0
"""How long an answer may take: linking a template creates hundreds of items, on a machine that may be busy."""

OPEN = {"apiinfo.version", "user.login"}
"""Methods that are asked without a token."""

Post = Callable[[str, Mapping[str, str]], str]
"""Carries a body and its headers to the API, and returns the answer."""

Version = tuple[int, int]


class ZabbixError(Exception):
    """The API cannot be reached, or refuses what was asked; the text says which method, and Zabbix's words."""


def over_http(url: str) -> Post:
    """Return what carries requests to the front end at a URL."""

    def post(body: str, headers: Mapping[str, str]) -> str:
        try:
            request = Request(url.rstrip("/") + PATH, body.encode(), dict(headers))  # noqa: S310  the user's own
            with urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
                return str(answer.read().decode())
        except HTTPError as error:
            raise ZabbixError(f"{url}: HTTP status {error.code}: is this the address of the front end?") from error
        except (OSError, HTTPException, ValueError) as error:
            raise ZabbixError(f"{url}: {error}") from error

    return post


class Api:
    """Calls methods. ``version`` is that of the server, known after the first call of ``sign_in`` or ``use``."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._token = ""
        self.version: Version = (0, 0)

    def sign_in(self, user: str, password: str) -> None:
        """Sign in with a name and a password."""
        self._look()
        name = "username" if self.version >= (5, 4) else "user"
        self._token = self.call("user.login", {name: user, "password": password})

    def use(self, token: str) -> None:
        """Sign in with a token of the API."""
        self._look()
        self._token = token

    def _look(self) -> None:
        major, minor, *_ = self.call("apiinfo.version", []).split(".")
        self.version = (int(major), int(minor))

    def call(self, method: str, parameters: object) -> Any:  # noqa: ANN401  JSON
        """Return the result of a method. ZabbixError with its words where it is refused."""
        request: dict[str, object] = {"jsonrpc": "2.0", "method": method, "params": parameters, "id": 1}
        headers = {"Content-Type": "application/json-rpc"}
        if self._token and method not in OPEN:
            if self.version < (6, 4):
                request["auth"] = self._token
            else:
                headers["Authorization"] = f"Bearer {self._token}"
        shown = self._post(json.dumps(request), headers)
        try:
            answer = json.loads(shown)
        except ValueError:
            raise ZabbixError(f"{method}: {shown[:500] or 'no answer'}") from None
        if "error" in answer:
            raise ZabbixError(f"{method}: {answer['error'].get('message')} {answer['error'].get('data')}")
        return answer["result"]
