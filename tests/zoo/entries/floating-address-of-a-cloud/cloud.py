import socket
import subprocess

asked = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
asked.bind(("", 9999))
while True:
    node = asked.recvfrom(64)[1][0]
    subprocess.run(["ip", "route", "replace", "198.51.100.7/32", "via", node], check=False)
