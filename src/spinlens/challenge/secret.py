"""The secret of a challenge: published as a hash before there is anything to see, and as it is once answers are in."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from spinlens.errors import InputError

SHORTEST, LONGEST = 16, 1 << 16
"""Bytes of a secret: shorter ones could be guessed from their hash."""


@dataclass(frozen=True, repr=False)
class Secret:
    """The bytes of a text file.

    Attributes
    ----------
    data : bytes
        The whole file; every byte counts, the last line's end too.
    """

    data: bytes

    @property
    def hash(self) -> str:
        """SHA-256, 64 hexadecimal digits."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def seed(self) -> int:
        """A whole number of 256 bits, which nobody can tell from the hash."""
        return int.from_bytes(hashlib.sha256(b"spinlens seed\n" + self.data).digest())

    def __repr__(self) -> str:
        """Show the hash alone, so that no log or traceback opens a challenge."""
        return f"<Secret of SHA-256 {self.hash}>"


def read_secret(path: Path) -> Secret:
    """Read a secret from its file.

    Raises
    ------
    InputError
        If it cannot be read, or is shorter than 16 bytes or longer than 65536.
    """
    do = "Make one, for example with: openssl rand -hex 32 > secret.txt"
    try:
        with path.open("rb") as file:
            data = file.read(LONGEST + 1)
    except OSError as error:
        raise InputError("seed_file", path, f"cannot be read ({error.strerror})", do) from None
    if not SHORTEST <= len(data) <= LONGEST:
        raise InputError("seed_file", path, f"must hold from {SHORTEST} to {LONGEST} bytes", do)
    return Secret(data)
