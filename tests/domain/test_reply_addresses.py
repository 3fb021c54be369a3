"""The signed address for replies: who made it, for which ticket, and what was changed in it."""

import pytest

from worker.domain import reply_addresses, ticket_numbers
from worker.domain.reply_addresses import Tag, bare, is_own, make, read

KEY, OLD, OTHER = b"a" * 32, b"b" * 32, b"c" * 32
NUMBER = ticket_numbers.make(bytes(range(1, 9)))
ANOTHER = ticket_numbers.make(bytes(range(2, 10)))
OWN = frozenset({"support@desk.example", "help+desk@desk.example"})
DOMAIN = "desk.example"


def made(number: str = NUMBER, *, key: bytes = KEY) -> str:
    address = make(key, number, "support@desk.example", domain=DOMAIN)
    assert address is not None
    return address


def seen(address: str, *keys: bytes) -> Tag | None:
    return read(keys or (KEY,), address, own=OWN, domain=DOMAIN)


def test_address_names_its_ticket_in_lower_case_and_is_short() -> None:
    address = made()
    assert address.startswith(f"support+{NUMBER.lower()}.")
    assert address == address.lower()
    assert len(address.partition("@")[0]) <= 64


@pytest.mark.parametrize("change", [str.lower, str.upper, str.swapcase, str.title])
def test_address_is_known_again_in_any_case(change: object) -> None:
    assert callable(change)
    found = seen(change(made()))
    assert found is not None
    assert (found.number, found.is_sealed) == (NUMBER, True)


def test_retired_key_still_opens_what_it_sealed() -> None:
    found = seen(made(key=OLD), KEY, OLD)
    assert found is not None
    assert found.is_sealed


ALTERED = {
    "another ticket": made().replace(NUMBER.lower(), ANOTHER.lower()),
    "another key": made(key=OTHER),
    "no seal": f"support+{NUMBER.lower()}@desk.example",
    "empty seal": f"support+{NUMBER.lower()}.@desk.example",
    "seal cut short": made().replace("@", "@", 1)[: made().index("@") - 3] + "@desk.example",
    "seal with more behind it": made().replace("@", "aa@"),
    "seal of other letters": made().replace("@", "")[:-12] + "é@desk.example",
    "wrong number": f"support+aaaa-aaaa{made()[17:]}",
}


@pytest.mark.parametrize("way", ALTERED)
def test_altered_address_is_seen_and_proves_nothing(way: str) -> None:
    found = seen(ALTERED[way])
    assert found is not None
    assert not found.is_sealed


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("support@desk.example", id="without-a-tag"),
        pytest.param("support+billing@desk.example", id="tag-of-somebody-else"),
        pytest.param(made().replace("support", "sales"), id="no-address-of-ours"),
        pytest.param(made().replace("@desk", "@evil"), id="domain-of-somebody-else"),
        pytest.param("+@desk.example", id="only-a-plus"),
        pytest.param("", id="empty"),
    ],
)
def test_other_addresses_say_nothing(address: str) -> None:
    assert seen(address) is None


def test_mailbox_with_a_plus_of_its_own_gets_a_tag_behind_it() -> None:
    address = make(KEY, NUMBER, "help+desk@desk.example", domain=DOMAIN)
    assert address is not None
    assert bare(address) == "help+desk@desk.example"
    found = seen(address)
    assert found is not None
    assert found.is_sealed


def test_address_that_would_be_too_long_is_none() -> None:
    assert make(KEY, NUMBER, f"{'s' * 39}@desk.example", domain=DOMAIN) is None
    assert make(KEY, NUMBER, f"{'s' * 37}@desk.example", domain=DOMAIN) is not None


def test_own_address_is_known_with_any_tag() -> None:
    assert is_own(made(), OWN)
    assert is_own("support+x@desk.example", OWN)
    assert not is_own("sales+support@desk.example", OWN)
    assert not is_own("support+x@other.example", OWN)


def test_tag_is_what_follows_the_last_plus() -> None:
    assert reply_addresses.tag_of("help+desk+x@desk.example") == "x"
    assert reply_addresses.tag_of("+x@desk.example") == ""
