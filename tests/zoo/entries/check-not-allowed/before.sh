for pid in $PID_lb1 $PID_lb2; do
  mkdir /proc/$pid/root/run/checks
  printf '#!/bin/sh\nexec killall -0 haproxy\n' >/proc/$pid/root/run/checks/haproxy.sh
  chmod 777 /proc/$pid/root/run/checks /proc/$pid/root/run/checks/haproxy.sh
  chown nobody /proc/$pid/root/run/checks/haproxy.sh
done
