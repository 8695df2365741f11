"""``haproxy-agentx check-config``."""

from haproxy_agentx.agentx.oid import dotted
from haproxy_agentx.config import advice, load


def check_config(config_file: str | None) -> int:
    """Say what the daemon would do with this configuration. Raises ConfigError with all that is wrong."""
    config = load(config_file)
    print(f"configuration is good: {config_file or 'the default file, or the built-in defaults without one'}")
    print(f"  root    {dotted(config.root)}")
    print(f"  agentx  {config.agentx.socket}, priority {config.agentx.priority}")
    for haproxy in config.haproxy:
        print(f"  haproxy {haproxy.name}: {haproxy.stats} every {haproxy.interval:g} s, {haproxy.timeout:g} s at most")
    print(f"  store   {config.store}")
    for caution in advice(config):
        print(f"mind: {caution}")
    return 0
