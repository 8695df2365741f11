"""The pair as one fact: what all nodes of a site together make of each service."""
