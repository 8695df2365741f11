# a second family on the same network
for host in lb1 lb2 web sink client; do
  pid=PID_$host
  case $host in lb1) n=11;; lb2) n=12;; web) n=20;; sink) n=30;; client) n=40;; esac
  nsenter -t ${!pid} -n sysctl -qw net.ipv6.conf.eth0.disable_ipv6=0 net.ipv6.conf.eth0.accept_dad=0
  nsenter -t ${!pid} -n ip addr add fd77::$n/64 dev eth0 nodad
done
