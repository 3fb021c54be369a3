"""Why an act of an operator cannot be done."""

from worker.errors import Permanent

_LARGEST = 2**63 - 1


class NotFound(Permanent):
    """There is no such ticket, mail, dead letter or answer."""


class Refused(Permanent):
    """It is there, but not in a state in which this can be done."""


def whole_number(written: str, what: str) -> int:
    """Read an id as people type it; raises NotFound when it can be none.

    what: such as "mail", for the sentence.
    """
    number = int(written) if written.isascii() and written.isdigit() else 0
    if not 0 < number <= _LARGEST:
        raise NotFound(f"There is no {what} {written}: an id is a whole number.")
    return number
