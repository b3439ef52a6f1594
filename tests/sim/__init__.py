"""A deterministic simulation of the server and many viewers. One seed decides everything; see world.py."""
