"""Where reports are kept. base.py is the contract, sqlite.py the embedded engine, journal.py the durable way in."""
