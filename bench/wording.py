"""What the customers of the bench write; `{n}` is a number, `{hash}` a TxID."""

COINS = ("USDT", "BTC", "ETH", "TRX", "SOL")

SENTENCES = {
    "en": (
        "My withdrawal of {n} {coin} has been pending for {k} hours",
        "The deposit with TxID {hash} does not show in my wallet",
        "I cannot pass the identity check, it says that the picture is blurred",
        "My UID is {uid} and the order number is {order}",
        "Please tell me how to switch off the second factor, I have a new phone",
        "Somebody who says that he works for you wrote to me on Telegram",
        "The API key returns error {k} for every signed request",
        "The app shows a network error since the last update",
        "I sent {n} {coin} to the wrong network by mistake",
        "What is the fee for a withdrawal of {coin}",
        "I have attached a screenshot of the page",
        "It worked without any trouble until last week",
        "Please answer soon, I have been waiting for days",
        "The transfer is confirmed on the chain, with more than {k} confirmations",
        "I did not sign in from that city, please lock my account",
        "Could you check whether my ticket has been seen by somebody",
        "Thank you in advance for your help",
        "My address on the other side is the same as always",
    ),
    "zh-Hans": (
        "我的{n} {coin}提现已经等待了{k}个小时",
        "充值交易哈希{hash}，至今没有到账",
        "身份认证一直不通过，提示照片模糊",
        "我的UID是{uid}，订单号是{order}",
        "换了新手机，谷歌验证码没有办法使用，请帮忙重置",
        "有人冒充你们的客服在群里联系我",
        "请尽快处理，我已经等了好几天",
        "附件是页面截图，请查收",
        "请问提现{coin}的手续费是多少",
        "这不是我本人登录的，请马上冻结账户",
        "链上已经确认超过{k}次",
        "谢谢您的帮助",
    ),
    "zh-Hant": (
        "我的{n} {coin}提領已經等了{k}個小時",
        "入金交易雜湊{hash}到現在還沒有到帳",
        "身分驗證一直失敗，系統說照片模糊",
        "我的UID是{uid}，訂單編號是{order}",
        "請儘快處理，謝謝",
        "附件是畫面截圖，麻煩查看",
    ),
    "es": (
        "Mi retiro de {n} {coin} lleva {k} horas pendiente",
        "El depósito con TxID {hash} no aparece en mi cartera",
        "No puedo pasar la verificación de identidad",
        "Mi UID es {uid} y el número de pedido es {order}",
        "Por favor respondan pronto, llevo días esperando",
        "Adjunto una captura de la pantalla",
    ),
    "de": (
        "Meine Auszahlung über {n} {coin} hängt seit {k} Stunden",
        "Die Einzahlung mit der TxID {hash} ist nicht gutgeschrieben",
        "Die Prüfung meiner Identität schlägt immer wieder fehl",
        "Meine UID ist {uid}, die Bestellnummer lautet {order}",
        "Bitte antworten Sie bald, ich warte seit Tagen",
        "Ein Bildschirmfoto hängt an, vielen Dank für Ihre Hilfe",
    ),
}
SUBJECTS = {
    "en": ("Withdrawal pending", "Deposit missing", "Identity check", "Login from a stranger"),
    "zh-Hans": ("提现一直没有到账", "充值未到账", "身份认证失败", "账户异常登录"),
    "zh-Hant": ("提領沒有到帳", "身分驗證失敗"),
    "es": ("Retiro pendiente", "Depósito perdido"),
    "de": ("Auszahlung hängt", "Einzahlung fehlt"),
}
SHARES = {"en": 50, "zh-Hans": 28, "zh-Hant": 6, "es": 8, "de": 8}
CHARSETS = {
    "en": ("us-ascii", "utf-8"),
    "zh-Hans": ("gbk", "gb18030", "utf-8"),
    "zh-Hant": ("big5", "utf-8"),
    "es": ("iso-8859-1", "utf-8"),
    "de": ("iso-8859-1", "utf-8"),
}
WROTE = {
    "en": "On {date}, {name} wrote:",
    "zh-Hans": "在 {date}，{name} 写道：",
    "zh-Hant": "於 {date}，{name} 寫道：",
    "es": "El {date}, {name} escribió:",
    "de": "Am {date} schrieb {name}:",
}
NAMES = ("Li Wei", "Wang Fang", "Ana Ruiz", "Tom Miller", "Eva Braun", "Kim Soo", "Omar Aziz")
END = {"en": ". ", "es": ". ", "de": ". ", "zh-Hans": "。", "zh-Hant": "。"}
