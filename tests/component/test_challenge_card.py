"""What one card tells, state by state."""

import json
from datetime import timedelta
from itertools import pairwise

import pytest
from playwright.sync_api import expect

from tests.component.samples import NOW, at, challenge, closed, milestone, progress, reward, started

COMPLETED = (
    "Congratulations! You have completed this challenge! Shop more next month to start a new challenge!"
)
FAILED = "Your challenge has failed. Don't worry, shop more next month to start a new challenge!"
NEXT = "Shop for $150.00 or more to complete the next milestone!"


def labels(card):
    return card.locator(".marker").evaluate_all("(markers) => markers.map((marker) => marker.ariaLabel)")


def ladder(*values, **fields):
    return challenge(milestones=[milestone(value, f"Step {value}") for value in values], **fields)


def test_card_in_progress_shows_the_pages_example(shop):
    card = shop.show(started(ladder(200), value=350, eudMessage=NEXT))

    expect(card.get_by_role("heading", level=3)).to_have_text("Monthly Big Spender")
    expect(card.locator(".description")).to_have_text(
        "Spend $500 in one month and shipping is on us for the next three."
    )
    expect(card.locator(".status")).to_have_text("In Progress")
    expect(card.locator(".message")).to_have_text(NEXT)
    expect(card.locator(".value")).to_have_text("350/ 50070%")
    expect(card.locator(".countdown")).to_have_text("Ends in 8 days")
    expect(card.locator(".next-reward strong")).to_have_text("Free shipping for 3 months")
    expect(card.get_by_role("button", name="View Details")).to_be_visible()


def test_card_of_a_guest_has_no_progress(shop):
    card = shop.show(ladder(200))

    expect(card.locator(".status")).to_have_count(0)
    expect(card.locator(".value")).to_have_text("0/ 5000%")
    expect(card.locator(".message")).to_have_text("Shop for $200.00 or more to complete the next milestone!")
    expect(card.locator(".next-reward strong")).to_have_text("5% off your next order")


def test_card_not_started_says_so(shop):
    card = shop.show(started(ladder(200), "not_started", 0))

    expect(card.locator(".status")).to_have_text("Not Started")
    expect(card.locator(".fill")).to_have_css("width", "0px")


def test_card_completed_past_the_target_keeps_the_value_and_clamps_the_bar(shop):
    card = shop.show(started(ladder(200), "completed", 540))

    expect(card.locator(".status")).to_have_text("Completed")
    expect(card.locator(".message")).to_have_text(COMPLETED)
    expect(card.locator(".value")).to_have_text("540/ 500100%")
    assert (
        card.evaluate("(card) => card.shadowRoot.querySelector('.fill').style.getPropertyValue('--at')")
        == "1"
    )
    assert card.locator(".marker-achieved").count() == 2
    expect(card.locator(".next-reward")).to_have_count(0)


def test_card_shows_the_closed_windows_outcome_until_the_new_ones_first_activity(shop):
    of = ladder(200)
    card = shop.show(started(of, "not_started", 0, last=closed(of, "failed", 350)))

    expect(card.locator(".round")).to_have_text("Last round: Oct 1 – 31, 2026")
    expect(card.locator(".status")).to_have_text("Failed")
    expect(card.locator(".message")).to_have_text(FAILED)
    expect(card.locator(".value")).to_have_text("350/ 50070%")
    expect(card.locator(".note")).to_have_text("A new round is open. Ends in 8 days")

    shop.give(started(of, "in_progress", 10, last=closed(of, "failed", 350)))

    expect(card.locator(".round")).to_have_count(0)
    expect(card.locator(".status")).to_have_text("In Progress")
    expect(card.locator(".value")).to_have_text("10/ 5002%")


def test_card_outcome_is_measured_by_the_target_of_its_own_window(shop):
    of = ladder(200)
    last = closed(of, "completed", 400, completionTargetValue=400, percentage=100)

    card = shop.show(started(of, "not_started", 0, last=last))

    expect(card.locator(".value")).to_have_text("400/ 400100%")
    expect(card.locator(".status")).to_have_text("Completed")


