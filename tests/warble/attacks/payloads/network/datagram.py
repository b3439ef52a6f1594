# note: a packet to the agents' port
# ends: sandbox
import socket

socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("255.255.255.255", 3333))
