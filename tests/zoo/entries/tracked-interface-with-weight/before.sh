# a second network, with the client in it
nsenter -t $PID_sw -n ip link add br1 type bridge mcast_snooping 0
nsenter -t $PID_sw -n ip link set br1 up
for host in lb1 lb2 client; do
  pid=PID_$host
  nsenter -t $PID_sw -n ip link add b-$host type veth peer name eth1 netns ${!pid}
  nsenter -t $PID_sw -n ip link set b-$host master br1 up
done
nsenter -t $PID_lb1 -n ip addr add 10.78.0.11/24 dev eth1
nsenter -t $PID_lb2 -n ip addr add 10.78.0.12/24 dev eth1
nsenter -t $PID_client -n ip addr add 10.78.0.40/24 dev eth1
for pid in $PID_lb1 $PID_lb2 $PID_client; do nsenter -t $pid -n ip link set eth1 up; done
