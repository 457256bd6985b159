"""Plans in which calls name an id that another call named, or gave, and that once were told wrongly."""

from __future__ import annotations

import pytest

from tests.adversary.life import live
from tests.adversary.plan import Fate, Plan, Step, World, script

LOST, LATE, FAULT, QUEUED = Fate(reply="lost"), Fate(reply="late"), Fate(reply="fault"), Fate(queue=9.5)
NEVER = Fate(executes=False, reply="lost")
LAGGING = World(lags=(5.9, 5.9, 0.5))

FOUND: dict[str, Plan] = {
    "two cancels at once that leave the order its id: the late reply of one was taken for the other's": Plan(
        LAGGING, (Step(), Step(act="cancel", name="same", fate=QUEUED), Step(act="cancel", joins=False, name="again", fate=Fate(reply="unknown cancel late")))
    ),
    "a cancel that leaves the order its id and was never executed, after which another such cancel was": Plan(
        World(follows=True), (Step(), Step(act="cancel", name="same", fate=NEVER), Step(act="cancel", name="again", fate=LATE))
    ),
    "a cancel-replace that meets the order which another gave the id to meanwhile": Plan(
        World(), (Step(), Step(act="replace", name="same", fate=Fate(queue=9.5, reply="lost")), Step(act="replace", name="same", fate=LATE))
    ),
    "a cancel-replace of which both halves name the id, beside a cancel that names it": Plan(
        World(follows=True), (Step(), Step(act="replace", name="used", fate=QUEUED), Step(act="cancel", joins=False, name="used"))
    ),
    "a cancel after a cancel-replace in doubt that left the cancelled order its id: it asked about that one": Plan(
        World(follows=True), (Step(), Step(act="replace", name="used", fate=LATE), Step(act="cancel", name="used", fate=FAULT))
    ),
    "an amendment likewise": Plan(
        World(follows=True), (Step(), Step(act="replace", name="used", fate=LOST), Step(act="amend", name="used", fate=FAULT))
    ),
    "a cancel-replace likewise": Plan(
        World(follows=True), (Step(), Step(act="replace", name="used", fate=LATE), Step(act="replace", name="used", fate=LOST))
    ),
    "an amendment of an order that was cancelled under another id since": Plan(
        World(on_unknown="cancel"), (Step(), Step(act="replace", fate=LATE), Step(act="amend", joins=False, name="same", fate=LOST))
    ),
    "a cancel-replace never executed, beside one whose new order took the id of its cancel": Plan(
        LAGGING, (Step(), Step(act="replace", name="same", fate=Fate(queue=9.5, reply="lost")), Step(act="replace", joins=False, name="again", fate=LATE))
    ),
    "a cancel of a list under the id that an earlier one gave it": Plan(
        World(), (Step(act="oco"), Step(act="unlist"), Step(act="unlist", name="same", fate=Fate(reply="cut")))
    ),
    "a cancel of a list that leaves it its id, and a cancel of everything": Plan(
        World(), (Step(act="oco"), Step(act="unlist", name="same", fate=QUEUED), Step(act="all"))
    ),
    "the same, called not placed before everything is cancelled: no execution is late": Plan(
        World(on_unknown="cancel"), (Step(act="oco"), Step(act="unlist", name="same", fate=NEVER), Step(act="all"))
    ),
    "a cancel of a list that leaves it its id, beside a cancel of one of its orders": Plan(
        World(), (Step(act="oco"), Step(act="unlist", by="leg", fate=FAULT), Step(act="unlist", joins=False, by="number", name="same", fate=Fate(reply="cut")))
    ),
    "a cancel of one order under the id that a cancel of its list gave it": Plan(
        World(list_renamed=False), (Step(act="oco"), Step(act="unlist"), Step(act="unlist", by="leg", name="again", fate=Fate(reply="cut")))
    ),
    "a cancel of a list whose new id the next list takes": Plan(
        World(), (Step(act="oco"), Step(act="unlist", fate=LOST), Step(act="oco", name="again"))
    ),
    "a cancel of a list that leaves it its id, which the next list takes": Plan(
        World(), (Step(act="oco"), Step(act="unlist", name="same", fate=FAULT), Step(act="oco", name="again"))
    ),
    "the same, where the next list is in doubt, too": Plan(
        World(on_unknown="cancel"), (Step(act="oco"), Step(act="unlist", name="same", fate=Fate(reply="cut")), Step(act="oco", joins=False, name="again", fate=Fate(queue=1.0)))
    ),
    "the same, where the next list is made late, and its late reply tells so": Plan(
        World(), (Step(act="oco"), Step(act="unlist", name="same", fate=LOST), Step(act="oco", name="again", fate=Fate(queue=9.5, event="lost")))
    ),
    "a cancel under the id that the venue gave in a cancel of everything in doubt": Plan(
        World(), (Step(), Step(act="all", fate=Fate(reply="cut")), Step(act="cancel", name="same", fate=Fate(reply="cut")))
    ),
    "the same, after the late reply of the cancel of everything": Plan(
        World(), (Step(), Step(act="all", fate=LATE), Step(act="cancel", name="same", fate=QUEUED))
    ),
    "a cancel-replace likewise, whose cancel names that id": Plan(
        World(), (Step(), Step(act="all", fate=LATE), Step(act="replace", name="used", fate=LATE))
    ),
    "a cancel-replace of an order in doubt that gives its id on, and whose cancel's id the next order takes": Plan(
        World(), (Step(fate=LATE), Step(act="replace", name="same", fate=FAULT), Step(name="again"))
    ),
    "a cancel of the new order of a cancel-replace in doubt, whose refusal in time told of it: it asked about the old one": Plan(
        World(), (Step(act="submit"), Step(act="amend", name="same", fate=QUEUED), Step(act="replace", name="again", fate=Fate(reply="unknown cancel")), Step(act="cancel", name="own", fate=FAULT))
    ),
    "a cancel-replace whose new order was to have an id that the venue gave, after a kill: recover() took two minutes": Plan(
        World(journal=True), (Step(), Step(act="all"), Step(act="replace", name="same"), Step(act="kill"))
    ),
    "a cancel of one order of a list that leaves it its id, not placed, before the list is cancelled: no execution is late": Plan(
        World(on_unknown="cancel"), (Step(act="oco"), Step(act="cancel", by="leg", name="same", fate=Fate(executes=False, reply="cut")), Step(act="unlist"))
    ),
    "an amendment that keeps an id in dispute, of an order that its handle cancels by number": Plan(
        World(), (Step(act="submit"), Step(name="used"), Step(act="amend", joins=False, name="same", fate=Fate(reply="lost", event="lost")), Step(act="handle-cancel", fate=Fate(reply="unknown both late", event="lost")))
    ),
    "a cancel-replace by the id that two before it gave, of which the reply to the first came last: it asked about the first": Plan(
        World(on_unknown="wait"), (Step(), Step(act="replace", fate=Fate(reply="double late")), Step(act="replace", joins=False, name="same"), Step(act="replace", fate=FAULT), Step(joins=False, name="again"))
    ),
    "a cancel of a list in doubt, whose id the next list takes, and whose new id one order of that": Plan(
        World(), (Step(act="oco"), Step(act="unlist", name="own", fate=FAULT), Step(act="oco", joins=False, by="leg", name="used"))
    ),
    "a cancel-replace by an id that one order ended with and the next has, after the late reply of an amendment of the first": Plan(
        World(), (Step(), Step(act="jump", amount=-1.5, path="engine"), Step(act="amend", name="same", fate=Fate(reply="unknown both late")), Step(act="replace", name="used"), Step(act="replace", pause=5.0, name="used", fate=LOST))
    ),
    "a cancel by the former id of an order of a list that was cancelled, under the id it has by then": Plan(
        World(), (Step(act="oco"), Step(act="amend", by="leg"), Step(act="unlist", fate=LOST), Step(act="cancel", by="leg", name="same", fate=Fate(reply="unknown cancel late")))
    ),
    "a cancel of a list, never executed, under the id that one of its orders has: the list ended by itself": Plan(
        World(), (Step(act="oco"), Step(act="unlist", market=10, fate=NEVER), Step(act="fill", market=10))
    ),
    "two changes at once over a connection that has answered one since another lost one (the judge was wrong)": Plan(
        World(), (Step(fate=QUEUED), Step(act="cancel", pause=5.0), Step(act="deaf", path="mute"), Step(act="all"), Step(act="replace", joins=False))
    ),
}  # fmt: skip
"""By what was told wrongly. The rules are F1 and F17 of docs/fence.md."""


@pytest.mark.parametrize("what", FOUND)
def test_what_bears_an_id_that_is_named_again_is_told_apart(what: str) -> None:
    report = live(FOUND[what])
    assert not report.violations, "\n" + script(FOUND[what], report.violations)


def test_a_handle_that_an_event_told_of_its_order_is_followed_though_the_doubt_ends_undecided() -> None:
    steps = (
        Step(act="submit", market=4, fate=LOST),
        Step(name="same"),
        Step(pause=5.0, fate=QUEUED),
        Step(act="replace", fate=Fate(reply="unknown cancel late")),
        Step(act="handle-cancel", fate=Fate(executes=False, reply="unknown new late")),
    )
    report = live(Plan(World(), steps))
    assert not report.violations, "\n" + script(Plan(World(), steps), report.violations)
    assert report.told["undecided"] == 1
    assert not report.told["not followed"]
