"""``python -m haproxy_agentx``."""

import sys

from haproxy_agentx.cli.main import main

sys.exit(main())
