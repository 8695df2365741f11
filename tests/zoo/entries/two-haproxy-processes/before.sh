# the lab starts one HAProxy on each node
for pid in $PID_lb1 $PID_lb2; do
  nsenter -t $pid -n -m -p -u haproxy -D -f /etc/haproxy/second.cfg -p /run/second.pid >/dev/null 2>&1
done
