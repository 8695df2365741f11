"""A pair of load balancers through a long life, compressed: what its daemons use has to stay what it is."""
