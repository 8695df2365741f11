# A second network, 10.78.0.0/24 on eth1, with the hosts that are named: `. ../../base/second-network.sh lb1 lb2`
# in an entry's before.sh.
declare -A last=([lb1]=11 [lb2]=12 [client]=40)
nsenter -t "$PID_sw" -n ip link add br1 type bridge mcast_snooping 0
nsenter -t "$PID_sw" -n ip link set br1 up
for host; do
  pid=PID_$host
  nsenter -t "$PID_sw" -n ip link add "b-$host" type veth peer name eth1 netns "${!pid}"
  nsenter -t "$PID_sw" -n ip link set "b-$host" master br1 up
  nsenter -t "${!pid}" -n ip addr add "10.78.0.${last[$host]}/24" dev eth1
  nsenter -t "${!pid}" -n ip link set eth1 up
done
