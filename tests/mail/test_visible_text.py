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

ATTRIBUTIONS = [
    "po 6. 5. 2024 v 10:12 odesílatel Chen Jie <jie@example.cz> napsal:",
    "po 6. 5. 2024 o 10:12 Chen Jie <jie@example.sk> napísal(a):",
    "Den man. 6. maj 2024 kl. 10.12 skrev Jan <jie@example.dk>:",
    "man. 6. maj 2024 kl. 10.12 skrev Jan <jie@example.dk>:",
    "Chen Jie <jie@example.hu> ezt írta (időpont: 2024. máj. 6., H, 10:12):",
    "pon., 6 maj 2024 o 10:12 Chen Jie <jie@example.pl> napisał(a):",
    "lun., 6 mai 2024 la 10:12, Chen Jie <jie@example.ro> a scris:",
    "Pe lun., 6 mai 2024 la 10:12, Chen Jie <jie@example.ro> a scris:",
    "Chen Jie <jie@example.tr>, 6 May 2024 Pzt, 10:12 tarihinde şunu yazdı:",
    "6 Mayıs 2024 Pazartesi tarihinde Chen Jie <jie@example.tr> yazdı:",
    "Kuupäev E, 6. mai 2024 kell 10:12 kirjutas Chen Jie <jie@example.ee>:",
    "pirmd., 2024. g. 6. maijs, plkst. 10:12 — lietotājs Chen Jie (<jie@example.lv>) rakstīja:",
    "2024-05-06, pr, 10:12 Chen Jie <jie@example.lt> rašė:",
    "pon, 6. svi 2024. u 10:12 Chen Jie <jie@example.hr> napisao je:",
    "V V pon., 6. maj 2024 ob 10:12 je oseba Chen Jie <jie@example.si> napisala:",
    "На пн, 6.05.2024 г. в 10:12 Chen Jie <jie@example.bg> написа:",
    "пн, 6 трав. 2024 р. о 10:12 Chen Jie <jie@example.ua> пише:",
    "пн, 6 мая 2024 г. в 10:12, Chen Jie <jie@example.ru>:",
    "6 мая 2024 г. 10:12:33 GMT+03:00, Chen Jie <jie@example.ru> пишет:",
    "пон, 6. мај 2024. у 10:12 Chen Jie <jie@example.rs> је написао/ла:",
    "Στις Δευ 6 Μαΐ 2024 στις 10:12 π.μ., ο χρήστης Chen Jie <jie@example.gr> έγραψε:",
    "‫בתאריך יום ב׳, 6 במאי 2024 ב-10:12 מאת ‪Chen Jie‬‏ <‪jie@example.il‬‏>:‬",
    "Vào Th 2, 6 thg 5, 2024 vào lúc 10:12 Chen Jie <jie@example.vn> đã viết:",
    "Pada tanggal Sen, 6 Mei 2024 pukul 10.12 Chen Jie <jie@example.id> menulis:",
    "Pada Isn, 6 Mei 2024 pada 10:12 PG Chen Jie <jie@example.my> menulis:",
    "ในวันที่ จ. 6 พ.ค. 2024 เวลา 10:12 Chen Jie <jie@example.th> เขียนว่า:",
    "2024년 5월 6일 (월) 오후 10:12, Chen Jie <jie@example.kr>님이 작성:",
    "2024年5月6日(月) 10:12 Chen Jie <jie@example.jp>:",
    "mán., 6. maí 2024 kl. 10:12 skrifaði Chen Jie <jie@example.is>:",
    "Missatge de Chen Jie <jie@example.cat> del dia dl., 6 de maig 2024 a les 10:12:",
    "El dl., 6 de maig 2024 a les 10:12, Chen Jie (<jie@example.cat>) va escriure:",
    "O luns, 6 de maio de 2024 ás 10:12, Chen Jie (<jie@example.gal>) escribiu:",
    "Hau idatzi du Chen Jie (<jie@example.eus>) erabiltzaileak (2024 mai. 6, al. (10:12)):",
    "Noong Lun, May 6, 2024 nang 10:12 AM, sinulat ni Chen Jie <jie@example.ph> ang:",
    "सोम, 6 मई 2024 को 10:12 am बजे को Chen Jie <jie@example.in> ने लिखा:",
    "در تاریخ دوشنبه ۶ مهٔ ۲۰۲۴،‏ ۱۰:۱۲ Chen Jie <jie@example.ir> نوشت:",
    "في الاثنين، ٦ مايو ٢٠٢٤ في ١٠:١٢ ص تمت كتابة ما يلي بواسطة Chen Jie <jie@example.com>:",
    "في ٦ مايو ٢٠٢٤، كتب Chen Jie <jie@example.com>:",
    "Op Ma. 06 Mei 2024 10:12 het Chen Jie <jie@example.za> geskryf:",
    "Den mån 6 maj 2024 kl 10:12 skrev Chen Jie <jie@example.se>:",
    "man. 6. mai 2024 kl. 10:12 skrev Chen Jie <jie@example.no>:",
    "ma 6. toukok. 2024 klo 10.12 Chen Jie (jie@example.fi) kirjoitti:",
    "Chen Jie kirjoitti 6.5.2024 klo 10.12:",
    "Op ma 6 mei 2024 om 10:12 schreef Chen Jie <jie@example.nl>:",
    "Op 6 mei 2024, om 10:12 heeft Chen Jie <jie@example.nl> het volgende geschreven:",
    "Em seg., 6 de mai. de 2024 às 10:12, Chen Jie <jie@example.pt> escreveu:",
    "Chen Jie <jie@example.pt> escreveu no dia segunda, 6/05/2024 à(s) 10:12:",
    "A 06/05/2024, às 10:12, Chen Jie <jie@example.pt> escreveu:",
    "El lun, 6 may 2024 a las 10:12, Chen Jie (<jie@example.es>) escribió:",
    "El 6 may 2024, a las 10:12, Chen Jie <jie@example.es> escribió:",
    "Il giorno lun 6 mag 2024 alle ore 10:12 Chen Jie <jie@example.it> ha scritto:",
    "Il 6/5/2024 10:12, Chen Jie ha scritto:",
    "Le lun. 6 mai 2024 à 10:12, Chen Jie <jie@example.fr> a écrit :",
    "Le 06/05/2024 à 10:12, Chen Jie a écrit :",
    "Am Mo., 6. Mai 2024 um 10:12 Uhr schrieb Chen Jie <jie@example.de>:",
    "Am 06.05.24 um 10:12 schrieb Chen Jie:",
    "Chen Jie <jie@example.cn> 于2024年5月6日周一 10:12写道：",
    "在 2024年5月6日，10:12，Chen Jie <jie@example.cn> 写道：",
    "Chen Jie <jie@example.tw> 於 2024年5月6日 週一 上午10:12寫道：",
    '在 2024-05-06 10:12:33，"Chen Jie" <jie@example.cn> 写道：',
    "Chen Jie <jie@example.tw> 在 2024年5月6日 星期一 寫道：",
    "於 2024/5/6 10:12, Chen Jie 提到:",
    'At 2024-05-06 10:12:33, "Chen Jie" <jie@example.cn> wrote:',
    "Chen Jie<jie@example.cn> 在 2024年5月6日 周一 10:12 写道：",
    "Chen Jie <jie@example.org> writes:",
    "On Mon, 6 May 2024, Chen Jie wrote:",
    "Quoting Chen Jie <jie@example.org>:",
    "Zitat von Chen Jie <jie@example.org>:",
    "Citando Chen Jie <jie@example.org>:",
    "Quoting Chen Jie (jie@example.org):",
    "Chen Jie schrieb am 06.05.2024 um 10:12:",
    "* Chen Jie <jie@example.org> [2024-05-06 10:12]:",
    "Chen Jie, 06.05.2024 10:12:",
    "Chen Jie/Firm/DE wrote on 06.05.2024 10:12:33:",
    "---- On Mon, 06 May 2024 10:12:33 +0800 Chen Jie <jie@example.org> wrote ---",
    "---- 在 星期一, 06 五月 2024 10:12:33 +0800 Chen Jie <jie@example.org> 撰写 ----",
    "On Monday, May 6th, 2024 at 10:12, Chen Jie <jie@example.org> wrote:",
    "May 6, 2024, 10:12 by jie@example.org:",
    "On May 6, 2024, Chen Jie <jie@example.org> wrote:",
    "On 6 May 2024 at 10:12:33 AM, Chen Jie (jie@example.org) wrote:",
    "Dnia 6 maja 2024 10:12 Chen Jie <jie@example.pl> napisał(a):",
    "Понедельник, 6 мая 2024, 10:12 +03:00 от Chen Jie <jie@example.ru>:",
    '06.05.2024, 10:12, "Chen Jie" <jie@example.ru>:',
    "06.05.2024 10:12, Chen Jie пишет:",
    "Il 6 maggio 2024 alle 10.12 Chen Jie <jie@example.it> ha scritto:",
]
ONLY_BEFORE_QUOTES = ("* ", "Chen Jie, 06")


