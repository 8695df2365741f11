"""From what the sources report to services, their health, and what is reported of them."""
