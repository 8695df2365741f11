for pid in $PID_lb1 $PID_lb2; do
  cp check_apiserver.sh /proc/$pid/root/etc/keepalived/
  chmod 755 /proc/$pid/root/etc/keepalived/check_apiserver.sh
done
