#!/bin/sh
fail() {
  echo "*** $*" >&2
  exit 1
}
curl -sfk --max-time 2 http://127.0.0.1:80/ -o /dev/null || fail the port here
