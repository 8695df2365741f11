"""The demonstration: what two load balancers tell of themselves when something goes wrong."""
