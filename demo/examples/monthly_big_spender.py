"""Example: spend $500 in a month. The only one whose texts mention money."""

from decimal import Decimal

from demo.examples.definitions import ChallengeExample, MilestoneExample, RewardExample, texts

SPENDER = ChallengeExample(
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
    reward=RewardExample(
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
        MilestoneExample(
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
            RewardExample(
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
    participation=0.85,
    times_per_week=1.6,
    value_range=(12, 140, 1),
)
