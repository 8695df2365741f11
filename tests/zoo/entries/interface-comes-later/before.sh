# the client's second network, in which the load balancers have no card yet
nsenter -t $PID_sw -n ip link add br1 type bridge mcast_snooping 0
nsenter -t $PID_sw -n ip link set br1 up
nsenter -t $PID_sw -n ip link add b-client type veth peer name eth1 netns $PID_client
nsenter -t $PID_sw -n ip link set b-client master br1 up
nsenter -t $PID_client -n ip addr add 10.78.0.40/24 dev eth1
nsenter -t $PID_client -n ip link set eth1 up
for host in lb1 lb2; do
  pid=PID_$host
  nsenter -t $PID_sw -n ip link add b-$host type veth peer name spare netns ${!pid}
  nsenter -t $PID_sw -n ip link set b-$host master br1 up
done
