"""What keepalived and the kernel report of VRRP, as records; health.instances says who is believed."""
