"""Combined health: VRRP role and HAProxy in one state, and why. Pure: observations and time in, states out."""
