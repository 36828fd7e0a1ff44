"""Example: burn 5 000 calories in a week."""

from decimal import Decimal

from demo.examples.definitions import ChallengeExample, RewardExample, texts

CALORIES = ChallengeExample(
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
    reward=RewardExample(
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
    participation=0.5,
    times_per_week=4.5,
    value_range=(350, 1250, 10),
)
