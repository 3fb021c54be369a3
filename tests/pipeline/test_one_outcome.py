"""Whatever arrives in whatever order and batches: each mail has exactly one outcome."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.builders import SUPPORT, a_mail
from tests.pipeline.house import House
from worker.adapters.render import Templates

WRITERS = (
    "li.wei@customer.example",
    "wang.fang@customer.example",
    SUPPORT,
    "a@b.example, c@d.example",
)
TEXTS = ("The deposit is missing.", "My card is refused again.", "", "KYC?")
ENDS = ("recorded", "copy", "screened_out", "dead")

MAILS = st.builds(
    lambda writer, text, name, fields: a_mail(
        text + "\n", sender=writer, subject=text[:8], message_id=name, fields=fields
    ),
    writer=st.sampled_from(WRITERS),
    text=st.sampled_from(TEXTS),
    name=st.sampled_from(("a@x.example", "b@x.example", None)),
    fields=st.sampled_from(
        (
            {},
            {"In-Reply-To": "<a@x.example>"},
            {"Auto-Submitted": "auto-replied"},
            {"List-Id": "<l.example>"},
        )
    ),
)


@pytest.mark.slow
@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(batches=st.lists(st.lists(MAILS, min_size=1, max_size=5), min_size=1, max_size=3))
def test_every_mail_gets_exactly_one_outcome(
    tmp_path_factory: pytest.TempPathFactory, templates: Templates, batches: list[list[bytes]]
) -> None:
    house = House(Path(tmp_path_factory.mktemp("house")), None, templates)
    for batch in batches:
        house.take(*batch)
        house.deliver()
    rows = house.rows("inbound")
    messages = house.rows("messages")
    answers = house.rows("answers")
    assert len(rows) == sum(map(len, batches))
    assert all(row["state"] in ENDS for row in rows)
    recorded = {row["id"] for row in rows if row["state"] == "recorded"}
    incoming = [row for row in messages if row["direction"] == "in"]
    assert sorted(row["inbound_id"] for row in incoming) == sorted(recorded)
    assert all(row["copy_of"] for row in rows if row["state"] == "copy")
    assert sorted(row["cause"] for row in answers) == sorted(row["id"] for row in incoming)
    assert {row["state"] for row in answers} <= {"sent", "suppressed"}
    assert all(row["reason"] for row in answers if row["state"] == "suppressed")
    used = {row["ticket_id"] for row in messages}
    assert used == {row["id"] for row in house.rows("tickets")}
    house.desk.close()
