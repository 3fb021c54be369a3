import pytest

from worker.domain import ticket_numbers

NUMBER = ticket_numbers.make(bytes(range(8)))
BARE = NUMBER.replace("-", "")


def test_number_is_made_of_safe_characters_only() -> None:
    for chance in range(500):
        number = ticket_numbers.make(chance.to_bytes(4) * 4)
        assert len(number) == 9
        assert number[4] == "-"
        assert set(number) <= set(ticket_numbers.ALPHABET + "-")
        assert not set("01OIL") & set(number)


def test_same_chance_makes_the_same_number_and_reads_back() -> None:
    assert ticket_numbers.make(bytes(range(8))) == NUMBER
    assert ticket_numbers.parse(NUMBER) == NUMBER


def test_too_little_chance_is_refused() -> None:
    with pytest.raises(ValueError, match="8 random bytes"):
        ticket_numbers.make(b"short")


def test_every_single_wrong_character_is_found() -> None:
    for place, right in enumerate(BARE):
        for wrong in ticket_numbers.ALPHABET.replace(right, ""):
            assert ticket_numbers.parse(BARE[:place] + wrong + BARE[place + 1 :]) is None


def test_every_swap_of_neighbours_is_found() -> None:
    for chance in range(200):
        bare = ticket_numbers.make(chance.to_bytes(2) * 8).replace("-", "")
        for place in range(7):
            left, right = bare[place], bare[place + 1]
            swapped = bare[:place] + right + left + bare[place + 2 :]
            assert left == right or ticket_numbers.parse(swapped) is None


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param(NUMBER.lower(), id="lower case"),
        pytest.param(f"  #{NUMBER} ", id="hash and spaces"),
        pytest.param(BARE, id="no hyphen"),
        pytest.param(NUMBER.replace("-", " "), id="space for hyphen"),
        pytest.param(NUMBER.replace("-", "–"), id="dash for hyphen"),
        pytest.param("".join(chr(ord(c) + 0xFEE0) for c in f"#{NUMBER}"), id="full width"),
    ],
)
def test_a_person_may_type_it_in_any_of_these_ways(typed: str) -> None:
    assert ticket_numbers.parse(typed) == NUMBER


@pytest.mark.parametrize("typed", ["", "#", "K7M4", "ßßßß-ßßßß", NUMBER + "2", "١٢٣٤-٥٦٧٨"])
def test_other_text_is_no_number(typed: str) -> None:
    assert ticket_numbers.parse(typed) is None


@pytest.mark.parametrize(
    "subject",
    [
        pytest.param(f"Re: [#{NUMBER}] Missing deposit", id="ours"),
        pytest.param(f"回复：工单#{NUMBER}还没有到账", id="between Chinese"),
        pytest.param(f"回复：＃{NUMBER}", id="full-width hash"),
        pytest.param(f"ticket #{NUMBER.lower()}, please", id="lower case with hash"),
        pytest.param(f"about {NUMBER}.", id="without hash"),
        pytest.param(f"#{BARE} and again #{NUMBER}", id="twice"),
    ],
)
def test_number_is_found_in_a_subject(subject: str) -> None:
    assert ticket_numbers.find(subject) == (NUMBER,)


@pytest.mark.parametrize(
    "subject",
    [
        pytest.param(f"order A{NUMBER}", id="inside a longer word"),
        pytest.param(f"{NUMBER}-77AB-0001", id="start of a longer number"),
        pytest.param(f"about {NUMBER.lower()}", id="lower case without hash"),
        pytest.param("#" + NUMBER[:-1] + ("2" if NUMBER[-1] != "2" else "3"), id="wrong check"),
    ],
)
def test_what_only_looks_like_a_number_is_not_found(subject: str) -> None:
    assert ticket_numbers.find(subject) == ()
