"""The address of a statistics page.

Data: the text. It raises ValueError, which does not repeat the text, or gives a URL of the same host and port without
credentials and fragment, which asks for CSV and stays as it is when it is read again.
"""

from urllib.parse import urlsplit

from haproxy_agentx.haproxy.page import statistics_url

SEEDS = {
    "a page": b"https://lb1.example:8404/stats",
    "CSV": b"http://127.0.0.1/stats;csv",
    "no path": b"http://lb1",
    "credentials": b"http://user:secret@lb1:8404/stats?x=1#top",
    "two of them": b"http://a@b@lb1/",
    "IPv6": b"http://[::1]:8404/stats",
    "IPv6, torn": b"http://[::1/stats",
    "credentials in brackets": b"http://[v1.x@h]/",
    "port 0": b"http://lb1:0/",
    "port 65536": b"http://lb1:65536/",
    "port x": b"http://lb1:x/",
    "another scheme": b"file:///etc/passwd",
    "no host": b"http:///stats",
    "a backslash": b"http://lb1\\@evil/",
    "a line break": b"http://lb1/\r\nHost: evil",
    "a full-width slash": "http://lb1／@evil/".encode(),  # noqa: RUF001  the likeness is the point
    "a query that HAProxy wants": b"http://lb1/haproxy?stats&tok=1",
    "capitals": b"HTTPS://LB1/;CSV",
}


def target(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    try:
        url = statistics_url(text)
    except ValueError as error:
        assert "statistics page" in str(error)  # ours: urllib's own repeats the text
        return
    asked, given = urlsplit(text), urlsplit(url)
    assert given.scheme in {"http", "https"}
    assert (given.hostname, given.port) == (asked.hostname, asked.port)
    assert "@" not in given.netloc
    assert ";csv" in given.path + given.query
    assert not given.fragment
    assert statistics_url(url) == url
