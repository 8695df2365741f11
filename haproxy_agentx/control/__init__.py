"""The control socket: its requests, its answers, and what is wrong in them."""
