"""Waiting inside of an event loop: ``wait.soon`` by the name that tests of coroutines call it."""

from tests.support.wait import soon as eventually

__all__ = ["eventually"]
