"""Six languages: the component's own texts, numbers and dates, and Arabic from the right."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from core.texts import default_text
from tests.component.contract import STATIC, Answer
from tests.component.gallery_samples import SPOKEN, spoken
from tests.component.samples import NOW, challenge, started

MODULE = Path(STATIC / "challenges" / "challenges.js").read_text()
WORDS = {
    "en": ("Ends in 8 days", "Copy", "Valid until Dec 20, 2026", "Next reward", "Goal"),
    "es": (
        "Termina dentro de 8 días",
        "Copiar",
        "Válido hasta el 20 dic 2026",
        "Próxima recompensa",
        "Objetivo",
    ),
    "fr": (
        "Se termine dans 8 jours",
        "Copier",
        "Valable jusqu’au 20 déc. 2026",
        "Prochaine récompense",
        "Objectif",
    ),
    "de": ("Endet in 8 Tagen", "Kopieren", "Gültig bis 20. Dez. 2026", "Nächste Prämie", "Ziel"),
    "ar": ("ينتهي خلال 8 أيام", "نسخ", "صالح حتى 20 ديسمبر 2026", "المكافأة التالية", "الهدف"),
    "ja": ("8 日後に終了", "コピー", "2026年12月20日まで有効", "次の特典", "ゴール"),
}


def blocks():
    """Language -> its texts, read from the module itself."""
    table = MODULE[MODULE.index("const TEXTS") : MODULE.index("const RIGHT_TO_LEFT")]
    parts = re.split(r"\n  (\w\w): \{\n", table)[1:]
    return {
        language: dict(re.findall(r'(\w+): "([^"]*)"', body))
        for language, body in zip(parts[::2], parts[1::2], strict=True)
    }


def test_texts_are_complete_in_every_language():
    texts = blocks()

    assert list(texts) == ["en", "es", "fr", "de", "ar", "ja"]
    assert {
        language: sorted(set(texts["en"]) ^ set(own))
        for language, own in texts.items()
        if set(own) != set(texts["en"])
    } == {}


def test_texts_carry_the_same_values_in_every_language():
    texts = blocks()

    def values(text):
        return sorted(re.findall(r"\{\w+\}", text))

    assert [
        (language, name)
        for language, own in texts.items()
        for name in own
        if values(own[name]) != values(texts["en"][name])
    ] == []


# One word for one thing: a milestone, a challenge.
NOUNS = {
    "en": (r"[Mm]ilestone", r"[Cc]hallenge"),
    "es": (r"[Hh]ito", r"[Rr]eto"),
    "fr": (r"[Pp]alier", r"[Dd]éfi"),
    "de": (r"Meilenstein", r"Challenge"),
    "ar": (r"مرحلة|مراحل", r"تحدي"),
    "ja": (r"マイルストーン", r"チャレンジ"),
}


@pytest.mark.parametrize("language", NOUNS)
def test_card_has_one_word_for_a_milestone_and_for_a_challenge(language):
    """The message is the server's and the headings are the component's: a shopper reads both at once."""
    own = blocks()[language]
    message, congratulation, comfort = (
        default_text(f"eud_{name}_message", language)
        for name in ("milestone_next_to_be_achieved", "completed_challenge", "failed_challenge")
    )
    milestone, challenge_ = NOUNS[language]

    for text in (message, own["milestones"], own["milestoneReached"]):
        assert re.search(milestone, text), text
    for text in (congratulation, comfort, own["challenges"], own["challengeCompleted"], own["empty"]):
        assert re.search(challenge_, text), text
    assert own["details"] == default_text("eud_view_details_button_text", language)


@pytest.mark.parametrize("language", WORDS)
def test_card_reads_in_its_language(shop, language):
    ends, copy, valid, following, goal = WORDS[language]
    card = shop.show(spoken(language, NOW), f'language="{language}"')

    expect(card.locator(".title")).to_have_text(SPOKEN[language][0])
    expect(card.locator(".countdown")).to_have_text(ends)
    expect(card.locator(".copy-button")).to_have_text(copy)
    expect(card.locator(".reward-status")).to_have_text(valid)
    expect(card.locator(".next-reward span span")).to_have_text(following)
    assert card.locator(".marker").last.get_attribute("aria-label") == f"{goal}, 500"
    assert card.locator(".frame").get_attribute("lang") == language


def test_card_writes_numbers_as_its_region_does(shop):
    card = shop.show(started(challenge(), value=1234.5), 'language="de-AT"')

    expect(card.locator(".value strong")).to_have_text("1\u00a0234,50")


def test_card_in_arabic_has_the_digits_of_the_message(shop):
    """The API writes the rest as 150.00, also for a region that has digits of its own."""
    card = shop.show(spoken("ar", NOW), 'language="ar-EG"')

    expect(card.locator(".value strong")).to_have_text("290")
    expect(card.locator(".percentage")).to_have_text(re.compile("58"))
    expect(card.locator(".countdown")).to_have_text("ينتهي خلال 8 أيام")
    expect(card.locator(".marker-label").last).to_have_text("500")


@pytest.mark.parametrize(
    ("language", "asked"),
    [
        ("pl", "pl"),
        ("fr-CA-u-ca-buddhist", "fr-CA"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("xx-invalid-", "en"),
        ("not a language", "en"),
        ("../../etc", "en"),
        ("klingons", "en"),
    ],
)
def test_language_is_asked_for_as_the_api_takes_it(shop, contract, language, asked):
    shop.list([challenge()], f'language="{language}"')

    assert [query["languageCode"] for _, _, query, _ in contract.queries()] == [[asked]]


@pytest.mark.parametrize("language", ["pl", "not a language"])
def test_unknown_language_reads_english(shop, language):
    element = shop.list([challenge()], f'language="{language}"')

    expect(element.locator(".countdown")).to_have_text("Ends in 8 days")


def test_list_speaks_the_language_that_the_api_served(shop, contract):
    """Japanese is asked for and not offered: texts of the API and of the component stay one language."""
    contract.next = [Answer(200, {"data": [challenge()]}, {"Content-Language": "en"})]
    element = shop.list([], 'language="ja"')

    expect(element.locator(".countdown")).to_have_text("Ends in 8 days")
    assert element.locator(".frame").first.get_attribute("lang") == "en"


def test_list_without_a_language_takes_the_pages(shop, contract):
    contract.guest = [challenge()]
    shop.open('<div lang="fr"><challenge-list api="{api}"></challenge-list></div>')
    shop.wait_until_ready()

    expect(shop.page.locator("challenge-list .countdown")).to_have_text("Se termine dans 8 jours")


def test_list_changes_its_language_with_the_answer(shop, contract):
    element = shop.list([challenge()])
    contract.guest = [challenge(eudTitle="Gros acheteur")]

    element.evaluate("(list) => { list.language = 'fr'; }")

    expect(element.locator(".title")).to_have_text("Gros acheteur")
    expect(element.locator(".countdown")).to_have_text("Se termine dans 8 jours")


def test_arabic_is_the_mirror_image(shop):
    """Every piece is as far from the right edge as its English twin does from the left."""
    shop.page.set_viewport_size({"width": 420, "height": 900})
    names = (
        ".icon",
        ".bar",
        ".fill",
        ".stub",
        ".percentage",
        ".place:nth-child(1) .marker",
        ".place:nth-child(3) .marker",
    )

    def distances(card, side):
        outer = card.bounding_box()
        inner = {name: card.locator(name).bounding_box() for name in names}
        if side == "left":
            return {name: box["x"] - outer["x"] for name, box in inner.items() if name != ".percentage"}
        right = outer["x"] + outer["width"]
        return {name: right - box["x"] - box["width"] for name, box in inner.items() if name != ".percentage"}

    card = shop.show(spoken("en", NOW), 'language="en"')
    card.evaluate("(card) => card.shadowRoot.getAnimations({ subtree: true }).forEach((one) => one.finish())")
    english = distances(card, "left")
    card.evaluate("(card) => { card.language = 'ar'; }")
    expect(card.locator(".frame[dir=rtl]")).to_have_count(1)
    card.evaluate("(card) => card.shadowRoot.getAnimations({ subtree: true }).forEach((one) => one.finish())")

    assert distances(card, "right") == pytest.approx(english, abs=0.6)


def test_arabic_arrow_keys_follow_the_eye(shop):
    card = shop.show(spoken("ar", NOW), 'language="ar"')
    card.locator(".marker").nth(1).focus()

    shop.page.keyboard.press("ArrowLeft")

    expect(card.locator(".marker").nth(2)).to_be_focused()


def test_coupon_code_stays_left_to_right_in_arabic(shop):
    card = shop.show(spoken("ar", NOW), 'language="ar"')

    expect(card.locator(".code")).to_have_css("direction", "ltr")
