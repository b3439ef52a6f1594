# note: a door of its own
# ends: sandbox
import socket

socket.create_server(("0.0.0.0", 0))
