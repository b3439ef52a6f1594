"""The readers of frames for other engines, compiled and run."""
