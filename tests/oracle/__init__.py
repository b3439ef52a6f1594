"""An Oracle listener for tests: the real python-oracledb (thin) connects, logs in, binds, fetches and commits here.

It proves what the driver sends and how the store reacts to every fault; it proves nothing of Oracle's own SQL.

    listener.py   accepts connections; faults.py says which of them go wrong, and how
    greeting.py   how a connection begins, with login.py
    session.py    one connection: calls.py in and replies.py out, in packets.py of scalars.py
    model.py      what the statements of telemetry/store/sql mean, in memory, with the transactions of tables.py
"""
