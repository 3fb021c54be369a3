import pytest

from worker.domain.threads import Evidence, EvidenceKind, Join, Open, match

LI_WEI, STRANGER = "li.wei@customer.example", "stranger@elsewhere.example"
OUR_ID = Evidence(EvidenceKind.OUR_MESSAGE_ID, "ours@desk.example", 1)
SIGNED = Evidence(EvidenceKind.SIGNED_ADDRESS, "support+x@desk.example", 1)
THEIR_ID = Evidence(EvidenceKind.PARTICIPANTS_MAIL, "first@customer.example", 1)
NUMBER = Evidence(EvidenceKind.SUBJECT_NUMBER, "K7M4-2QXD", 1)
ELSEWHERE = Evidence(EvidenceKind.OUR_MESSAGE_ID, "other@desk.example", 2)
EVERY_KIND = [SIGNED, OUR_ID, THEIR_ID, NUMBER]


def find(
    *evidence: Evidence,
    author: str | None = LI_WEI,
    authentication: str = "none",
    participants: dict[int, set[str]] | None = None,
) -> Join | Open:
    return match(
        author=author,
        authentication=authentication,
        evidence=evidence,
        participants=participants or {1: {LI_WEI}, 2: {"wang.fang@customer.example"}},
    )


@pytest.mark.parametrize("evidence", EVERY_KIND, ids=lambda found: found.kind.value)
def test_participant_joins_on_any_evidence(evidence: Evidence) -> None:
    assert find(evidence) == Join(ticket_id=1, is_participant=True, evidence=(evidence,))


@pytest.mark.parametrize("evidence", [SIGNED, OUR_ID], ids=lambda found: found.kind.value)
def test_stranger_with_strong_evidence_joins_unverified(evidence: Evidence) -> None:
    found = find(evidence, author=STRANGER)
    assert found == Join(ticket_id=1, is_participant=False, evidence=(evidence,))


@pytest.mark.parametrize("evidence", [THEIR_ID, NUMBER], ids=lambda found: found.kind.value)
def test_stranger_with_weak_evidence_only_claims(evidence: Evidence) -> None:
    assert find(evidence, author=STRANGER) == Open(claims=(evidence,))


def test_no_evidence_opens_without_claims() -> None:
    assert find() == Open(claims=())


def test_participant_whose_authentication_fails_is_a_stranger() -> None:
    assert find(NUMBER, authentication="fail") == Open(claims=(NUMBER,))
    assert find(OUR_ID, authentication="fail") == Join(
        ticket_id=1, is_participant=False, evidence=(OUR_ID,)
    )


def test_mail_without_a_single_author_is_a_strangers() -> None:
    assert find(THEIR_ID, author=None) == Open(claims=(THEIR_ID,))


def test_own_ticket_wins_over_stronger_evidence_for_anothers() -> None:
    found = find(ELSEWHERE, NUMBER)
    assert found == Join(ticket_id=1, is_participant=True, evidence=(NUMBER,))


def test_strongest_evidence_is_named_first() -> None:
    found = find(NUMBER, THEIR_ID, OUR_ID)
    assert isinstance(found, Join)
    assert found.evidence == (OUR_ID, THEIR_ID, NUMBER)


def test_nearest_of_equally_strong_references_decides() -> None:
    participants = {1: {LI_WEI}, 2: {LI_WEI}}
    found = find(ELSEWHERE, OUR_ID, participants=participants)
    assert isinstance(found, Join)
    assert found.ticket_id == 2
