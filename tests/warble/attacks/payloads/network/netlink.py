# note: the kernel's own tables
# ends: sandbox
import socket

socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)
