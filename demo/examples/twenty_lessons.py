"""Example: finish 20 lessons in a month."""

from decimal import Decimal

from demo.examples.definitions import ChallengeExample, RewardExample, texts

LESSONS = ChallengeExample(
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
    reward=RewardExample(
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
    participation=0.45,
    times_per_week=4.2,
)
