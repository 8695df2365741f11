"""What keeps a load balancer from being monitored or from failing over, found in its configuration. Without IO."""