def test_card_after_the_challenges_end_promises_no_new_round(shop):
    of = ladder(200, endsAt="2026-11-01T00:00:00Z")

    card = shop.show(started(of, "not_started", 0, last=closed(of, "failed", 350)))

    expect(card.locator(".status")).to_have_text("Failed")
    expect(card.locator(".note")).to_have_count(0)


def test_card_leaves_an_outcome_behind_once_a_whole_window_was_missed(shop):
    of = ladder(200)
    long_ago = closed(of, windowStartsAt="2026-08-01T00:00:00Z", windowEndsAt="2026-09-01T00:00:00Z")

    card = shop.show(started(of, "not_started", 0, last=long_ago))

    expect(card.locator(".round")).to_have_count(0)
    expect(card.locator(".status")).to_have_text("Not Started")


@pytest.mark.parametrize(
    ("method", "value", "target", "shown"),
    [
        ("sum", 350, 500, "350/ 50070%"),
        ("sum", 350.5, 500, "350.50/ 50070%"),
        ("sum", 0.1234, 0.5, "0.1234/ 0.5024%"),
        ("sum", 12345.6, 20000, "12,345.60/ 20,00061%"),
        ("count", 7, 10, "7/ 1070%"),
    ],
)
def test_card_shows_amounts_as_they_are_counted(shop, method, value, target, shown):
    of = challenge(aggregationMethod=method, completionTargetValue=target, milestones=[])

    expect(shop.show(started(of, value=value)).locator(".value")).to_have_text(shown)


def test_card_without_texts_falls_back_to_names(shop):
    of = challenge(eudTitle="", eudDescription="", milestones=[milestone(200, "", name="Silver level")])

    card = shop.show(started(of))
    card.get_by_role("button", name="View Details").click()

    expect(card.get_by_role("heading", level=3).first).to_have_text("Monthly Big Spender")
    expect(card.locator(".description")).to_have_count(0)
    expect(card.locator(".step-title").first).to_have_text("Silver level200")


def test_card_whose_icon_does_not_load_shows_its_own_sign(shop, refused):
    card = shop.show(challenge(eudIcon="/pages/missing.png"))

    expect(card.locator(".icon svg")).to_be_visible()
    expect(card.locator(".icon img")).to_have_count(0)
    refused(404)


def test_card_icon_is_an_image_of_the_api(shop):
    card = shop.show(challenge())

    assert card.locator(".icon img").evaluate("(image) => [image.getAttribute('src'), image.alt]") == [
        "/pages/cart.svg",
        "",
    ]


def test_card_without_milestones_has_the_goal_alone(shop):
    card = shop.show(started(challenge(milestones=[])))

    assert labels(card) == ["Goal, 500"]


def test_card_with_twenty_milestones_marks_every_one(shop):
    card = shop.show(started(ladder(*range(250, 5001, 250), completionTargetValue=5000), value=1800))

    assert card.locator(".marker").count() == 20
    assert card.locator(".marker-achieved").count() == 7
    assert labels(card)[-1] == "Step 5000, 5,000; Goal, 5,000"


def test_card_milestones_at_one_value_share_a_marker(shop):
    steps = [milestone(value, name) for value, name in [(100, "One"), (100, "Two"), (105, "Three")]]

    card = shop.show(started(challenge(milestones=steps), value=102))

    assert labels(card) == ["One, 100, Reached; Two, 100, Reached; Three, 105", "Goal, 500"]
    expect(card.locator(".marker").first).to_have_text("3")
    expect(card.locator(".marker-achieved")).to_have_count(0)


def test_card_markers_stand_where_their_values_are(shop):
    card = shop.show(started(ladder(125, 250)))

    bar = card.locator(".bar").bounding_box()
    middles = [
        box["x"] + box["width"] / 2 for box in (one.bounding_box() for one in card.locator(".marker").all())
    ]

    width = bar["width"] - 24
    assert middles == [pytest.approx(bar["x"] + 12 + width * part, abs=0.6) for part in (0.25, 0.5, 1)]


