"""The shop's own texts, in every language of the demo; those about challenges come from the API."""

from decimal import Decimal

from demo.examples.definitions import texts

BRAND = "Lark & Fennel"
# Each language's name as its readers write it.
LANGUAGES = {
    "en": "English",
    "es": "Español",
    "fr": "Français",
    "de": "Deutsch",
    "ar": "العربية",
    "ja": "日本語",
}
RIGHT_TO_LEFT = frozenset({"ar"})
FALLBACK = "en"
# The place of the dollar sign and the decimal mark, where they are not the English ones.
_PRICES = {
    "fr": ("{}\N{NARROW NO-BREAK SPACE}$", ","),
    "de": ("{}\N{NO-BREAK SPACE}$", ","),
}

WORDS = texts(
    tagline=(
        "Shop, café, studio and classes under one roof",
        "Tienda, café, estudio y cursos bajo un mismo techo",
        "Boutique, café, studio et cours sous un même toit",
        "Laden, Café, Studio und Kurse unter einem Dach",
        "متجر ومقهى واستوديو ودورات تحت سقف واحد",
        "お店、カフェ、スタジオ、教室がひとつ屋根の下に",
    ),
    welcome=(
        "Welcome",
        "Te damos la bienvenida",
        "Bienvenue",
        "Schön, dass du da bist",
        "أهلًا بك",
        "ようこそ",
    ),
    hello=(
        "Hello, {name}",
        "Hola, {name}",
        "Bonjour {name}",
        "Hallo {name}",
        "أهلًا {name}",
        "{name}さん、こんにちは",
    ),
    intro_guest=(
        "What you like to do anyway earns you rewards here. Join us, and everything counts.",
        "Aquí, lo que ya te gusta hacer tiene recompensa. Únete y todo cuenta.",
        "Ici, ce que vous aimez faire est récompensé. Rejoignez-nous et tout compte.",
        "Was du ohnehin gern tust, wird hier belohnt. Mach mit, und alles zählt.",
        "ما تحب فعله أصلًا يكسبك مكافآت هنا. انضم إلينا وسيُحتسب كل شيء.",
        "いつもの楽しみが特典になります。会員になれば、すべてが加算されます。",
    ),
    intro_member=(
        "Whatever you do today counts towards your challenges. Go on, try it.",
        "Todo lo que hagas hoy cuenta para tus retos. Anímate y pruébalo.",
        "Tout ce que vous faites aujourd’hui compte pour vos défis. Essayez donc.",
        "Alles, was du heute machst, zählt für deine Challenges. Probier es aus.",
        "كل ما تفعله اليوم يُحتسب في تحدياتك. هيا جرّب.",
        "今日することはすべてチャレンジに加算されます。さっそくお試しください。",
    ),
    join=(
        "Become a member",
        "Hazte miembro",
        "Devenir membre",
        "Mitglied werden",
        "انضم إلينا",
        "会員になる",
    ),
    join_hint=(
        "Members collect with every purchase, visit, workout and lesson.",
        "Los miembros suman con cada compra, visita, entrenamiento y lección.",
        "Les membres cumulent à chaque achat, visite, séance et leçon.",
        "Mitglieder sammeln mit jedem Einkauf, Besuch, Training und jeder Lektion.",
        "يجمع الأعضاء مع كل عملية شراء وزيارة وتمرين ودرس.",
        "会員の方は、お買い物・ご来店・運動・レッスンのたびに加算されます。",
    ),
    visiting_as=("Visiting as", "Visitas como", "Vous êtes", "Du bist hier als", "تزورنا بصفة", "ご利用中"),
    guest=("Guest", "Invitado", "Visiteur", "Gast", "زائر", "ゲスト"),
    somebody_new=(
        "A new member",
        "Un nuevo miembro",
        "Un nouveau membre",
        "Ein neues Mitglied",
        "عضو جديد",
        "新しい会員",
    ),
    language=("Language", "Idioma", "Langue", "Sprache", "اللغة", "言語"),
    appearance=("Appearance", "Apariencia", "Apparence", "Darstellung", "المظهر", "表示"),
    theme_system=(
        "As the system",
        "Según el sistema",
        "Comme le système",
        "Wie das System",
        "حسب النظام",
        "システムに合わせる",
    ),
    theme_light=("Light", "Claro", "Clair", "Hell", "فاتح", "ライト"),
    theme_dark=("Dark", "Oscuro", "Sombre", "Dunkel", "داكن", "ダーク"),
    skip=(
        "Skip to the challenges",
        "Ir a los retos",
        "Aller aux défis",
        "Zu den Challenges springen",
        "انتقل إلى التحديات",
        "チャレンジへ移動",
    ),
    today=(
        "What is it today?",
        "¿Qué toca hoy?",
        "Qu’est-ce qui vous tente ?",
        "Was darf es heute sein?",
        "ماذا تريد اليوم؟",
        "今日は何をしますか？",
    ),
    shop=("Shop", "Tienda", "Boutique", "Laden", "المتجر", "お店"),
    cafe=("Café", "Café", "Café", "Café", "المقهى", "カフェ"),
    studio=("Studio", "Estudio", "Studio", "Studio", "الاستوديو", "スタジオ"),
    classes=("Classes", "Cursos", "Cours", "Kurse", "الدورات", "教室"),
    lamp=("Reading lamp", "Lámpara de lectura", "Lampe de lecture", "Leselampe", "مصباح قراءة", "読書灯"),
    throw=("Wool throw", "Manta de lana", "Plaid en laine", "Wolldecke", "بطانية صوف", "ウールのひざ掛け"),
    dripper=(
        "Pour-over set",
        "Set de café filtro",
        "Kit café filtre",
        "Handfilter-Set",
        "طقم قهوة مقطّرة",
        "ドリップセット",
    ),
    coffee=(
        "Coffee at the bar",
        "Café en la barra",
        "Un café au comptoir",
        "Kaffee an der Bar",
        "قهوة عند البار",
        "カウンターでコーヒー",
    ),
    flow=("Morning flow", "Yoga matinal", "Yoga du matin", "Yoga am Morgen", "يوغا الصباح", "朝ヨガ"),
    ride=(
        "Interval ride",
        "Bici por intervalos",
        "Vélo fractionné",
        "Intervall-Ride",
        "دراجة متقطّعة",
        "インターバルライド",
    ),
    bread=(
        "Baking lesson",
        "Lección de panadería",
        "Leçon de boulangerie",
        "Brotback-Lektion",
        "درس في الخَبز",
        "パン作りレッスン",
    ),
    calories=("{value} kcal", "{value} kcal", "{value} kcal", "{value} kcal", "{value} سعرة", "{value} kcal"),
    buy=("Buy", "Comprar", "Acheter", "Kaufen", "شراء", "購入"),
    check_in=("Check in", "Registrar visita", "Je suis là", "Einchecken", "تسجيل زيارة", "チェックイン"),
    finish=("Finish", "Completar", "Terminer", "Fertig", "إنهاء", "完了"),
    our_challenges=(
        "Our challenges",
        "Nuestros retos",
        "Nos défis",
        "Unsere Challenges",
        "تحدياتنا",
        "チャレンジ",
    ),
    your_challenges=(
        "Your challenges",
        "Tus retos",
        "Vos défis",
        "Deine Challenges",
        "تحدياتك",
        "あなたのチャレンジ",
    ),
    counted=(
        "{title}: that counts!",
        "{title}: ¡cuenta!",
        "{title} : c’est compté !",
        "{title}: das zählt!",
        "{title}: تم احتسابه!",
        "{title}：加算されました！",
    ),
    not_counted=(
        "{title}: noted, but it does not count at the moment.",
        "{title}: anotado, pero ahora mismo no cuenta.",
        "{title} : c’est noté, mais cela ne compte pas pour le moment.",
        "{title}: notiert, zählt aber gerade nicht.",
        "{title}: سُجّل، لكنه لا يُحتسب حاليًا.",
        "{title}：記録しましたが、現在は加算されません。",
    ),
    failed=(
        "That did not work. Please try again.",
        "No ha funcionado. Inténtalo de nuevo.",
        "Cela n’a pas fonctionné. Veuillez réessayer.",
        "Das hat nicht geklappt. Bitte versuche es noch einmal.",
        "لم ينجح ذلك. يرجى إعادة المحاولة.",
        "うまくいきませんでした。もう一度お試しください。",
    ),
    see=(
        "See your progress",
        "Ver tu progreso",
        "Voir vos progrès",
        "Fortschritt ansehen",
        "شاهد تقدمك",
        "進捗を見る",
    ),
    happened=(
        "What just happened",
        "Qué acaba de pasar",
        "Ce qui vient de se passer",
        "Was gerade geschah",
        "ما الذي حدث للتو",
        "いま起きたこと",
    ),
    happened_hint=(
        "Press a button above. Here stands what the shop’s server sends then, and what it is told. This page "
        "itself holds no key, only the member’s own token.",
        "Pulsa un botón de arriba. Aquí aparece lo que envía el servidor de la tienda y la respuesta que "
        "recibe. Esta página no tiene ninguna clave, solo el token del propio miembro.",
        "Appuyez sur un bouton ci-dessus. Ici s’affiche ce que le serveur de la boutique envoie et ce qu’on "
        "lui répond. Cette page ne détient aucune clé, seulement le jeton du membre.",
        "Drück oben einen Knopf. Hier steht dann, was der Server des Ladens sendet und was er zur Antwort "
        "bekommt. Diese Seite selbst hat keinen Schlüssel, nur das Token des Mitglieds.",
        "اضغط زرًا في الأعلى. يظهر هنا ما يرسله خادم المتجر وما يتلقاه من رد. لا تحمل هذه الصفحة أي مفتاح، "
        "بل رمز العضو وحده.",
        "上のボタンを押すと、お店のサーバーが送る内容とその応答がここに表示されます。このページが持つのは会員自身の"
        "トークンだけで、鍵はありません。",
    ),
    sends=(
        "The shop’s server sends",
        "El servidor de la tienda envía",
        "Le serveur de la boutique envoie",
        "Der Server des Ladens sendet",
        "يرسل خادم المتجر",
        "お店のサーバーが送るもの",
    ),
    answers=(
        "The API answers",
        "La API responde",
        "L’API répond",
        "Die API antwortet",
        "ترد واجهة البرمجة",
        "APIの応答",
    ),
    fine_print=(
        "A demo. Nothing here is for sale.",
        "Una demostración. Aquí no se vende nada.",
        "Une démonstration. Rien n’est à vendre ici.",
        "Eine Demo. Hier gibt es nichts zu kaufen.",
        "عرض توضيحي. لا شيء هنا للبيع.",
        "デモです。実際の販売はありません。",
    ),
)


def words_in(language: str) -> dict[str, str]:
    """Return every text of the page in a language; a missing text is English."""
    return {name: by_language.get(language, by_language[FALLBACK]) for name, by_language in WORDS.items()}


def price_in(language: str, dollars: Decimal) -> str:
    """Format a price as the language does, with cents only where there are any: `$48`, `89,50 $`."""
    pattern, decimal_mark = _PRICES.get(language, ("${}", "."))
    amount = f"{dollars:.2f}".removesuffix(".00")
    return pattern.format(amount.replace(".", decimal_mark))
