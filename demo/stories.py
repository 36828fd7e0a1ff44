"""The page's four real-world challenges, told in every language: what the demo loads.

Fields carry the model's names; a text is one object of language and text. No amount of money outside spend.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

Texts = dict[str, dict[str, str]]


@dataclass(frozen=True)
class RewardStory:
    name: str
    texts: Texts
    fields: dict[str, Any] = field(default_factory=dict)
    pool: int = 0


@dataclass(frozen=True)
class MilestoneStory:
    name: str
    description: str
    target: Decimal
    texts: Texts
    reward: RewardStory


@dataclass(frozen=True)
class Story:
    """A challenge with its milestones and rewards, and how its members behave.

    `busyness`: the part of the members who take part; `a_week`: how often they do; `values`: from, to, step.
    """

    slug: str
    fields: dict[str, Any]
    texts: Texts
    reward: RewardStory
    milestones: tuple[MilestoneStory, ...] = ()
    activity_id: str = "purchase"
    busyness: float = 0.7
    a_week: float = 2.0
    values: tuple[int, int, int] | None = None


def texts(**by_field: tuple[str, str, str, str, str, str]) -> Texts:
    """Six texts a field, in this order."""
    return {
        name: dict(zip(("en", "es", "fr", "de", "ar", "ja"), six, strict=True))
        for name, six in by_field.items()
    }


SPENDER = Story(
    slug="monthly-big-spender",
    fields={
        "name": "Monthly Big Spender",
        "description": "Win a reward by spending $500 in a single month.",
        "completion_target_value": Decimal(500),
        "aggregation_method": "sum",
        "aggregation_period": "monthly",
        "display_order": 1,
    },
    # The messages stay empty: the built-in ones speak of shopping and money.
    texts=texts(
        eud_title=(
            "Monthly Big Spender",
            "Gran comprador del mes",
            "Super client du mois",
            "Großeinkauf des Monats",
            "متسوّق الشهر المميّز",
            "今月のビッグショッパー",
        ),
        eud_description=(
            "Spend $500 this month and enjoy free shipping for three months. On the way: 5% off at $200.",
            "Gasta $500 este mes y disfruta de envíos gratis durante tres meses. Por el camino: un 5 % de "
            "descuento al llegar a $200.",
            "Dépensez 500 $ ce mois-ci et profitez de trois mois de livraison offerte. En chemin : 5 % de "
            "remise à 200 $.",
            "Für 500 $ im Monat einkaufen und drei Monate versandkostenfrei bestellen. Unterwegs: 5 % Rabatt "
            "ab 200 $.",
            "أنفق $500 هذا الشهر واستمتع بالشحن المجاني لثلاثة أشهر. وفي الطريق خصم 5% عند $200.",
            "今月 $500 のお買い物で3か月間送料無料。途中の $200 達成で5%オフ。",
        ),
    ),
    reward=RewardStory(
        "Free shipping for 3 months",
        texts(
            eud_reward_title=(
                "Free shipping for 3 months",
                "Envío gratis durante 3 meses",
                "Livraison offerte pendant 3 mois",
                "3 Monate versandkostenfrei",
                "شحن مجاني لمدة 3 أشهر",
                "3か月間送料無料",
            ),
            eud_reward_instruction_message=(
                "Enter the code at checkout; it works for every order until it expires.",
                "Introduce el código al pagar; vale para todos tus pedidos hasta que caduque.",
                "Saisissez le code au paiement ; il vaut pour chaque commande jusqu’à son expiration.",
                "Code an der Kasse eingeben; er gilt bis zum Ablauf für jede Bestellung.",
                "أدخل الرمز عند الدفع؛ يسري على كل طلب حتى انتهاء صلاحيته.",
                "お会計時にコードを入力してください。有効期限まで毎回ご利用いただけます。",
            ),
        ),
        {"code_prefix": "SHIP-", "valid_for_days": 90},
    ),
    milestones=(
        MilestoneStory(
            "First $200",
            "5% off at $200.",
            Decimal(200),
            texts(
                eud_milestone_title=(
                    "5% off",
                    "5 % de descuento",
                    "5 % de remise",
                    "5 % Rabatt",
                    "خصم 5%",
                    "5%オフ",
                ),
                eud_milestone_description=(
                    "Reach $200 in a month.",
                    "Llega a $200 en un mes.",
                    "Atteignez 200 $ dans le mois.",
                    "200 $ in einem Monat erreichen.",
                    "ابلغ $200 خلال الشهر.",
                    "1か月で $200 を達成。",
                ),
            ),
            RewardStory(
                "5% off",
                texts(
                    eud_reward_title=(
                        "5% off your next order",
                        "5 % en tu próximo pedido",
                        "5 % sur votre prochaine commande",
                        "5 % auf die nächste Bestellung",
                        "خصم 5% على طلبك القادم",
                        "次回のご注文が5%オフ",
                    ),
                    eud_reward_instruction_message=(
                        "Enter the code at checkout.",
                        "Introduce el código al pagar.",
                        "Saisissez le code au paiement.",
                        "Code an der Kasse eingeben.",
                        "أدخل الرمز عند الدفع.",
                        "お会計時にコードを入力してください。",
                    ),
                ),
                {"code_prefix": "FIVE-", "valid_for_days": 30},
            ),
        ),
    ),
    busyness=0.85,
    a_week=1.6,
    values=(12, 140, 1),
)

VISITS = Story(
    slug="ten-visits",
    fields={
        "name": "10 Visits This Month",
        "description": "Visit 10 times in a month to earn a free item.",
        "completion_target_value": Decimal(10),
        "aggregation_method": "count",
        "aggregation_period": "monthly",
        "display_order": 2,
    },
    texts=texts(
        eud_title=(
            "10 Visits This Month",
            "10 visitas este mes",
            "10 visites ce mois-ci",
            "10 Besuche in diesem Monat",
            "10 زيارات هذا الشهر",
            "今月10回のご来店",
        ),
        eud_description=(
            "Drop in ten times this month and the eleventh treat is on us. Halfway there, a small discount.",
            "Ven diez veces este mes y te invitamos a algo rico. A mitad de camino, un pequeño descuento.",
            "Passez dix fois ce mois-ci et nous vous offrons une douceur. À mi-chemin, une petite remise.",
            "Zehnmal im Monat vorbeikommen, und eine Leckerei geht aufs Haus. Zur Halbzeit gibt es Rabatt.",
            "زرنا عشر مرات هذا الشهر واحصل على صنف مجاني، وعند منتصف الطريق خصم صغير.",
            "今月10回のご来店で、お好きな一品をプレゼント。5回目には割引も。",
        ),
        eud_milestone_next_to_be_achieved_message=(
            "Visits to go until your next reward: {{nextRemainingValue}}",
            "Visitas que faltan para tu próxima recompensa: {{nextRemainingValue}}",
            "Visites restantes avant votre prochaine récompense : {{nextRemainingValue}}",
            "Besuche bis zur nächsten Prämie: {{nextRemainingValue}}",
            "الزيارات المتبقية حتى مكافأتك التالية: {{nextRemainingValue}}",
            "次の特典まであと {{nextRemainingValue}} 回",
        ),
        eud_completed_challenge_message=(
            "Ten visits, well done! Your free item is waiting at the counter.",
            "¡Diez visitas, enhorabuena! Tu regalo te espera en el mostrador.",
            "Dix visites, bravo ! Votre cadeau vous attend au comptoir.",
            "Zehn Besuche, großartig! Die Leckerei wartet an der Theke.",
            "عشر زيارات، أحسنت! صنفك المجاني بانتظارك عند المنضدة.",
            "10回達成、おめでとうございます！カウンターで一品をお受け取りください。",
        ),
        eud_failed_challenge_message=(
            "Not quite ten visits this time. A new {{periodText}}, a new chance!",
            "Esta vez no llegaste a diez visitas. ¡Nuevo {{periodText}}, nueva oportunidad!",
            "Pas tout à fait dix visites cette fois. Nouveau {{periodText}}, nouvelle chance !",
            "Diesmal keine zehn Besuche. Neuer {{periodText}}, neue Chance!",
            "لم تكتمل عشر زيارات هذه المرة. فرصة جديدة كل {{periodText}}!",
            "今回は10回に届きませんでした。新しい{{periodText}}にまた挑戦！",
        ),
    ),
    reward=RewardStory(
        "Free item",
        texts(
            eud_reward_title=(
                "A free item of your choice",
                "Un producto gratis a elegir",
                "Un article offert au choix",
                "Eine Leckerei nach Wahl",
                "صنف مجاني من اختيارك",
                "お好きな一品プレゼント",
            ),
            eud_reward_instruction_message=(
                "Show this code at the counter.",
                "Muestra este código en el mostrador.",
                "Présentez ce code au comptoir.",
                "Code an der Theke zeigen.",
                "أظهر هذا الرمز عند المنضدة.",
                "カウンターでこのコードをご提示ください。",
            ),
        ),
        {"code_source": "pool", "valid_for_days": 14, "low_water_mark": 40},
        pool=120,
    ),
    milestones=(
        MilestoneStory(
            "Five visits",
            "A discount at 5 visits.",
            Decimal(5),
            texts(
                eud_milestone_title=(
                    "Halfway discount",
                    "Descuento de media ruta",
                    "Remise à mi-chemin",
                    "Halbzeit-Rabatt",
                    "خصم منتصف الطريق",
                    "折り返し割引",
                ),
                eud_milestone_description=(
                    "Visit five times.",
                    "Ven cinco veces.",
                    "Passez cinq fois.",
                    "Fünfmal vorbeikommen.",
                    "زرنا خمس مرات.",
                    "5回のご来店。",
                ),
            ),
            RewardStory(
                "10% off a visit",
                texts(
                    eud_reward_title=(
                        "10% off your next visit",
                        "10 % en tu próxima visita",
                        "10 % sur votre prochaine visite",
                        "10 % auf den nächsten Besuch",
                        "خصم 10% على زيارتك القادمة",
                        "次回のご来店が10%オフ",
                    ),
                    eud_reward_instruction_message=(
                        "Say the code when you order.",
                        "Di el código al pedir.",
                        "Dites le code en commandant.",
                        "Code beim Bestellen nennen.",
                        "اذكر الرمز عند الطلب.",
                        "ご注文時にコードをお伝えください。",
                    ),
                ),
                {"code_source": "shared", "shared_code": "HALFWAY10", "valid_for_days": 7},
            ),
        ),
    ),
    activity_id="visit",
    busyness=0.7,
    a_week=2.2,
)

CALORIES = Story(
    slug="weekly-burn",
    fields={
        "name": "Weekly Burn 5 000 Calories",
        "description": "Log 5 000 calories burned in a single week to win a gym merchandise voucher.",
        "completion_target_value": Decimal(5000),
        "aggregation_method": "sum",
        "aggregation_period": "weekly",
        "display_order": 3,
    },
    texts=texts(
        eud_title=(
            "Weekly Burn 5 000 Calories",
            "Quema 5 000 calorías por semana",
            "5 000 calories en une semaine",
            "5 000 Kalorien in einer Woche",
            "احرق 5000 سعرة في الأسبوع",
            "1週間で5,000カロリー",
        ),
        eud_description=(
            "Every workout counts. Burn 5 000 calories between Monday and Sunday for a voucher of our shop.",
            "Cada entrenamiento cuenta. Quema 5 000 calorías de lunes a domingo y gana un vale de la tienda.",
            "Chaque séance compte. Brûlez 5 000 calories du lundi au dimanche et gagnez un bon d’achat.",
            "Jedes Training zählt. Von Montag bis Sonntag 5 000 Kalorien verbrennen, Gutschein gewinnen.",
            "كل تمرين يُحسب. احرق 5000 سعرة من الاثنين إلى الأحد واربح قسيمة من متجرنا.",
            "どのトレーニングも対象。月曜から日曜までに5,000カロリー消費でグッズ券を進呈。",
        ),
        eud_milestone_next_to_be_achieved_message=(
            "Calories to go this {{periodText}}: {{nextRemainingValue}}",
            "Calorías que faltan esta {{periodText}}: {{nextRemainingValue}}",
            "Calories restantes cette {{periodText}} : {{nextRemainingValue}}",
            "Kalorien bis zum Ziel dieser {{periodText}}: {{nextRemainingValue}}",
            "السعرات المتبقية لهذا ال{{periodText}}: {{nextRemainingValue}}",
            "今{{periodText}}の残りカロリー：{{nextRemainingValue}}",
        ),
        eud_completed_challenge_message=(
            "5 000 calories burned, what a {{periodText}}! Rest well, the next one starts on Monday.",
            "¡5 000 calorías quemadas, qué {{periodText}}! Descansa, el lunes empieza otra.",
            "5 000 calories brûlées, quelle {{periodText}} ! Reposez-vous, la suite commence lundi.",
            "5 000 Kalorien verbrannt, was für eine {{periodText}}! Am Montag geht es weiter.",
            "أحرقت 5000 سعرة، أحسنت! استرح جيدًا، فالتحدي القادم يبدأ الاثنين.",
            "5,000カロリー達成、お見事！次の挑戦は月曜日から。",
        ),
        eud_failed_challenge_message=(
            "This {{periodText}} stayed below 5 000 calories. Monday is a fresh start!",
            "Esta {{periodText}} no llegó a 5 000 calorías. ¡El lunes se empieza de nuevo!",
            "Cette {{periodText}} est restée sous 5 000 calories. Lundi, on repart !",
            "Diese {{periodText}} blieb unter 5 000 Kalorien. Am Montag geht es von vorn los!",
            "لم تبلغ 5000 سعرة هذه المرة. الاثنين بداية جديدة!",
            "今{{periodText}}は5,000カロリーに届きませんでした。月曜からまた挑戦！",
        ),
    ),
    reward=RewardStory(
        "Gym merchandise voucher",
        texts(
            eud_reward_title=(
                "Gym merchandise voucher",
                "Vale para la tienda del gimnasio",
                "Bon d’achat boutique",
                "Gutschein für den Fanshop",
                "قسيمة من متجر النادي",
                "ジムグッズ引換券",
            ),
            eud_reward_instruction_message=(
                "Show the code at the front desk.",
                "Muestra el código en recepción.",
                "Présentez le code à l’accueil.",
                "Code am Empfang zeigen.",
                "أظهر الرمز عند الاستقبال.",
                "受付でコードをご提示ください。",
            ),
        ),
        {"code_prefix": "GYM-", "valid_for_days": 60},
    ),
    activity_id="workout",
    busyness=0.5,
    a_week=4.5,
    values=(350, 1250, 10),
)

LESSONS = Story(
    slug="twenty-lessons",
    fields={
        "name": "Complete 20 Lessons This Month",
        "description": "Finish 20 lessons in a month to unlock a premium content pack.",
        "completion_target_value": Decimal(20),
        "aggregation_method": "count",
        "aggregation_period": "monthly",
        "display_order": 4,
    },
    texts=texts(
        eud_title=(
            "Complete 20 Lessons This Month",
            "Completa 20 lecciones este mes",
            "20 leçons ce mois-ci",
            "20 Lektionen in diesem Monat",
            "أكمل 20 درسًا هذا الشهر",
            "今月20レッスン修了",
        ),
        eud_description=(
            "Finish twenty lessons this month and unlock the premium content pack.",
            "Termina veinte lecciones este mes y desbloquea el paquete de contenido premium.",
            "Terminez vingt leçons ce mois-ci et débloquez le pack de contenus premium.",
            "Zwanzig Lektionen im Monat abschließen und das Premium-Paket freischalten.",
            "أنهِ عشرين درسًا هذا الشهر وافتح حزمة المحتوى المميزة.",
            "今月20レッスンを修了すると、プレミアムコンテンツが開放されます。",
        ),
        eud_milestone_next_to_be_achieved_message=(
            "Lessons to go: {{nextRemainingValue}}",
            "Lecciones que faltan: {{nextRemainingValue}}",
            "Leçons restantes : {{nextRemainingValue}}",
            "Lektionen bis zum Ziel: {{nextRemainingValue}}",
            "الدروس المتبقية: {{nextRemainingValue}}",
            "残り {{nextRemainingValue}} レッスン",
        ),
        eud_completed_challenge_message=(
            "Twenty lessons, brilliant! Your premium pack is unlocked.",
            "¡Veinte lecciones, genial! Tu paquete premium está desbloqueado.",
            "Vingt leçons, bravo ! Votre pack premium est débloqué.",
            "Zwanzig Lektionen, stark! Das Premium-Paket ist freigeschaltet.",
            "عشرون درسًا، رائع! حزمتك المميزة متاحة الآن.",
            "20レッスン修了、すばらしい！プレミアムコンテンツが開放されました。",
        ),
        eud_failed_challenge_message=(
            "Not all twenty lessons yet. Keep learning, a new {{periodText}} begins!",
            "Aún no llegaste a veinte lecciones. Sigue aprendiendo, ¡empieza otro {{periodText}}!",
            "Pas encore vingt leçons. Continuez, un nouveau {{periodText}} commence !",
            "Noch keine zwanzig Lektionen. Dranbleiben, ein neuer {{periodText}} beginnt!",
            "لم تكتمل الدروس العشرون بعد. واصل التعلّم، فكل {{periodText}} بداية جديدة!",
            "20レッスンまでもう少し。新しい{{periodText}}も学び続けましょう！",
        ),
    ),
    reward=RewardStory(
        "Premium content pack",
        texts(
            eud_reward_title=(
                "Premium content pack",
                "Paquete de contenido premium",
                "Pack de contenus premium",
                "Premium-Paket",
                "حزمة المحتوى المميزة",
                "プレミアムコンテンツ",
            ),
            eud_reward_instruction_message=(
                "Open Settings, choose Redeem and enter the code.",
                "Abre Ajustes, elige Canjear e introduce el código.",
                "Ouvrez Réglages, choisissez Utiliser un code et saisissez-le.",
                "In den Einstellungen „Einlösen“ wählen und den Code eingeben.",
                "افتح الإعدادات واختر استبدال ثم أدخل الرمز.",
                "設定から「引き換え」を選び、コードを入力してください。",
            ),
        ),
        {"code_prefix": "LEARN-"},
    ),
    activity_id="lesson",
    busyness=0.45,
    a_week=4.2,
)

STORIES = (SPENDER, VISITS, CALORIES, LESSONS)

FIRST_NAMES = tuple(
    """Ada Amina Ben Carla Chen Dario Elif Emma Farid Grace Hana Hugo Ines Ivan Jonas Julia Kofi Lara Leila
    Liam Lucia Mateo Maya Mei Milan Nadia Noah Nora Olga Omar Paolo Priya Rafael Rosa Sam Sofia Tariq Tomas
    Yuki Zoe""".split()  # noqa: SIM905 - a list of forty lines says no more
)
LAST_NAMES = tuple(
    """Abadi Becker Bianchi Costa Dubois Evans Fischer Garcia Haddad Ito Jansen Kaya Larsen Martin Meyer
    Moreau Nakamura Novak Okafor Patel Rossi Sato Schmidt Silva Smith Tanaka Weber Wilson Yilmaz
    Zhang""".split()  # noqa: SIM905
)
