"""What a step of the pipeline may touch, as Protocols: the outside, the clock and the ids.

worker/daemon/wiring.py fills it in; tests fill in fakes of the network.
Values that cross the border are here too.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from worker.config import Config
from worker.domain.advice import Advice
from worker.domain.rendered import Rendered as Rendered
from worker.keys import Keys
from worker.store.ids import Ids
from worker.store.session import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderState:
    """What SELECT told (RFC 9051 section 6.3.2)."""

    uidvalidity: int
    uidnext: int | None
    """None where the server does not tell."""
    exists: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedMail:
    """A mail that the server lists, before it is fetched."""

    uid: int
    size_bytes: int
    """RFC822.SIZE; some servers report it wrong."""
    internal_date: datetime
    """Aware UTC."""
    is_deleted: bool
    r"""Carries \Deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedMail:
    uid: int
    raw: bytes
    is_size_wrong: bool = False
    """True when its length never matched RFC822.SIZE, however often it was fetched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    mails: tuple[FetchedMail, ...]
    refused: dict[int, str]
    """UIDs that the server still lists but would not hand over, with its words."""
    gone: tuple[int, ...] = ()
    """UIDs that were expunged meanwhile."""


class MailSource(Protocol):
    """One folder of one account. Every call has a total deadline; errors are Temporary.

    `list` may return the 2,000 lowest mails of its range; fewer are all that there are.
    """

    def select(self) -> FolderState: ...
    def list(self, first: int, last: int) -> tuple[ListedMail, ...]: ...
    def fetch(self, wanted: Sequence[ListedMail]) -> Fetched: ...
    def acknowledge(self, uids: Sequence[int]) -> None: ...
    def wait(self, seconds: float) -> None: ...
    def wake(self) -> None: ...
    def close(self) -> None: ...


class BlobStore(Protocol):
    """Raw mails, compressed and encrypted, each stored once."""

    def put(self, raws: Sequence[bytes]) -> list[str]: ...
    def get(self, key: str) -> bytes: ...
    def delete(self, key: str) -> None: ...


class Submission(Protocol):
    """A way out. Raises what adapters/smtp.py documents."""

    def submit(self, mail: bytes, *, reverse_path: str, recipient: str) -> None: ...
    def close(self) -> None: ...


class Customers(Protocol):
    """Who knows the tier of customers. Asked outside transactions; raises nothing."""

    def tiers(self, addresses: Sequence[str]) -> dict[str, str]: ...


class Adviser(Protocol):
    """A language model: an opinion a text, or None. Asked outside transactions, too."""

    def advise(self, texts: Sequence[str]) -> list[Advice | None]: ...
    def close(self) -> None: ...


Now = Callable[[], datetime]
"""The wall clock, aware UTC."""

Chance = Callable[[int], bytes]
"""So many random bytes; the only source of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """An open desk: what every step of the pipeline and every act of an operator is given."""

    config: Config
    database: Database
    ids: Ids
    keys: Keys
    blobs: BlobStore
    now: Now
    chance: Chance
    worker: str
    """Name of this process among the workers, unique; claims and leases carry it."""
    customers: Customers | None = None
    """None: nobody is asked."""
    adviser: Adviser | None = None
    """None: there is no language model."""

    def close(self) -> None:
        """Close the database, and ask nobody any more."""
        if self.adviser is not None:
            self.adviser.close()
        self.database.close()
