import socket
import struct
from pathlib import Path

card = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
card.bind(("eth0", 0x0806))
mac = bytes.fromhex(Path("/sys/class/net/eth0/address").read_text().strip().replace(":", ""))
address = socket.inet_aton("10.77.0.200")
card.send(b"\xff" * 6 + mac + struct.pack("!HHHBBH", 0x0806, 1, 0x0800, 6, 4, 1) + mac + address + bytes(6) + address)
