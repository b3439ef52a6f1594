# note: a daemon on this machine
# ends: sandbox
import socket

socket.socket(socket.AF_UNIX).connect("/run/docker.sock")
