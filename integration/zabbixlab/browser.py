"""Pictures of the front end, by headless Chromium beside it."""

import re
from urllib.parse import urlencode

from integration.zabbixlab.server import PASSWORD, PORT, USER, Zabbix

DRAWN_MILLISECONDS = 6000
"""Of the page's own time, which runs as fast as its requests are answered."""


_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--no-first-run",
)
_STROKE = re.compile(r'<g stroke="#([0-9A-Fa-f]{6})"[^>]*><line')


def picture(zabbix: Zabbix, page: str, width: int, height: int) -> bytes:
    """Return a page as PNG, such as ``map_page``, without the menu."""
    _browse(zabbix, page, f"--window-size={width},{height}", "--screenshot=/var/log/picture.png")
    return zabbix.take_file("picture.png")


def document(zabbix: Zabbix, page: str) -> str:
    """Return a page as HTML, once its programs have run."""
    return _browse(zabbix, page, "--dump-dom")


def map_page(number: str) -> str:
    """Return the page of a map."""
    return f"zabbix.php?action=map.view&sysmapid={number}"


def line_colours(document: str) -> list[str]:
    """Return the colours of the lines of a map, in their order."""
    return [colour.upper() for colour in _STROKE.findall(document)]


def _browse(zabbix: Zabbix, page: str, *options: str) -> str:
    signed_in = {"name": USER, "password": PASSWORD, "enter": "Sign in", "autologin": 1, "request": f"{page}&kiosk=1"}
    return zabbix.run(
        *("chromium", *_OPTIONS, "--user-data-dir=/tmp/chromium", f"--virtual-time-budget={DRAWN_MILLISECONDS}"),
        *(*options, f"http://127.0.0.1:{PORT}/index.php?{urlencode(signed_in)}"),
        seconds=180,
    )
