for pid in $PID_lb1 $PID_lb2; do
  nsenter -t $pid -m sh -c 'umask 027; echo first >/etc/haproxy-agentx/password; chgrp --reference=/etc/haproxy-agentx/community /etc/haproxy-agentx/password'
done
