# conf.d, as packages and roles have it
for pid in $PID_lb1 $PID_lb2; do
  mkdir /proc/$pid/root/etc/keepalived/conf.d
  cp site1.conf /proc/$pid/root/etc/keepalived/conf.d/
done
