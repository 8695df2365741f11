# a host of containers: a bridge with the same address everywhere, one container, and what the guides set
for host in lb1 lb2; do
  pid=PID_$host
  nsenter -t ${!pid} -n sysctl -qw net.ipv4.ip_nonlocal_bind=1
  nsenter -t ${!pid} -n ip link add docker0 type bridge
  nsenter -t ${!pid} -n ip addr add 172.17.0.1/16 dev docker0
  nsenter -t ${!pid} -n ip link set docker0 up
  nsenter -t ${!pid} -n ip link add veth1a2b type veth peer name inside
  nsenter -t ${!pid} -n ip link set veth1a2b master docker0 up
  nsenter -t ${!pid} -n ip link set inside up
done
nsenter -t $PID_lb1 -n ip addr add 10.77.0.111/24 dev eth0
nsenter -t $PID_lb2 -n ip addr add 10.77.0.112/24 dev eth0