@pytest.mark.parametrize("footer", FOOTERS)
def test_footer_of_a_mail_program_is_left_out(footer: str) -> None:
    assert reply_text(f"{OWN}\n\n{footer}\n") == OWN


def test_address_card_without_sign_off_or_firm_is_what_a_person_wrote() -> None:
    body = f"{OWN}\n\nName: Li Wei\nPhone: +852 5550 0100\nMobile: +852 5550 0101\nUID 123456"
    assert reply_text(body) == body


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_attribution_goes_with_the_quote_below(attribution: str) -> None:
    assert reply_text(f"{OWN}\n\n{attribution}\n\n> Did it arrive?\n> Tell us.") == OWN


@pytest.mark.parametrize(
    "attribution", [one for one in ATTRIBUTIONS if not one.startswith(ONLY_BEFORE_QUOTES)]
)
def test_attribution_ends_what_was_written_where_nothing_is_marked(attribution: str) -> None:
    assert reply_text(f"{OWN}\n\n{attribution}\nDid it arrive?\nTell us.") == OWN


@pytest.mark.parametrize("attribution", [one for one in ATTRIBUTIONS if " <" in one])
def test_attribution_broken_inside_the_address_is_one(attribution: str) -> None:
    broken = attribution.replace(" <", " <\n", 1)
    assert reply_text(f"{OWN}\n\n{broken}\n\n> Did it arrive?") == OWN


@pytest.mark.parametrize(
    "own",
    [
        "On Monday I wrote:\nnothing came back.",
        "My account: li.wei@example.com\nMy phone: 555 0100",
        "Date: 2024-05-06\nAmount: 5 USDT\nFrom: wallet\nTo: exchange",
        "I wrote to support on 6 May 2024, they said:\nwait two days.",
        "A 5 USDT deposit is missing since 10:12:",
        "From my wallet I sent 5 USDT",
    ],
)
def test_sentence_that_looks_like_an_attribution_stays(own: str) -> None:
    assert reply_text(f"Hello,\n\n{own}") == f"Hello,\n\n{own}"


def test_dashes_around_an_attribution_still_make_one() -> None:
    line = "---- On 1 May 2024, Li Wei wrote: ----"
    assert reply_text(f"Thanks.\n\n{line}\n> old\n") == "Thanks."
