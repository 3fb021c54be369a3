"""Small words that give away a language written in Latin or Cyrillic letters.

Words are lower case, without diacritics where people often drop them (the detector folds them).
A word that several languages share counts for each of them. `JARGON` counts for none: the trade
writes it in every language.
"""

WORDS: dict[str, str] = {
    "en": """
        the and is are was were i my me you your it this that have has had not no do
        does did don't can can't cannot could would will please help hi hello hey
        thanks thank why how what when where who there with for from on in to of at by
        but or if still be been get got need want any just now after since because
        until today yesterday withdrawal withdraw deposit account password order
        locked stuck pending hacked stolen missing arrived received sent waiting
        urgent money funds code phone app support ticket issue problem fix someone an
        a we our they them so too also still again about into out up all only than
        then its it's i'm wasn't didn't broken working login log fee question reply
        answer answers nobody ok yes good nice team great wrong failed refund test
        stop cant dont ive isnt urgent asap wtf pls plz dear sir
    """,
    "es": """
        el la los las un una unos de del que y en no si por para con mi mis me te se
        su lo le al es son esta este esto estoy hola buenas buenos dias tardes gracias
        ayuda ayudenme como cuando cuanto donde quiero puedo puede pero porque hace
        desde hasta tengo he ha han ya muy mas sin cuenta dinero retiro retirar
        contrasena correo codigo llega llego ayer hoy necesito favor alguien nadie
        robado robaron dia dias pendiente deposito verificacion urgente ustedes yo mio
        nada todo ni sigue
    """,
    "pt": """
        o os a as um uma de do da dos das que e em no na nos nas nao sim por para com
        meu minha meus minhas me se seu sua eu voce voces esta este isso ola oi bom
        boa dia tarde obrigado obrigada ajuda como quando quanto onde quero posso pode
        mas porque ha desde ate tenho foi ja muito mais sem conta dinheiro saque sacar
        senha codigo chegou ontem hoje preciso favor alguem ninguem deposito consigo
        estou ainda nada tudo pelo pela verificacao sexta segunda
    """,
    "fr": """
        le la les un une des du de que qui et en ne pas je j'ai mon ma mes me vous
        votre vos nous il elle ce cette c'est est sont suis bonjour salut merci aide
        comment quand combien pourquoi veux peux peut mais parce depuis jusqu ai avez
        ont deja tres plus sans compte argent retrait retirer passe code hier aujourd
        hui besoin svp quelqu un personne rien tout toujours dans sur avec pour par au
        aux l'argent demande probleme bloque depot recu
    """,
    "de": """
        der die das ein eine einen einem einer und ist sind war nicht kein keine ich
        mein meine meinem meiner mir mich sie ihr ihre wir es zu zum zur von vom mit
        auf fur in im an am bei aus hallo guten tag danke hilfe bitte wie wann wo
        warum wieviel kann konnen mochte will aber weil seit bis habe hat haben wurde
        schon sehr mehr ohne konto geld auszahlung einzahlung passwort gestern heute
        jemand niemand nichts alles noch nach dass oder wenn kommt gesperrt
    """,
    "it": """
        il lo la gli le un uno una di del della dei che e in non si per con mio mia
        miei mi vi sono sei ho hai ha abbiamo questo questa ciao buongiorno salve
        grazie aiuto come quando quanto dove voglio posso puo ma perche da fino gia
        molto piu senza conto soldi prelievo prelevare password codice ieri oggi
        bisogno favore qualcuno nessuno niente tutto ancora nel nella al alla deposito
        arrivato
    """,
    "nl": """
        de het een en is zijn was niet geen ik mijn me mij je jullie we wij van voor
        met op in aan bij uit hallo goedendag bedankt help hoe wanneer waar waarom kan
        kunnen wil maar omdat sinds al heb heeft hebben zeer meer zonder rekening geld
        opname storting wachtwoord gisteren vandaag iemand niemand niets alles nog
        naar dat
    """,
    "pl": """
        i w na z do nie tak jest sa moj moje mi mnie sie to ten ta co jak kiedy gdzie
        dlaczego czesc dzien dobry dziekuje pomoc prosze moge mozna ale bo od juz
        bardzo bez konto pieniadze wyplata wplata haslo wczoraj dzisiaj ktos nikt nic
        wszystko jeszcze nadal mam
    """,
    "tr": """
        ve bir bu su o ben benim bana sen siz sizin biz icin ile ne nasil neden niye
        ne zaman nerede merhaba selam tesekkur tesekkurler yardim lutfen degil yok var
        mi mu ama cunku beri kadar cok daha hesap hesabim hesabima hesabimi hesabimdan
        para param cekim cekme yatirma sifre sifremi dun bugun biri kimse hicbir hala
        gelmedi gonderdim yapamiyorum istiyorum oldu olarak gun gundur saattir acil
        kodu
    """,
    "vi": """
        toi minh em anh chi cua la va co khong duoc cho nay da dang chua se thi ma voi
        tren trong ngay hom qua nay chao xin giup cam on lam sao nao bao lau the vi
        sao tai khoan tien rut nap mat khau ma ai nap lenh bi hack nguoi ban oi a nhe
        duoc ngan hang gio phut roi van sao hoi nhan gui ho tro minh
    """,
    "id": """
        saya aku kami anda kamu yang dan di ke dari untuk dengan ini itu tidak bukan
        belum sudah bisa ada adalah akun uang dana tarik penarikan setor halo hai
        selamat pagi terima kasih tolong mohon bantuan bagaimana kapan berapa kenapa
        mengapa mau ingin tapi karena sejak sampai masih juga lagi kata sandi kode
        kemarin hari jam siapa seseorang semua masuk dicuri diretas min kak gan dong
        nih gak nggak apa
    """,
    "ms": """
        saya anda yang dan di ke dari untuk dengan ini itu tidak bukan belum sudah
        boleh ada ialah akaun wang duit pengeluaran deposit tolong bagaimana bila
        berapa kenapa mengapa mahu tetapi kerana sejak masih juga lagi kata laluan kod
        semalam hari encik puan
    """,
    "tl": """
        ang ng sa na ay ako ko akin ikaw mo siya namin natin kayo po opo hindi wala
        may mayroon bakit paano kailan saan salamat tulong pera ko yung lang pa rin
        naman kasi pero at para kahapon ngayon
    """,
    "ro": """
        si nu este sunt am mea meu mi se un o de la pe cu din pentru cum cand unde
        contul cont banii bani retragere parola buna ziua multumesc ajutor va rog ieri
        azi cineva nimeni
    """,
    "cs": """
        a je jsem nejde ne ano muj moje mi se na v z do jak kdy kde proc dobry den
        dekuji prosim pomoc ucet penize vyber heslo vcera dnes nekdo nikdo uz jeste
    """,
    "ru": """
        и в не на я мой моя мои мне меня с со что это как когда где почему но да нет
        по из за у от до для вы ваш мы он она они был была было есть уже еще ещё все
        всё очень без счет счёт аккаунт деньги вывод вывести пароль вчера сегодня кто
        никто привет здравствуйте спасибо помогите пожалуйста можно могу хочу код
        пришел пришли пришло перевод средства если или ли то так же бы
    """,
    "uk": """
        і й в не на я мій моя мої мені мене з що це як коли де чому але так ні по із
        за у від до для ви ваш ми він вона вони був була було є вже ще все дуже без
        рахунок акаунт гроші вивід пароль вчора сьогодні хто ніхто привіт дякую
        допоможіть будь ласка можна можу хочу код
    """,
    "bg": """
        и в не на аз моят моята ми ме с какво това как кога къде защо но да по от за
        до вие ваш ние той тя те беше има вече още всичко много без сметка пари парола
        вчера днес кой никой здравейте благодаря помощ моля мога искам код съм са се
    """,
}

JARGON = frozenset(
    """
        uid id kyc api txid tx hash otc p2p 2fa usdt usdc btc eth bnb sol xrp trx doge
        ada okb okx trc20 erc20 bep20 app web ios android iphone url http https www
        com ok vip faq ip gmail email mail sms token wallet spot margin futures swap
        binance telegram whatsapp google pdf png jpg re fw fwd usd eur bot chrome
        windows nft defi cex dex ui ux onchain web3 apk otp apple pro tron polygon
        arbitrum solana bitcoin ethereum tether coin crypto key secret passphrase tag
        memo stake staking
    """.split()  # noqa: SIM905 a list would be a page
)

COUNTRY_LETTERS: dict[str, str] = {
    "vi": "ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ",
    "tr": "ğışİ",
    "pl": "ąęłńśźż",
    "de": "ßäöü",
    "es": "ñ¿¡",
    "pt": "ãõ",
    "fr": "èêëîïûœ",
    "cs": "ěřůčžďť",
    "ro": "țșăț",
    "uk": "іїєґ",
    "ru": "ыэё",
}
"""Letters that, among the languages above, give one away (some are shared by two)."""
