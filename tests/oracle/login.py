"""The 12c password handshake, the server's side: both prove that they know the password, neither sends it."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

VERIFIER_12C: Final = 0x4815
#: Oracle's own counts: what the client has to spend, and so the time of one login.
VERIFIER_ROUNDS: Final = 4096
KEY_ROUNDS: Final = 3
PROOF: Final = b"SERVER_TO_CLIENT"
Pairs = list[tuple[str, str, int]]


def _cipher(key: bytes) -> Cipher[modes.CBC]:
    return Cipher(algorithms.AES(key), modes.CBC(bytes(16)))


def _encrypt(key: bytes, plain: bytes) -> bytes:
    made = _cipher(key).encryptor()
    return made.update(plain) + made.finalize()


def _decrypt(key: bytes, secret: bytes) -> bytes:
    made = _cipher(key).decryptor()
    return made.update(secret) + made.finalize()


def _stretch(secret: bytes, salt: bytes, size: int, rounds: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha512", secret, salt, rounds, size)


@dataclass
class Login:
    """One login of a user whose password is `password`; None: nobody knows this user, which the client must not see."""

    password: str | None
    _salt: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    _key_salt: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    _half: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def __post_init__(self) -> None:
        secret = (self.password if self.password is not None else secrets.token_hex(16)).encode()
        stretched = _stretch(secret, self._salt + b"AUTH_PBKDF2_SPEEDY_KEY", 64, VERIFIER_ROUNDS)
        self._hash = hashlib.sha512(stretched + self._salt).digest()[:32]

    def challenge(self) -> Pairs:
        """What phase one answers."""
        return [
            ("AUTH_SESSKEY", _encrypt(self._hash, self._half).hex().upper(), 0),
            ("AUTH_VFR_DATA", self._salt.hex().upper(), VERIFIER_12C),
            ("AUTH_PBKDF2_CSK_SALT", self._key_salt.hex().upper(), 0),
            ("AUTH_PBKDF2_VGEN_COUNT", str(VERIFIER_ROUNDS), 0),
            ("AUTH_PBKDF2_SDER_COUNT", str(KEY_ROUNDS), 0),
        ]

    def verify(self, sent: Mapping[str, str]) -> Pairs | None:
        """The server's proof, when the client's password is right; None when it is not."""
        other = _decrypt(self._hash, bytes.fromhex(sent["AUTH_SESSKEY"]))[:32]
        mixed = (other + self._half).hex().upper().encode()
        key = _stretch(mixed, self._key_salt, 32, KEY_ROUNDS)
        plain = _decrypt(key, bytes.fromhex(sent["AUTH_PASSWORD"]))
        padding = plain[-1]
        if self.password is None or plain[16 : len(plain) - padding] != self.password.encode():
            return None
        answer = secrets.token_bytes(16) + PROOF + bytes((16,)) * 16
        return [("AUTH_SVR_RESPONSE", _encrypt(key, answer).hex().upper(), 0)]
