"""What the gallery page shows: one challenge for every state that a shopper can meet."""

from tests.component.samples import (
    ENGLISH_MESSAGES,
    at,
    challenge,
    closed,
    milestone,
    reward,
    reward_log,
    started,
)

GERMAN = "Donaudampfschifffahrtsgesellschaftskapitänsquiz!"
LONG = (
    "Spend in our shop, online or at the counter, and every order counts towards your target of the month. "
    * 10
)


# What the API answers in each language: title, description, label, message, button, milestones, rewards.
SPOKEN = {
    "en": (
        "Monthly Big Spender",
        "Spend $500 in one month and shipping is on us for the next three.",
        "In Progress",
        "Shop for $60.00 or more to complete the next milestone!",
        "View Details",
        ("Silver", "Gold"),
        ("5% off", "10% off", "Free shipping for 3 months"),
        "Enter the code at the checkout.",
    ),
    "es": (
        "Gran comprador del mes",
        "Gasta 500 $ en un mes y te regalamos el envío durante tres meses.",
        "En curso",
        "¡Compra por 60.00 $ o más para completar el próximo hito!",
        "Ver detalles",
        ("Plata", "Oro"),
        ("5 % de descuento", "10 % de descuento", "Envío gratis durante 3 meses"),
        "Introduce el código al pagar.",
    ),
    "fr": (
        "Grand acheteur du mois",
        "Dépensez 500 $ en un mois et la livraison est offerte pendant trois mois.",
        "En cours",
        "Achetez pour 60.00 $ ou plus pour atteindre le prochain palier !",
        "Voir les détails",
        ("Argent", "Or"),
        ("5 % de remise", "10 % de remise", "Livraison offerte 3 mois"),
        "Saisissez le code au moment du paiement.",
    ),
    "de": (
        "Großeinkäufer des Monats",
        "Kaufe in einem Monat für 500 $ ein und der Versand ist drei Monate lang gratis.",
        "In Bearbeitung",
        "Kaufe noch für 60.00 $ oder mehr ein, um den nächsten Meilenstein zu erreichen!",
        "Details ansehen",
        ("Silber", "Gold"),
        ("5 % Rabatt", "10 % Rabatt", "3 Monate Gratisversand"),
        "Gib den Code an der Kasse ein.",
    ),
    "ar": (
        "نجم التسوق لهذا الشهر",
        "أنفق 500 دولار في شهر واحد واحصل على شحن مجاني لثلاثة أشهر.",
        "قيد التقدم",
        "تسوّق بمبلغ 60.00 دولارًا أو أكثر لإكمال المرحلة التالية!",
        "عرض التفاصيل",
        ("الفضية", "الذهبية"),
        ("خصم 5%", "خصم 10%", "شحن مجاني لمدة 3 أشهر"),
        "أدخل الرمز عند الدفع.",
    ),
    "ja": (
        "今月のお買い物チャレンジ",
        "1か月で500ドルお買い物すると、3か月間の送料が無料になります。",
        "進行中",
        "あと60.00ドル以上のお買い物で、次のマイルストーン達成です！",
        "詳細を見る",
        ("シルバー", "ゴールド"),
        ("5%オフ", "10%オフ", "3か月間送料無料"),
        "お支払い画面でコードを入力してください。",
    ),
}


def spoken(language, now):
    """A member at 290 of 500 with the first milestone's coupon, all texts in `language`."""
    title, description, label, message, button, names, gifts, instruction = SPOKEN[language]
    steps = [
        milestone(value, name, reward=reward(gift, instruction))
        for value, name, gift in zip((200, 350), names, gifts, strict=False)
    ]
    of = challenge(
        now=now,
        milestones=steps,
        eudTitle=title,
        eudDescription=description,
        eudInProgressLabel=label,
        eudViewDetailsButtonText=button,
        eudMilestoneNextToBeAchievedMessage=message,
        completionReward=reward(gifts[2], instruction),
    )
    return started(of, value=290, rewards=[reward_log(of, steps[0], now=now)])


