# Embedded in snmptrapd: writes each trap to the file that zabbix_server reads, in the form that Zabbix documents for its
# own receiver, which Debian does not package: a head with the source address, the PDU, and the varbinds with their types.
use strict;
use warnings;
use POSIX qw(strftime);

sub receive {
  my ($pdu, $varbinds) = @_;
  my ($source) = $pdu->{receivedfrom} =~ /\[(.*?)\]/;
  my $text = strftime("%H:%M:%S %Y/%m/%d", localtime) . " ZBXTRAP $source\nPDU INFO:\n";
  for my $name (sort keys %$pdu) {
    my $value = $pdu->{$name};
    $value = "0x" . unpack("H*", $value) unless $value =~ /^[[:print:]]*$/;
    $text .= sprintf("  %-30s %s\n", $name, $value);
  }
  $text .= "VARBINDS:\n";
  $text .= sprintf("  %-30s type=%-2d value=%s\n", $_->[0], $_->[2], $_->[1]) for @$varbinds;
  open(my $file, ">>", "/run/traps/zabbix.tmp") or return NETSNMPTRAPD_HANDLER_FAIL();
  syswrite($file, $text);    # at once: two receivers write to one file
  close($file);
  return NETSNMPTRAPD_HANDLER_OK();
}

NetSNMP::TrapReceiver::register("all", \&receive) or die "snmptrapd does not take the receiver\n";
