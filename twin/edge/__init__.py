"""IO: every socket, request and broadcast of the service. Parses outside input, carries out instructions."""
