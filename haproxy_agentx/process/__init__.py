"""One HAProxy process: read at its interval, its rows ready for the view."""
