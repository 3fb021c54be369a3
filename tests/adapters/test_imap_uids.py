"""Sets of UIDs as IMAP writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.adapters.imap_uids import HIGHEST_UID, LONGEST_SET, uid_sets


@pytest.mark.parametrize(
    ("uids", "expected"),
    [
        ([], []),
        ([7], ["7"]),
        ([3, 1, 2], ["1:3"]),
        ([1, 3, 5], ["1,3,5"]),
        ([9, 1, 2, 10, 2], ["1:2,9:10"]),
    ],
)
def test_neighbours_are_written_as_ranges(uids: list[int], expected: list[str]) -> None:
    assert list(uid_sets(uids)) == expected


@given(st.sets(st.integers(1, HIGHEST_UID), max_size=2_000))
def test_sets_name_exactly_the_uids_in_short_pieces(uids: set[int]) -> None:
    pieces = list(uid_sets(uids))
    assert all(0 < len(piece) <= LONGEST_SET for piece in pieces)
    named = [
        uid
        for piece in pieces
        for item in piece.split(",")
        for uid in range(int(item.split(":")[0]), int(item.split(":")[-1]) + 1)
    ]
    assert named == sorted(uids)
