# keepalived without -x: no KEEPALIVED-MIB and no traps
for pid in $PID_lb1 $PID_lb2; do
  root=/proc/$pid/root
  cp -L $root/usr/sbin/keepalived $root/run/keepalived.real
  cp without-x.sh $root/run/keepalived.sh
  chmod 755 $root/run/keepalived.real $root/run/keepalived.sh
  nsenter -t $pid -m mount --bind /run/keepalived.sh /usr/sbin/keepalived
done
