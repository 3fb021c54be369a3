"""Tells in words what became of one mail: the lines of the demo."""

from rich.text import Text

from worker.demo.day import Row
from worker.store.outcomes import AnswerView, MailView

URGENCY_STYLES = {"critical": "bold white on red", "high": "bold yellow", "low": "dim"}
LANGUAGES = {
    "zh-Hans": "simplified Chinese",
    "zh-Hant": "traditional Chinese",
    "en": "English",
    "es": "Spanish",
    "ru": "Russian",
    "vi": "Vietnamese",
    "ja": "Japanese",
}
WHY_JOINED = {
    "our_message_id": "replies to our answer",
    "signed_address": "replies to our answer",
    "participants_mail": "goes on with it",
    "subject_number": "names its number",
}
WHY_SCREENED = {
    "automatic_response": "an automatic reply; answering it would start a loop",
    "automatic_mail": "written by a machine",
    "list_mail": "a newsletter",
    "delivery_report": "a bounce of our answer on",
    "spam": "spam",
}
WHY_SILENT = {
    "nothing_new_to_say": "nothing new to say",
    "quiet_period": "answered a short while ago",
    "already_received": "answered already",
    "authentication_failed": "the sender is forged",
    "not_a_participant": "the writer is no party to this ticket",
}


def words(code: str) -> str:
    """Make words of a code: `list_mail` becomes "list mail"."""
    return code.replace("_", " ")


def heading(row: Row) -> Text:
    """When, who, what."""
    sample = row.sample
    subject = sample.subject if sample.subject and not sample.replies_to else "(a reply)"
    if sample.quotes_number_of:
        subject = "(quotes the number of a ticket of another's)"
    if sample.shape == "bounce":
        subject = "Undelivered Mail Returned to Sender"
    line = Text()
    line.append(f"{sample.at:%H:%M}  ", style="bold cyan")
    line.append(f"{sample.person.name}  ", style="bold")
    line.append(subject)
    return line


def outcome(row: Row) -> Text:
    """What the desk made of it, and the answer."""
    view = row.view
    if view is None or view.state in ("received", "claimed"):
        return Text("...", style="dim")
    line = Text()
    line.append_text(_place(view))
    if view.state == "recorded":
        urgency = str(view.decision.get("urgency", ""))
        line.append("  ")
        line.append(urgency, style=URGENCY_STYLES.get(urgency, ""))
        line.append(f" {words(str(view.decision.get('category', '')))}")
        for kind in _names(view.decision.get("secrets")):
            line.append("  ")
            line.append(f"{words(kind)} sealed", style="bold magenta")
    if view.answer is not None:
        line.append("  ")
        line.append_text(_answer(view.answer))
    return line


def _place(view: MailView) -> Text:
    number = f"#{view.ticket_number}" if view.ticket_number else ""
    match view.state, view.reason:
        case "recorded", "opened":
            apart = ", apart from the one that it names" if view.claims else ""
            return Text(f"opened {number}{apart}", style="green")
        case "recorded", "linked":
            return Text(f"opened {number}, linked to the same matter", style="green")
        case "recorded", "merged":
            return Text(f"joined {number}: the same matter again", style="blue")
        case "recorded", _:
            kind = view.evidence[0].partition(" ")[0] if view.evidence else ""
            return Text(f"joined {number}: {WHY_JOINED.get(kind, words(kind))}", style="blue")
        case "copy", _:
            return Text(f"filed as a copy of a mail on {number}", style="blue")
        case "screened_out", reason:
            why = WHY_SCREENED.get(reason or "", words(reason or ""))
            on = f" {number}" if number else ""
            return Text(f"screened out: {why}{on}", style="yellow")
        case _:
            return Text(f"{words(view.state)}: {words(view.reason or '')}", style="red")


def _answer(answer: AnswerView) -> Text:
    language = LANGUAGES.get(answer.language, answer.language)
    match answer.state:
        case "sent":
            kind = "" if answer.kind == "received" else f" ({words(answer.kind)})"
            return Text(f"-> answered in {language}{kind}", style="green")
        case "suppressed":
            reason = answer.reason or ""
            return Text(f"-> silent: {WHY_SILENT.get(reason, words(reason))}", style="dim")
        case "failed" | "cancelled":
            return Text(f"-> {answer.state}: {answer.reason}", style="red")
        case _:
            return Text("-> answer on its way", style="dim")


def _names(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []
