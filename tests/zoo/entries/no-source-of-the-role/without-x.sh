#!/bin/bash
test "$1" = -x && shift
exec -a keepalived /run/keepalived.real "$@"
