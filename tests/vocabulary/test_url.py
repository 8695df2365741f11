"""What is shown of a URL."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haproxy_agentx.haproxy.page import statistics_url
from haproxy_agentx.vocabulary.shown import CUT, shown_url

SECRET = "5ecret0fTheTest"
NOISE = st.text(st.sampled_from("abc=&;?#/%._-~!$'()*+,:@"), max_size=12)
PLACES = (
    "https://{secret}@h:8404/stats",
    "https://user:{secret}@h/stats",
    "https://user:{secret}/{noise}@h/stats",
    "https://user:{secret}?{noise}@h/stats",
    "https://h/stats?{noise}{secret}{noise}",
    "https://h/haproxy?stats;csv&tok={secret}{noise}",
    "https://h/stats;{secret}",
    "https://h/stats;csv;{noise}{secret}?{noise}",
    "https://h:8404?{secret}",
    "https://h/stats#{noise}{secret}",
)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("/run/haproxy/admin.sock", "/run/haproxy/admin.sock"),
        ("https://h:8404/stats", "https://h:8404/stats"),
        ("https://h:8404/stats;csv", "https://h:8404/stats"),
        ("https://h:8404/stats;csv;up", "https://h:8404/stats?..."),
        ("https://h/haproxy?stats;csv", "https://h/haproxy?..."),
        ("https://h?tok=1", "https://h?..."),
        ("http://[::1]:8404/a/b?x", "http://[::1]:8404/a/b?..."),
        ("http://user:password@h/stats", "http://h/stats"),
        ("http://h:8404/a:b@c", "http://..."),
    ],
)
def test_what_is_shown_of_a_url(url, shown):
    assert shown_url(url) == shown


# What is in front of an '@', in a query, in a parameter or in a fragment is never shown, whatever stands beside it.
@pytest.mark.parametrize("place", PLACES)
@settings(max_examples=30)
@given(noise=NOISE)
def test_no_secret_is_shown(place, noise):
    if "@h" in place:  # what ends the authority or the path ends the credential
        noise = noise.translate(dict.fromkeys(map(ord, "/?#;")))
    assert SECRET not in shown_url(place.format(secret=SECRET, noise=noise))


@given(st.text(max_size=40))
def test_any_text_is_shown_without_query_and_once_and_for_all(text):
    shown = shown_url(f"https://{text}")
    assert "?" not in shown.removesuffix(CUT)
    assert "@" not in shown
    assert shown_url(shown) == shown


@settings(max_examples=50)
@given(
    st.from_regex(
        r"https://[a-z]{1,9}(:[1-9][0-9]{0,3})?((/[a-z]{0,5}){1,3}(;csv)?)?([?][a-z&=;]{0,9})?", fullmatch=True
    )
)
def test_what_is_shown_is_what_is_read(url):
    asked, shown = urlsplit(statistics_url(url)), urlsplit(shown_url(url))
    assert (asked.scheme, asked.netloc) == (shown.scheme, shown.netloc)
    assert asked.path.partition(";")[0] == (shown.path or "/")
