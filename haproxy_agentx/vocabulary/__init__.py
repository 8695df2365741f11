"""The words that all parts share: events, sources, digests."""
