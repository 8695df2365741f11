. ../../base/second-network.sh lb1 lb2
