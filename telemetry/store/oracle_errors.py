"""What an error of the database means for a batch: try it again, set it aside, or stop until a person acts.

The driver's own `isrecoverable` misses some of these (a full session table, a deadlock), so the table is ours.
"""

from __future__ import annotations

import ssl
from typing import Final

import oracledb

from telemetry.store.base import StoreError, StoreUnavailable
from telemetry.store.contract import StorePoisoned, StoreRefused

DUPLICATE: Final = "ORA-00001"
MISSING_TABLE: Final = "ORA-00942"
#: The database is away, busy, restarting, or out of sessions; nothing of the transaction was kept, or we cannot know.
AGAIN: Final = frozenset(
    f"ORA-{number:05d}"
    for number in (
        *(18, 20, 28, 51, 54, 60, 603, 604, 1012, 1013, 1033, 1034, 1089, 1090, 1092, 1109, 1555, 2391, 2396),
        *(3113, 3114, 3135, 3136, 4021, 4068, 8177, 12152, 12153, 12170, 12506, 12514, 12516, 12518, 12519, 12520),
        *(12528, 12537, 12541, 12543, 12547, 12571, 12572, 12805, 14403, 25408, 30006),
    )
) | {"DPY-1001", "DPY-4005", "DPY-4011", "DPY-4024", "DPY-4033", "DPY-6000", "DPY-6001", "DPY-6003", "DPY-6005"}
#: The batch itself cannot be kept: a value that no column takes.
ASIDE: Final = frozenset(
    f"ORA-{number:05d}"
    for number in (1400, 1401, 1406, 1426, 1438, 1461, 1465, 1722, 1858, 2290, 2291, 12899, 14300, 14400, 22835, 24816)
)
#: Wrong password, no rights, no tables, no space: the same for every batch.
STOP: Final = frozenset(
    f"ORA-{number:05d}"
    for number in (
        *(900, 904, 905, 907, 923, 932, 933, 936, 942, 955, 959, 1005, 1017, 1031, 1045, 1536, 1652, 1653, 1654, 1658),
        *(1659, 1688, 1691, 1692, 1950, 4043, 12154, 12505, 28000, 28001, 28009, 28040, 28365, 65096),
    )
) | {"DPY-4000", "DPY-4001", "DPY-4026", "DPY-4027", "DPY-6002", "DPY-6006"}
_HINTS: Final = {
    "ORA-01017": "check TWIN_ORACLE_USER and TWIN_ORACLE_PASSWORD",
    "ORA-28000": "unlock the account: ALTER USER ... ACCOUNT UNLOCK",
    "ORA-28001": "give the user a new password",
    "ORA-00942": "run `twin store init`",
    "ORA-00904": "run `twin store init` of this version",
    "ORA-01031": "grant the user what docs/oracle.md lists",
    "ORA-01950": "give the user a quota on its tablespace",
    "DPY-4000": "check TWIN_ORACLE_DSN and the wallet's tnsnames.ora",
    "DPY-4026": "check TWIN_ORACLE_WALLET_DIR: it has no tnsnames.ora",
    "DPY-4027": "TWIN_ORACLE_DSN is an alias: set TWIN_ORACLE_WALLET_DIR to where its tnsnames.ora is",
}
#: Why there is no connection, where trying again does not help: the driver says "cannot connect" and this behind it.
_WALLET: Final = {
    "DPY-2018": "check TWIN_ORACLE_WALLET_DIR: it has no ewallet.pem",
    "X509": "check TWIN_ORACLE_WALLET_DIR: its ewallet.pem cannot be read",
    "PEM": "check TWIN_ORACLE_WALLET_DIR and TWIN_ORACLE_WALLET_PASSWORD: its ewallet.pem cannot be opened",
}
_FULL: Final = frozenset(f"ORA-{number:05d}" for number in (1536, 1652, 1653, 1654, 1658, 1659, 1688, 1691, 1692))
#: The driver's own complaints about values that it was given, and Python's about text that is none.
_OF_VALUES: Final = ("DPY-2", "DPY-3", "DPY-4003", "DPY-4004")
OF_VALUES: Final = (UnicodeError, OverflowError)
#: What `meaning` knows; anything else is a mistake in our own code and stays what it is.
KNOWN: Final = (oracledb.Error, OSError, StoreError, *OF_VALUES)


def full_code(error: oracledb.Error) -> str:
    """ORA-00001 or DPY-4011; "" where there is none."""
    details = error.args[0] if error.args else None
    return str(getattr(details, "full_code", "") or "")


def is_duplicate(error: BaseException) -> bool:
    return isinstance(error, oracledb.Error) and full_code(error) == DUPLICATE


def meaning(doing: str, error: BaseException) -> StoreError:
    """The error of the contract. `doing` says what was tried, for the message."""
    if isinstance(error, StoreError):
        return error
    if isinstance(error, (TimeoutError, ConnectionError, OSError)):
        return StoreUnavailable(f"oracle: {doing}: {error or 'it took too long'}; it is tried again")
    if isinstance(error, OF_VALUES):
        return StorePoisoned(f"oracle: {doing}: {type(error).__name__}: {error}")
    assert isinstance(error, oracledb.Error), "a mistake of ours is not the database's"
    code = full_code(error)
    said = f"oracle: {doing}: {_short(error)}"
    if hint := _of_wallet(error.__cause__):
        return StoreRefused(f"{said}; {hint}")
    if code in AGAIN:
        return StoreUnavailable(f"{said}; it is tried again")
    if code in ASIDE or code.startswith(_OF_VALUES):
        return StorePoisoned(said)
    if code in STOP:
        hint = "the database is full: drop old partitions or shorten the retention" if code in _FULL else ""
        return StoreRefused(f"{said}; {_HINTS.get(code, hint) or 'a person has to look'}")
    if isinstance(error, (oracledb.IntegrityError, oracledb.DataError)):
        return StorePoisoned(said)
    if isinstance(error, (oracledb.ProgrammingError, oracledb.NotSupportedError)):
        return StoreRefused(f"{said}; a person has to look")
    # Unknown: nothing is lost by trying again, and set aside might be wrong for all.
    return StoreUnavailable(f"{said}; it is tried again")


def _of_wallet(cause: BaseException | None) -> str:
    """What to do about a wallet that kept us from connecting; "" when it was something else."""
    if isinstance(cause, oracledb.Error):
        return _WALLET.get(full_code(cause), "")
    if isinstance(cause, ssl.SSLError):
        return next((hint for word, hint in _WALLET.items() if word in str(cause)), "")
    return ""


def _short(error: BaseException) -> str:
    """The first line; of "cannot connect" the next one too, which says why."""
    lines = str(error).strip().splitlines()
    said = lines[0] if lines else type(error).__name__
    if said.startswith("DPY-6005") and len(lines) > 1:
        return f"{said.split(' (CONNECTION_ID')[0]}: {lines[1]}"
    return said
