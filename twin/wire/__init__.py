"""Pure: how the live state looks on each wire (binary frames, socket.io events, today's dialects)."""
