# each node has the address all the time, on loopback; the cloud's network brings clients to the one that asked for it
for pid in $PID_lb1 $PID_lb2; do
  nsenter -t $pid -n sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2
  nsenter -t $pid -n ip addr add 198.51.100.7/32 dev lo
  cp assign.sh /proc/$pid/root/etc/keepalived/
  chmod 755 /proc/$pid/root/etc/keepalived/assign.sh
done
cp cloud.py /proc/$PID_client/root/run/
nsenter -t $PID_client -n -m -p -u -- sh -c 'python3 /run/cloud.py >/dev/null 2>&1 </dev/null &'
