"""What a person wrote is cut out of what the mail program put around it."""

import pytest

from worker.mail.visible_text import reply_text

OWN = "The deposit is there now, thank you."
FOOTERS = [
    "Sent from my Galaxy",
    "Sent from Outlook for Android",
    "Sent from Mail for Windows",
    "Sent from Yahoo Mail on Android",
    "Sent from my Huawei phone",
    "Sent with Proton Mail secure email.",
    "Von meinem iPhone gesendet",
    "Envoyé de mon iPhone",
    "Enviado desde mi iPhone",
    "Inviato da iPhone",
    "Enviado do meu iPhone",
    "Verstuurd vanaf mijn iPhone",
    "Отправлено с iPhone",
    "Отправлено из мобильной Почты Mail.ru",
    "Wysłane z iPhone'a",
    "发自我的小米手机",
    "发自我的华为手机",
    "來自我的 iPhone",
    "從我的 iPhone 傳送",
    "iPhoneから送信",
    "나의 iPhone에서 보냄",
    "iPhone'umdan gönderildi",
    "Skickat från min iPhone",
    "Lähetetty iPhonesta",
    "Odesláno z iPhonu",
    "Được gửi từ iPhone của tôi",
    "Dikirim dari iPhone saya",
    "نُشرت من الـ iPhone",
    "נשלח מה-iPhone שלי",
    "发自 网易邮箱大师",
    "发送自 Windows 10 版邮件应用",
    "获取 Outlook for iOS",
    "Enviado a partir do Outlook para Android",
    "Enviado desde Outlook para iOS",
    "Télécharger Outlook pour Android",
    "Get BlueMail for Android",
    "Sent from Nine",
    "Sent via the Samsung Galaxy S21, an AT&T 5G smartphone",
    "Sent from my T-Mobile 4G LTE Device",
    "Sent from my Verizon, Samsung Galaxy smartphone",
    "Von Outlook für Android gesendet",
    "Diese Nachricht wurde von meinem Android-Gerät mit WEB.DE Mail gesendet.",
    "Gesendet mit der GMX Mail App",
    "發自我的 Samsung Galaxy 智慧型裝置",
    "发自我的vivo智能手机",
    "从 Windows 版邮件发送",
    "Envoyé à partir de Outlook pour iOS",
]


@pytest.mark.parametrize("footer", FOOTERS)
def test_footer_of_a_mail_program_is_left_out(footer: str) -> None:
    assert reply_text(f"{OWN}\n\n{footer}\n") == OWN


def test_address_card_without_sign_off_or_firm_is_what_a_person_wrote() -> None:
    body = f"{OWN}\n\nName: Li Wei\nPhone: +852 5550 0100\nMobile: +852 5550 0101\nUID 123456"
    assert reply_text(body) == body
