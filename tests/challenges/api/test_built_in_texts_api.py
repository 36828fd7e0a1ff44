"""What a member and a guest read where a marketer wrote nothing: the page's examples, in every language."""

import pytest
import time_machine

NOW = "2026-11-22T12:00:00+00:00"
NEXT_MONTH = "2026-12-10T12:00:00+00:00"
LANGUAGES = ("en", "es", "fr", "de", "ar", "ja")
CHALLENGE = {
    "name": "Monthly Big Spender",
    "description": "Spend $500 in a month.",
    "status": "live",
    "aggregationMethod": "sum",
    "aggregationPeriod": "monthly",
    "completionTargetValue": 500,
}
# The four labels and the button, then the messages at 350 of 500, completed and failed.
BUILT_IN = {
    "en": (
        ("Not Started", "In Progress", "Completed", "Failed", "View Details"),
        "Shop for $150.00 or more to complete the next milestone!",
        "Congratulations! You have completed this challenge! Shop more next month to start a new challenge!",
        "Your challenge has failed. Don't worry, shop more next month to start a new challenge!",
    ),
    "es": (
        ("Sin empezar", "En curso", "Completado", "No superado", "Ver detalles"),
        "¡Compra por $150.00 o más para alcanzar el próximo hito!",
        "¡Felicidades! ¡Has completado este reto! Sigue comprando: ¡cada mes empieza un nuevo reto!",
        "No has superado el reto. No te preocupes y sigue comprando: ¡cada mes empieza un nuevo reto!",
    ),
    "fr": (
        ("Pas commencé", "En cours", "Réussi", "Échoué", "Voir les détails"),
        "Achetez pour 150.00 $ ou plus pour atteindre le prochain palier !",
        "Félicitations ! Vous avez réussi ce défi ! Continuez vos achats : chaque mois, un nouveau "
        "défi commence !",
        "Vous n’avez pas réussi ce défi. Pas d’inquiétude, continuez vos achats : chaque mois, un nouveau "
        "défi commence !",
    ),
    "de": (
        ("Noch nicht begonnen", "Läuft", "Geschafft", "Nicht geschafft", "Details ansehen"),
        "Noch für 150.00 $ oder mehr einkaufen, um den nächsten Meilenstein zu erreichen!",
        "Glückwunsch! Diese Challenge ist geschafft! Jetzt weiter einkaufen: Pro Monat startet eine neue "
        "Challenge!",
        "Diese Challenge wurde nicht geschafft. Keine Sorge, einfach weiter einkaufen: Pro Monat startet "
        "eine neue Challenge!",
    ),
    "ar": (
        ("لم يبدأ بعد", "قيد التقدم", "مكتمل", "لم يتحقّق", "عرض التفاصيل"),
        "تسوّق بقيمة $150.00 أو أكثر لإكمال المرحلة التالية!",
        "تهانينا! لقد أكملت هذا التحدي! واصل التسوّق، فهناك تحدٍ جديد كل شهر!",
        "لم يتحقّق هذا التحدي. لا تقلق، واصل التسوّق، فهناك تحدٍ جديد كل شهر!",
    ),
    "ja": (
        ("未開始", "進行中", "達成", "未達成", "詳細を見る"),
        "あと$150.00以上のお買い物で、次のマイルストーンを達成できます！",
        "おめでとうございます！このチャレンジを達成しました！次の月もお買い物をして、新しいチャレンジを始めましょう！",
        "チャレンジは未達成に終わりました。でも大丈夫、次の月もお買い物をして、新しいチャレンジを始めましょう！",
    ),
}


@pytest.fixture
def spender(api):
    return api.post_record("challenge", **CHALLENGE)


@pytest.fixture
def on_the_22nd():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


def screen(client, language="en"):
    """The one challenge there is, as this caller reads it."""
    answer = client.get("/schema/challenge/record", data={"languageCode": language})
    (challenge,) = answer.json()["data"]
    return challenge


def test_350_of_500_reads_as_the_page_renders_it(on_the_22nd, api, spender, end_user):
    api.log(spender, value=350)

    shown = screen(end_user("alice"))

    message = "Shop for $150.00 or more to complete the next milestone!"
    assert (shown["progress"]["eudMessage"], shown["eudMilestoneNextToBeAchievedMessage"]) == (
        message,
        message,
    )
    assert (shown["progress"]["nextRemainingValue"], shown["progress"]["eudStatusLabel"]) == (
        "150.00",
        "In Progress",
    )


def test_completion_reads_as_the_page_renders_it(on_the_22nd, api, spender, end_user):
    api.log(spender, value=500)

    shown = screen(end_user("alice"))

    assert (shown["progress"]["eudStatusLabel"], shown["progress"]["eudMessage"]) == (
        "Completed",
        "Congratulations! You have completed this challenge! Shop more next month to start a new challenge!",
    )
    assert shown["eudMilestoneNextToBeAchievedMessage"] is None


def test_failure_reads_as_the_page_renders_it(on_the_22nd, api, spender, end_user):
    api.log(spender, value=350)
    on_the_22nd.move_to(NEXT_MONTH)

    shown = screen(end_user("alice"))

    assert (shown["lastProgress"]["eudStatusLabel"], shown["lastProgress"]["eudMessage"]) == (
        "Failed",
        "Your challenge has failed. Don't worry, shop more next month to start a new challenge!",
    )
    assert (shown["progress"]["challengeProgressStatus"], shown["progress"]["eudMessage"]) == (
        "not_started",
        "Shop for $500.00 or more to complete the next milestone!",
    )


def read_in(client, language):
    challenge = screen(client, language)
    labels = ("NotStarted", "InProgress", "Completed", "Failed")
    return (
        (*(challenge[f"eud{label}Label"] for label in labels), challenge["eudViewDetailsButtonText"]),
        challenge,
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_empty_texts_read_completely_for_a_guest(on_the_22nd, spender, client, language):
    texts, toward, completed, failed = BUILT_IN[language]

    read_texts, challenge = read_in(client, language)

    assert read_texts == texts
    assert challenge["eudMilestoneNextToBeAchievedMessage"] == toward.replace("150.00", "500.00")
    assert challenge["eudCompletedChallengeMessage"] == completed
    assert challenge["eudFailedChallengeMessage"] == failed
    assert (challenge["name"], challenge["eudTitle"], challenge["eudDescription"]) == (
        "Monthly Big Spender",
        "",
        "",
    )
    assert "progress" not in challenge


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("status", "value", "label", "message"),
    [
        ("not_started", None, 0, 1),
        ("in_progress", 350, 1, 1),
        ("completed", 500, 2, 2),
        ("failed", 350, 3, 3),
    ],
)
def test_empty_texts_read_completely_for_a_member(
    on_the_22nd, api, spender, end_user, language, status, value, label, message
):
    if value:
        api.log(spender, value=value)
    if status == "failed":
        on_the_22nd.move_to(NEXT_MONTH)

    shown = screen(end_user("alice"), language)

    progress = shown["lastProgress"] if status == "failed" else shown["progress"]
    expected = BUILT_IN[language][message]
    assert progress["challengeProgressStatus"] == status
    assert progress["eudStatusLabel"] == BUILT_IN[language][0][label]
    assert progress["eudMessage"] == (expected.replace("150.00", "500.00") if value is None else expected)