@pytest.mark.parametrize(
    "values", [(10, 20, 30, 460, 480), (30, 60, 90, 120, 150), range(25, 500, 25), (1, 499)]
)
def test_card_markers_do_not_cover_one_another_on_a_phone(shop, values):
    """A pixel of a marker's rim may; more would hide that there are two."""
    shop.page.set_viewport_size({"width": 360, "height": 740})
    shop.page.emulate_media(reduced_motion="reduce")
    card = shop.show(started(ladder(*values), value=5))

    boxes = [one.bounding_box() for one in card.locator(".marker").all()]
    gaps = [right["x"] - left["x"] - left["width"] for left, right in pairwise(boxes)]

    assert [gap for gap in gaps if gap < -2] == []


def test_card_marks_what_comes_next(shop):
    card = shop.show(started(ladder(200, 350), value=250))

    expect(card.locator(".marker[data-next]")).to_have_count(1)
    assert card.locator(".marker[data-next]").get_attribute("aria-label") == "Step 350, 350"


def test_card_completed_has_nothing_next(shop):
    card = shop.show(started(ladder(200), "completed", value=500))

    expect(card.locator(".marker[data-next]")).to_have_count(0)


def test_card_failed_has_nothing_next(shop):
    of = ladder(200, 350)
    card = shop.show(started(of, "not_started", value=0, last=closed(of, value=250)))
    card.locator(".details-button").click()

    expect(card.locator(".step")).to_have_count(3)
    expect(card.locator(".marker[data-next], .step[aria-current]")).to_have_count(0)


def test_card_leaves_out_milestones_that_only_admins_see(shop):
    of = challenge(
        milestones=[milestone(100), milestone(200, status="draft"), milestone(300, status="paused")]
    )

    assert labels(shop.show(of)) == ["Silver, 100", "Goal, 500"]


def test_card_paused_says_that_nothing_counts(shop):
    card = shop.show(started(ladder(200, status="paused")))

    expect(card.locator(".note")).to_have_text(
        "This challenge is paused. Activity does not count at the moment."
    )
    expect(card.locator(".countdown")).to_have_count(0)


def test_card_paused_does_not_ask_for_activity(shop):
    card = shop.show(started(ladder(200, status="paused"), value=100))

    expect(card.locator(".note")).to_be_visible()
    expect(card.locator(".message")).to_have_count(0)


def test_card_completed_and_paused_still_congratulates(shop):
    card = shop.show(started(ladder(200, status="paused"), "completed", value=500))

    expect(card.locator(".message")).to_contain_text("Congratulations!")


def test_card_of_a_challenge_that_is_over_asks_a_guest_for_nothing(shop):
    card = shop.show(ladder(200, endsAt=at(NOW - timedelta(days=1))))

    expect(card.locator(".countdown")).to_have_text("Ended")
    expect(card.locator(".message, .next-reward")).to_have_count(0)


def test_card_before_its_start_counts_down_to_it(shop):
    card = shop.show(ladder(200, startsAt=at(NOW + timedelta(hours=5, minutes=30))))

    expect(card.locator(".countdown")).to_have_text("Starts in 5 hours")


@pytest.mark.parametrize(
    ("left", "text"),
    [
        (timedelta(days=2), "Ends in 2 days"),
        (timedelta(days=2, seconds=-1), "Ends in 47 hours"),
        (timedelta(hours=2, seconds=-1), "Ends in 119 minutes"),
        (timedelta(seconds=119.5), "Ends in 119 seconds"),
        (timedelta(seconds=0), "Ended"),
    ],
)
def test_card_counts_down_in_whole_units_rounded_down(shop, left, text):
    card = shop.show(ladder(200, endsAt=at(NOW + left)), now=None)

    shop.page.clock.set_fixed_time(NOW)
    card.evaluate("(card) => { card.theme = 'light'; }")

    expect(card.locator(".countdown")).to_have_text(text)


