# note: a socket pair to pass descriptors
# ends: sandbox
import socket

socket.socketpair()
