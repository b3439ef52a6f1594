# note: typing into somebody's terminal
# ends: sandbox
import fcntl

TIOCSTI = 0x5412
fcntl.ioctl(0, TIOCSTI, b"x")
