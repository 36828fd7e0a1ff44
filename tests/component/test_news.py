"""What a card does when something comes: events, words for everybody, paper for those who like motion."""

from playwright.sync_api import expect

from tests.component.conftest import token
from tests.component.samples import challenge, closed, milestone, reward_log, started

SILVER, GOLD = milestone(200, "Silver"), milestone(350, "Gold")
OF = challenge(milestones=[SILVER, GOLD])
FIRST, SECOND = reward_log(OF, SILVER), reward_log(OF, GOLD, couponCode="SECOND")
AT_290 = started(OF, value=290, rewards=[FIRST])
AT_360 = started(OF, value=360, rewards=[FIRST, SECOND])


def test_first_sight_is_no_news(shop):
    card = shop.show(AT_360)

    assert shop.events("reward") == []
    expect(card.locator(".banner")).to_have_count(0)
    expect(card.locator(".new")).to_have_count(0)


def test_reward_is_announced_once_with_its_challenge(shop):
    card = shop.show(AT_290)

    shop.give(AT_360)
    shop.give(AT_360)

    rewards = shop.events("reward")
    assert [(detail["rewardLog"]["id"], detail["challenge"]["id"]) for detail in rewards] == [
        (SECOND["id"], OF["id"])
    ]
    expect(card.locator(".reward", has_text="SECOND").locator(".new")).to_have_text("New")


def test_milestone_is_celebrated_and_announced(shop):
    card = shop.show(AT_290)

    shop.give(AT_360)

    expect(card.locator(".banner")).to_have_text("Milestone reached: Gold")
    expect(card.locator("article [role=status]")).to_have_text(
        "Milestone reached: Gold. Your reward: 5% off your next order"
    )
    assert card.locator(".celebration i").count() == 26
    expect(card.locator(".celebration")).to_have_count(0)

    shop.page.clock.run_for(11_000)

    expect(card.locator(".banner")).to_have_count(0)
    expect(card.locator("article [role=status]")).to_have_text("")


def test_completion_is_celebrated_and_announced(shop):
    card = shop.show(AT_360)

    shop.give(started(OF, "completed", 505, rewards=[FIRST, SECOND, reward_log(OF)]))

    expect(card.locator(".banner")).to_have_text("Challenge completed: Monthly Big Spender")
    assert card.locator(".celebration i").count() == 70
    assert len(shop.events("reward")) == 1


def test_nothing_moves_for_those_who_asked_for_less_motion(shop):
    shop.page.emulate_media(reduced_motion="reduce")
    card = shop.show(AT_290)

    shop.give(AT_360)

    assert card.locator(".celebration").count() == 0
    expect(card.locator(".banner")).to_have_text("Milestone reached: Gold")
    assert card.evaluate("(card) => card.shadowRoot.getAnimations().length") == 0


def test_code_that_arrives_later_is_announced_without_a_second_event(shop):
    pending = {**SECOND, "status": "pending_code", "couponCode": None}
    card = shop.show(started(OF, value=360, rewards=[FIRST, pending]))

    shop.give(AT_360)

    expect(card.locator("article [role=status]")).to_have_text(
        "Your code has arrived: 5% off your next order"
    )
    assert shop.events("reward") == []


def test_capped_reward_is_announced_but_not_promised(shop):
    card = shop.show(AT_290)

    shop.give(started(OF, value=360, rewards=[FIRST, {**SECOND, "status": "capped", "couponCode": None}]))

    expect(card.locator("article [role=status]")).to_have_text("Milestone reached: Gold")
    assert [detail["rewardLog"]["status"] for detail in shop.events("reward")] == ["capped"]


def test_another_members_rewards_are_no_news(shop):
    shop.show(AT_290)

    shop.give(started(OF, value=360, rewards=[FIRST, SECOND], ownedById="bob"))

    assert shop.events("reward") == []


def test_a_new_windows_first_milestone_is_news_again(shop):
    card = shop.show(started(OF, "not_started", 0, last=closed(OF, value=250, rewards=[FIRST])))
    again = reward_log(OF, SILVER, couponCode="AGAIN")

    shop.give(started(OF, value=210, last=closed(OF, value=250, rewards=[FIRST]), rewards=[again]))

    expect(card.locator(".banner")).to_have_text("Milestone reached: Silver")
    assert [detail["rewardLog"]["couponCode"] for detail in shop.events("reward")] == ["AGAIN"]


def test_reward_event_leaves_the_list(shop, contract):
    element = shop.list([AT_290], member="alice")
    contract.members[token("alice")] = [AT_360]

    shop.refresh()

    expect(element.locator(".banner")).to_have_text("Milestone reached: Gold")
    assert [detail["rewardLog"]["couponCode"] for detail in shop.events("reward")] == ["SECOND"]
