import socket
import struct

card = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
card.bind(("eth0", 0x0806))
mac = card.getsockname()[4]  # not of /sys, which is the machine's
address = socket.inet_aton("10.77.0.100")
card.send(b"\xff" * 6 + mac + struct.pack("!HHHBBH", 0x0806, 1, 0x0800, 6, 4, 1) + mac + address + bytes(6) + address)
