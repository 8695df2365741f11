#!/bin/sh
# what the cloud's interface does: 'here' brings the clients to this node, 'gone' no longer
if [ "$1" = here ]; then
  ip neigh replace proxy 10.77.0.200 dev eth0
  python3 /etc/keepalived/announce.py
else
  ip neigh del proxy 10.77.0.200 dev eth0 || true
fi
