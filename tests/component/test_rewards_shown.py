"""Rewards on a card: what a shopper needs in each state, and the copy button."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.component.samples import (
    NOW,
    at,
    challenge,
    closed,
    milestone,
    progress,
    reward,
    reward_log,
    started,
)


def holding(*logs, of=None, **fields):
    of = of or challenge()
    return started(of, rewards=[reward_log(of, of["milestones"][0], **log) for log in logs], **fields)


@pytest.mark.parametrize(
    ("log", "lines"),
    [
        (
            {"status": "issued"},
            [
                *("5% off your next order", "Silver", "SPEND-7KQ4XW2M", "Copy"),
                *("Enter the code at the checkout.", "Valid until Dec 20, 2026"),
            ],
        ),
        (
            {"status": "issued", "couponCode": None, "rewardExpiryAt": None},
            ["5% off your next order", "Silver", "Enter the code at the checkout."],
        ),
        (
            {"status": "pending_code"},
            [
                "5% off your next order",
                "Silver",
                "Enter the code at the checkout.",
                "Your code is on its way.",
            ],
        ),
        (
            {"status": "redeemed"},
            ["5% off your next order", "Silver", "SPEND-7KQ4XW2M", "Used on Nov 21, 2026"],
        ),
        (
            {"status": "expired", "rewardExpiryAt": "2026-11-20T12:00:00Z"},
            ["5% off your next order", "Silver", "SPEND-7KQ4XW2M", "Expired on Nov 20, 2026"],
        ),
        ({"status": "revoked"}, ["5% off your next order", "Silver", "No longer valid"]),
        ({"status": "capped"}, ["5% off your next order", "Silver", "This reward has run out."]),
    ],
    ids=lambda value: value["status"] if isinstance(value, dict) else "",
)
def test_reward_shows_what_its_state_needs(shop, log, lines):
    card = shop.show(holding(log))

    assert [line for line in card.locator(".reward").inner_text().splitlines() if line] == lines


def test_reward_valid_to_the_end_of_a_day_names_that_day_in_the_challenges_zone(shop):
    of = challenge(timeZone="Asia/Tokyo")
    card = shop.show(holding({"rewardExpiryAt": "2026-11-30T15:00:00Z"}, of=of))

    expect(card.locator(".reward-status")).to_have_text("Valid until Nov 30, 2026")


def test_reward_expires_while_the_card_is_open(shop):
    card = shop.show(holding({"rewardExpiryAt": at(NOW + timedelta(minutes=10))}))
    expect(card.get_by_role("button", name="Copy code SPEND-7KQ4XW2M")).to_be_visible()

    shop.page.clock.run_for(11 * 60_000)

    expect(card.locator(".reward-status")).to_have_text("Expired on Nov 22, 2026")
    expect(card.locator(".copy-button")).to_have_count(0)


def test_reward_without_a_title_of_its_own_is_named_after_what_earned_it(shop):
    of = challenge(milestones=[milestone(reward=None)], completionReward=None)
    card = shop.show(
        started(
            of,
            "completed",
            500,
            rewards=[reward_log(of, of["milestones"][0]), reward_log(of, couponCode="GOAL")],
        )
    )

    assert sorted(card.locator(".reward-title").all_inner_texts()) == ["Monthly Big Spender", "Silver"]


def test_reward_instruction_of_the_milestone_comes_before_the_rewards(shop):
    of = challenge(
        milestones=[milestone(eudMilestoneRewardInstructionMessage="At the till of the Berlin shop.")]
    )

    expect(shop.show(holding({}, of=of)).locator(".instruction")).to_have_text(
        "At the till of the Berlin shop."
    )


def test_rewards_usable_ones_come_first_and_the_rest_is_in_the_details(shop):
    old, new = at(NOW - timedelta(days=9)), at(NOW - timedelta(days=1))
    card = shop.show(
        holding(
            {"status": "redeemed", "couponCode": "USED", "rewardIssuedAt": new},
            {"couponCode": "OLDER", "rewardIssuedAt": old},
            {"couponCode": "NEWER", "rewardIssuedAt": new},
        )
    )

    assert card.locator(".code").all_inner_texts() == ["NEWER", "OLDER"]

    card.get_by_role("button", name="All rewards (3)").click()

    assert card.get_by_role("dialog").locator(".code").all_inner_texts() == ["NEWER", "OLDER", "USED"]
    expect(card.locator("#step-rewards")).to_be_focused()


def test_rewards_of_the_last_window_stay_while_they_can_be_used(shop):
    of = challenge()
    past = [reward_log(of, couponCode="STILL-GOOD"), reward_log(of, status="expired", couponCode="GONE")]
    card = shop.show({**of, "progress": progress(of, value=20), "lastProgress": closed(of, rewards=past)})

    assert card.locator(".code").all_inner_texts() == ["STILL-GOOD"]


def test_rewards_of_an_outcome_are_all_there(shop):
    of = challenge()
    past = [reward_log(of, couponCode="STILL-GOOD"), reward_log(of, status="expired", couponCode="GONE")]

    card = shop.show(started(of, "not_started", 0, last=closed(of, rewards=past)))

    assert card.locator(".code").all_inner_texts() == ["STILL-GOOD", "GONE"]


def test_rewards_of_a_challenge_that_is_over_are_there_once(shop):
    of = challenge(endsAt=at(NOW - timedelta(days=1)))
    last = progress(of, "failed", rewardLogs=[reward_log(of, couponCode="STILL-GOOD")])

    card = shop.show({**of, "progress": last, "lastProgress": last})

    assert card.locator(".code").all_inner_texts() == ["STILL-GOOD"]


def test_copy_button_copies_the_code_and_says_so(shop, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    card = shop.show(holding({}))

    card.get_by_role("button", name="Copy code SPEND-7KQ4XW2M").click()

    expect(card.get_by_role("button", name="Copied")).to_be_visible()
    expect(card.locator("article [role=status]")).to_have_text("Copied")
    assert shop.page.evaluate("navigator.clipboard.readText()") == "SPEND-7KQ4XW2M"

    shop.page.clock.run_for(2_500)

    expect(card.get_by_role("button", name="Copy code SPEND-7KQ4XW2M")).to_be_focused()


def test_copy_button_works_inside_the_details(shop, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    card = shop.show(holding({}))
    card.get_by_role("button", name="View Details").click()
    dialog = card.get_by_role("dialog")

    dialog.get_by_role("button", name="Copy code SPEND-7KQ4XW2M").click()

    expect(dialog.get_by_role("status")).to_have_text("Copied")
    assert shop.page.evaluate("navigator.clipboard.readText()") == "SPEND-7KQ4XW2M"


def test_copy_button_copies_without_the_clipboard_permission(shop, context):
    context.grant_permissions(["clipboard-read"])
    card = shop.show(holding({}))
    shop.page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('denied')); }")

    card.get_by_role("button", name="Copy code SPEND-7KQ4XW2M").click()

    expect(card.get_by_role("button", name="Copied")).to_be_focused()
    assert shop.page.evaluate("navigator.clipboard.readText()") == "SPEND-7KQ4XW2M"
    assert card.locator("textarea").count() == 0


def test_copy_button_selects_the_code_where_copying_is_refused(shop):
    card = shop.show(holding({}))
    shop.page.evaluate(
        """() => {
            Object.defineProperty(navigator, "clipboard", { value: undefined });
            document.execCommand = () => false;
        }"""
    )

    card.get_by_role("button", name="Copy code SPEND-7KQ4XW2M").click()

    expect(card.locator("article [role=status]")).to_have_text(
        "Copying was not allowed. The code is selected."
    )
    assert (
        card.evaluate("(card) => String(card.shadowRoot.getSelection?.() ?? getSelection())")
        == "SPEND-7KQ4XW2M"
    )


def test_next_reward_is_that_of_the_next_step(shop):
    of = challenge(
        milestones=[milestone(100, reward=reward("First")), milestone(200, reward=reward("Second"))]
    )

    expect(shop.show(started(of, value=150)).locator(".next-reward strong")).to_have_text("Second")
