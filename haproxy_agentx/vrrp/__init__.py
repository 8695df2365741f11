"""What keepalived and the kernel tell of VRRP, as records; health.instances says who is believed."""
