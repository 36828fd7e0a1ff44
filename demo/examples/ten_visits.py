"""Example: visit 10 times in a month."""

from decimal import Decimal

from demo.examples.definitions import ChallengeExample, MilestoneExample, RewardExample, texts

VISITS = ChallengeExample(
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
    reward=RewardExample(
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
        pool_size=120,
    ),
    milestones=(
        MilestoneExample(
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
            RewardExample(
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
    participation=0.7,
    times_per_week=2.2,
)
