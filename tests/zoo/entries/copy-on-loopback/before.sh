# direct routing: a real server has the address on loopback, and does not answer ARP for it
for pid in $PID_lb1 $PID_lb2; do
  nsenter -t $pid -n sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2
  nsenter -t $pid -n ip addr add 10.77.0.100/32 dev lo
done
