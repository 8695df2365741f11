"""What the tests of the daemon ask for."""

from tests.support.daemon_fixtures import daemon, daemon_factory, folder, haproxy

__all__ = ["daemon", "daemon_factory", "folder", "haproxy"]
