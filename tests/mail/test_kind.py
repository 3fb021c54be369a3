"""Automatic mail is told by its subject or its sender; people's mail is not taken for it."""

import pytest

from worker.domain.message import Kind
from worker.mail.parse import parse

AUTOMATIC_SUBJECTS = [
    "Automatic reply: Withdrawal",
    "Out of Office: Withdrawal",
    "Out of office Re: Withdrawal",
    "Auto: Withdrawal",
    "Autoreply",
    "Auto Reply: your ticket",
    "[Auto-Reply] Withdrawal",
    "AutoReply - Withdrawal",
    "Abwesenheitsnotiz: Withdrawal",
    "Automatische Antwort: Withdrawal",
    "Automatische Antwort auf Ihre Mail",
    "Réponse automatique : Withdrawal",
    "Réponse automatique d'absence",
    "Respuesta automática: Withdrawal",
    "Resposta automática: Withdrawal",
    "Risposta automatica: Withdrawal",
    "Automatisch antwoord: Withdrawal",
    "Automatiskt svar: Withdrawal",
    "Autosvar: Withdrawal",
    "Automatisk svar: Withdrawal",
    "Automaattinen vastaus: Withdrawal",
    "Odpowiedź automatyczna: Withdrawal",
    "Automatická odpověď: Withdrawal",
    "Автоответ: Withdrawal",
    "Автоматический ответ: Withdrawal",
    "Otomatik yanıt: Withdrawal",
    "自动回复：提现",
    "自动回复: Withdrawal",
    "自動回覆: Withdrawal",
    "自動返信: Withdrawal",
    "【自動返信】お問い合わせありがとうございます",
    "자동 회신: Withdrawal",
    "Trả lời tự động: Withdrawal",
    "رد تلقائي: Withdrawal",
    "Vacation reply",
    "I am out of office until Monday",
    "I am on vacation",
    "Away from office: Re: Withdrawal",
    "Thank you for contacting us (auto reply)",
    "Auto response to your enquiry",
    "Automatisierte Antwort: Withdrawal",
    "Nieobecność: Withdrawal",
    "Risposta automatica",
    "Fuori sede: Withdrawal",
    "OOO: Re: Withdrawal",
    "OOTO: Withdrawal",
    "Out of the Office until 1 Dec",
    "Autoresponder: Withdrawal",
    "[Autoreply] Re: Withdrawal",
    "自動応答: Withdrawal",
    "Automātiskā atbilde: Withdrawal",
    "Ārpus biroja: Withdrawal",
    "休假中（自动回复）Re: 提现",
    "AUTO: Li Wei is out of the office (returning 12/01/2025)",
]
SUBJECTS_OF_PEOPLE = [
    "Automatic withdrawal failed",
    "Auto-invest does not stop",
    "Out of money",
    "Office hours?",
    "自动提现失败",
    "自动回复功能怎么打开",
    "Automatische Abbuchung falsch",
    "Vacation plan and withdrawal limit",
    "Absence of my deposit",
    "I want automatic replies turned off",
    "Automation API key",
    "Respuesta a su mensaje",
    "Re: Re: Withdrawal",
    "Auto trading stopped",
    "Autotrade error",
    "Out of stock token listing",
]
MACHINES = [
    "noreply@shop.example",
    "no-reply@shop.example",
    "donotreply@shop.example",
    "do_not_reply@shop.example",
    "mailer-daemon@shop.example",
    "postmaster@shop.example",
    "notifications-noreply@shop.example",
    "bounce-123@shop.example",
    "noreply+abc@shop.example",
    "automailer@shop.example",
]
PEOPLE = [
    "norah@shop.example",
    "reply@shop.example",
    "bounty@shop.example",
    "daemonhunter@shop.example",
    "info@shop.example",
    "nora.replyova@shop.example",
    "autoparts@shop.example",
]


def _mail(subject: str, author: str = "li.wei@customer.example") -> bytes:
    return f"From: {author}\r\nSubject: {subject}\r\n\r\nHello\r\n".encode()


@pytest.mark.parametrize("subject", AUTOMATIC_SUBJECTS)
def test_subject_of_an_automatic_answer_forbids_one(subject: str) -> None:
    message = parse(_mail(subject))
    assert message.is_auto
    assert message.kind is Kind.AUTO_REPLY


@pytest.mark.parametrize("subject", SUBJECTS_OF_PEOPLE)
def test_subject_of_a_person_that_sounds_automatic_is_a_request(subject: str) -> None:
    assert parse(_mail(subject)).kind is Kind.REQUEST


@pytest.mark.parametrize("author", MACHINES)
def test_address_of_a_machine_forbids_an_answer(author: str) -> None:
    assert parse(_mail("Hello", author)).is_auto


@pytest.mark.parametrize("author", PEOPLE)
def test_address_of_a_person_that_looks_like_a_machine_is_a_request(author: str) -> None:
    assert parse(_mail("Hello", author)).kind is Kind.REQUEST