def test_card_countdown_goes_on_by_itself(shop):
    card = shop.show(ladder(200, endsAt=at(NOW + timedelta(minutes=4))))

    shop.page.clock.run_for(90_000)
    expect(card.locator(".countdown")).to_have_text("Ends in 2 minutes")

    shop.page.clock.run_for(151_000)
    expect(card.locator(".countdown")).to_have_text("Ended")


def test_card_details_hold_the_ladder_the_rewards_and_the_window(shop):
    of = challenge(
        milestones=[
            milestone(
                200,
                "Silver",
                eudMilestoneDescription="The first step.",
                reward=reward("5% off", "At the till."),
            ),
            milestone(
                350,
                "Gold",
                eudMilestoneRewardInstructionMessage="Show the code.",
                reward=reward("10% off", "-"),
            ),
        ]
    )
    card = shop.show(started(of, value=290))

    card.get_by_role("button", name="View Details").click()

    details = card.get_by_role("dialog", name="Monthly Big Spender")
    expect(details.locator(".window")).to_have_text("Every month · Nov 1 – 30, 2026")
    expect(details.locator(".step")).to_have_count(3)
    assert [text.replace("\n\n", "\n") for text in details.locator(".step").all_inner_texts()] == [
        "Silver\n200\nReached\nThe first step.\n5% off\nAt the till.",
        "Gold\n350\n10% off\nShow the code.",
        "Goal\n500\nFree shipping for 3 months\nApplied when you enter the code.",
    ]
    expect(details.locator("[aria-current=step]")).to_contain_text("Gold")


def test_card_details_stay_open_through_a_refresh(shop):
    of = ladder(200)
    card = shop.show(started(of, value=290))
    card.get_by_role("button", name="View Details").click()

    shop.give(started(of, value=400))

    expect(card.get_by_role("dialog")).to_be_visible()
    expect(card.locator(".value")).to_have_text("400/ 50080%")


def test_card_details_can_be_the_pages_own(shop):
    card = shop.show(ladder(200))
    shop.page.evaluate("addEventListener('challenges:details', (event) => event.preventDefault())")

    card.get_by_role("button", name="View Details").click()

    expect(card.get_by_role("dialog")).to_have_count(0)
    assert [detail["challenge"]["name"] for detail in shop.events("details")] == ["Monthly Big Spender"]


def test_card_asks_for_its_challenge_alone(shop, contract):
    of = ladder(200)
    contract.guest = [ladder(100), of]
    shop.open(f'<challenge-card api="{{api}}" challenge="{of["id"]}"></challenge-card>')

    expect(shop.page.locator("challenge-card .title")).to_have_text("Monthly Big Spender")
    assert [asked[1] for asked in contract.queries()] == [f"/schema/challenge/record/{of['id']}"]


def test_card_of_an_unknown_challenge_is_not_available(shop, contract, refused):
    shop.open('<challenge-card api="{api}" challenge="nothing"></challenge-card>')

    expect(shop.page.locator("challenge-card .notice-title")).to_have_text("This challenge is not available")
    refused(404)


def test_card_data_set_before_the_module_is_loaded_is_kept(shop):
    """A framework may set the property while the element is still an unknown one."""
    record = json.dumps(challenge(eudTitle="Early"))
    shop.page.add_init_script(
        "new MutationObserver(() => { const card = document.querySelector('challenge-card');"
        f"if (card && !card.shadowRoot && !Object.hasOwn(card, 'data')) card.data = {record}; }})"
        ".observe(document, { childList: true, subtree: true });"
    )

    shop.open("<challenge-card></challenge-card>")

    expect(shop.page.locator("challenge-card .title")).to_have_text("Early")


def test_card_takes_an_odd_record_without_breaking_the_page(shop, complaints):
    card = shop.show({**challenge(), "milestones": "none"})

    expect(card.locator(".notice-title")).to_have_text("This could not be loaded")
    assert len(complaints) == 1
    assert "is not a function" in complaints.pop()


def test_card_without_progress_in_numbers_still_reads(shop):
    of = ladder(200)
    card = shop.show({**of, "progress": {**progress(of), "currentProgressValue": None, "rewardLogs": None}})

    expect(card.locator(".value")).to_have_text("0/ 50070%")
