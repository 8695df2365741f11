# they reach all others, but not each other
for host in lb1 lb2; do
  nsenter -t $PID_sw -n bridge link set dev $host isolated on
done
