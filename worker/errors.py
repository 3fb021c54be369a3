"""The errors of the house, named for what the caller does about them.

    PostclerkError
    |-- Temporary        try again later; the default for anything unknown
    |-- Permanent        trying again changes nothing: bury it (dead letter, failed answer)
    `-- ConfigError      a person has to change the configuration; never retried blindly

The first argument is a sentence for a person: what happened, to what, what to do. Facts for
the log are keyword arguments. Neither is ever shown to a customer.
"""


class PostclerkError(Exception):
    """An error with a sentence for people and facts for the log."""

    def __init__(self, sentence: str, **facts: object) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.facts = facts

    def __str__(self) -> str:
        return self.sentence


class Temporary(PostclerkError):
    """Try again later."""


class Permanent(PostclerkError):
    """Trying again changes nothing."""


class ConfigError(PostclerkError):
    """The configuration has to be changed first."""

    def __init__(self, sentence: str, *, complaints: tuple[str, ...] = ()) -> None:
        super().__init__(sentence)
        self.complaints = complaints
