"""UIDs as IMAP writes many of them: sets such as "3:9,12" (sequence-set of RFC 9051)."""

from collections.abc import Iterable, Iterator, Sequence

HIGHEST_UID = 2**32 - 1
LONGEST_SET = 4_000
"""Bytes of a set in one command; servers take lines of 8,000 (RFC 7162 section 4)."""


def uid_sets(uids: Iterable[int]) -> Iterator[str]:
    """Write UIDs as sets, ascending, in pieces of bounded length."""
    piece = ""
    for low, high in _ranges(sorted(set(uids))):
        item = str(low) if low == high else f"{low}:{high}"
        if len(piece) + len(item) >= LONGEST_SET:
            yield piece
            piece = ""
        piece = f"{piece},{item}" if piece else item
    if piece:
        yield piece


def _ranges(uids: Sequence[int]) -> Iterator[tuple[int, int]]:
    low = 0
    for index, uid in enumerate(uids):
        if index == 0 or uid != uids[index - 1] + 1:
            low = uid
        if index + 1 == len(uids) or uids[index + 1] != uid + 1:
            yield low, uid
