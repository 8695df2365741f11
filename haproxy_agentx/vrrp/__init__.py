"""What keepalived and the kernel tell of VRRP, as records, and how contradictions between them are resolved."""
