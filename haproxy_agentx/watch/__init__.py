"""What ``watch`` shows of many nodes: read from their answers, grouped to pairs, judged and drawn."""