def gallery(now):
    """Name -> challenge; names are words of the page's headings."""
    silver, gold = milestone(200, "Silver"), milestone(350, "Gold", reward=reward("10% off everything"))
    spend = {"now": now, "milestones": [silver, gold]}
    states = {}

    running = challenge(**spend)
    states["in progress"] = started(
        running,
        value=290,
        rewards=[reward_log(running, silver, now=now)],
        eudMessage="Shop for $60.00 or more to complete the next milestone!",
    )
    states["guest"] = challenge(**spend)
    states["not started"] = started(challenge(**spend), "not_started", 0)
    won = challenge(**spend)
    states["completed, past the target"] = started(
        won,
        "completed",
        540,
        rewards=[
            reward_log(won, now=now, couponCode="SHIP-FREE-3M"),
            reward_log(won, gold, status="redeemed", now=now),
            reward_log(won, silver, status="expired", now=now, rewardExpiryAt=at(now)),
        ],
    )
    lost = challenge(**spend)
    states["failed last month, nothing yet this month"] = started(
        lost, "not_started", 0, last=closed(lost, rewards=[reward_log(lost, silver, now=now)])
    )
    states["every reward state"] = every_reward_state(now)
    states["visits, counted"] = visits(now)
    states["twenty milestones"] = twenty(now)
    states["milestones at the same value"] = same_value(now)
    states["milestones at either end"] = started(
        challenge(
            now=now,
            milestones=[milestone(value, f"At {value}") for value in (1, 10, 25, 250, 455, 480, 499)],
            eudTitle="Close together",
        ),
        value=12,
    )
    states["over, a guest"] = challenge(**spend, endsAt=at(now))
    states["no milestones, no texts, no icon"] = started(
        challenge(now=now, milestones=[], eudTitle="", eudDescription="", eudIcon="/pages/missing.png"),
        value=125.5,
    )
    states["long texts"] = long_texts(now)
    paused = challenge(**spend, status="paused")
    states["paused"] = started(paused, value=120)
    states["hostile texts"] = started(hostile(now), value=10)
    return states | {f"spoken {language}": spoken(language, now) for language in SPOKEN}


def every_reward_state(now):
    names = ["issued", "pending_code", "redeemed", "expired", "revoked", "capped"]
    steps = [milestone(10 * n, f"Step {n}", reward=reward(f"Reward {n}")) for n in range(1, 8)]
    of = challenge(now=now, milestones=steps, eudTitle="Every reward state")
    logs = [reward_log(of, step, status=name, now=now) for step, name in zip(steps, names, strict=False)]
    badge = reward_log(of, steps[6], now=now, couponCode=None, rewardExpiryAt=None)
    return started(of, value=75, rewards=[*logs, badge])


def visits(now):
    half = milestone(5, "Halfway", reward=reward("Half-price coffee"))
    of = challenge(
        now=now,
        eudTitle="10 Visits This Month",
        aggregationMethod="count",
        completionTargetValue=10,
        milestones=[half],
        eudIcon="/pages/cup.svg",
        eudDescription="Ten visits in a month, and the eleventh drink is free.",
        completionReward=reward("A free drink of your choice"),
    )
    return started(of, value=7, rewards=[], eudMessage="Come by 3 more times for your free drink!")


def twenty(now):
    steps = [
        milestone(250 * n, f"Level {n}", eudMilestoneDescription=f"{250 * n} calories burned.")
        for n in range(1, 21)
    ]
    of = challenge(
        now=now,
        eudTitle="Weekly Burn 5 000 Calories",
        completionTargetValue=5000,
        aggregationPeriod="weekly",
        milestones=steps,
        eudDescription="Every workout counts.",
    )
    return started(of, value=1800)


def same_value(now):
    steps = [
        milestone(value, name)
        for value, name in [(100, "One"), (100, "Two"), (105, "Three"), (500, "At the end")]
    ]
    return started(challenge(now=now, milestones=steps, eudTitle="Shared markers"), value=102)


def long_texts(now):
    of = challenge(
        now=now,
        eudTitle=GERMAN,
        eudDescription=LONG[:1024],
        eudViewDetailsButtonText="Alle Einzelheiten jetzt ansehen!",
        eudInProgressLabel="Befindet sich in der Bearbeitung",
        completionTargetValue=99_999_999_999.25,
        milestones=[milestone(49_999_999_999, GERMAN, eudMilestoneDescription=LONG[:1024])],
        completionReward=reward(GERMAN, LONG[:256]),
        eudMilestoneNextToBeAchievedMessage=LONG[:256],
    )
    code = "SEHRLANGERPREFIX" + "ABCDEFGHJKMNPQRSTUVWXYZ234567892"
    return started(
        of, value=51_234_567_890.1234, rewards=[reward_log(of, of["milestones"][0], now=now, couponCode=code)]
    )


def hostile(now):
    image = '<img src=x onerror="window.broken=1">'
    return challenge(
        now=now,
        eudTitle=image,
        eudDescription="{{constructor.constructor('window.broken=1')()}} ${1+1} "
        "</script><script>window.broken=1</script>",
        eudIcon="javascript:window.broken=1",
        milestones=[
            milestone(
                200, "\u202egnihtemos\u202c \u202eunclosed", eudMilestoneIcon='x" onerror="window.broken=1'
            )
        ],
        eudViewDetailsButtonText="<b>Details</b>",
        **{name: f"{image} {{value}} $& {text}"[:256] for name, text in ENGLISH_MESSAGES.items()},
    )
