"""The live twin of the cluster and its service. Start reading at service.py (the single writer)."""

__version__ = "0.1.0"
