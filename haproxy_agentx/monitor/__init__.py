"""From what the sources tell to services, their health, and what is told of them."""
