for pid in $PID_lb1 $PID_lb2; do
  nsenter -t $pid -n sysctl -qw net.ipv4.ip_nonlocal_bind=1
done
