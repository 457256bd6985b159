"""Plans that once ended in a wrong verdict, a lost event or a client that hung: each has to end well now."""

from __future__ import annotations

import pytest

from tests.adversary.life import live
from tests.adversary.plan import Fate, Plan, Step, World, script

FOUND = {
    "F1 the id of an open order, again (place)": Plan(
        World(),
        (
            Step(),
            Step(name="used", fate=Fate(reply="lost")),
        ),
    ),
    "F1 the same with on_unknown='wait': the second call RETURNS an order it never made": Plan(
        World(on_unknown="wait"),
        (
            Step(),
            Step(name="same", fate=Fate(reply="cut")),
        ),
    ),
    "F1 the same with on_unknown='cancel': the user's first order is cancelled, the call returns it": Plan(
        World(timeout=1.0, on_unknown="cancel"),
        (
            Step(),
            Step(name="used", fate=Fate(hold=0.8, queue=1.0)),
        ),
    ),
    "F1 the id of an order that just ended (filled)": Plan(
        World(),
        (
            Step(act="submit", market=10),
            Step(act="submit", name="same", fate=Fate(executes=False, reply="lost")),
        ),
    ),
    "F1 the id of an order that is in doubt: the later order's event settles the earlier doubt": Plan(
        World(),
        (
            Step(fate=Fate(executes=False, reply="lost")),
            Step(name="same"),
        ),
    ),
    "F1 the same, both executed one after the other, told of the wrong number": Plan(
        World(),
        (
            Step(),
            Step(joins=False, name="used", fate=Fate(queue=9.5, reply="cut")),
            Step(act="all"),
        ),
    ),
    "F1 amend that keeps the id, lost and never executed": Plan(
        World(),
        (
            Step(),
            Step(act="amend", name="same", fate=Fate(executes=False, reply="lost")),
        ),
    ),
    "F1 amend told by the late reply of a cancel-all": Plan(
        World(timeout=10.0),
        (
            Step(act="submit"),
            Step(act="all", fate=Fate(reply="late")),
            Step(act="amend", pause=5.0, joins=False, name="used", fate=Fate(reply="lost")),
        ),
    ),
    "F1 cancel that keeps the id, never executed": Plan(
        World(),
        (
            Step(),
            Step(act="cancel", name="same", fate=Fate(executes=False, reply="lost")),
        ),
    ),
    "F1 the same, by a late event of the placement": Plan(
        World(),
        (
            Step(act="submit", fate=Fate(event="late", view=5.5)),
            Step(act="cancel", name="same", fate=Fate(executes=False, reply="fault")),
        ),
    ),
    "F1 the same with on_unknown='wait'": Plan(
        World(on_unknown="wait"),
        (
            Step(act="submit"),
            Step(act="cancel", name="used", fate=Fate(executes=False, reply="fault")),
        ),
    ),
    "F1 cancel of a list that keeps the list's id": Plan(
        World(),
        (
            Step(act="oco"),
            Step(act="unlist", name="same", fate=Fate(executes=False, reply="lost")),
        ),
    ),
    "F1 cancel-replace whose new order reuses the id": Plan(
        World(),
        (
            Step(),
            Step(act="replace", name="same", fate=Fate(executes=False, reply="lost")),
        ),
    ),
    "F1 the same by an event of the old order": Plan(
        World(),
        (
            Step(act="submit"),
            Step(act="replace", name="same", fate=Fate(executes=False, reply="lost")),
            Step(act="fill"),
        ),
    ),
    "F1 the halves: cancel refused (already filled), new order made": Plan(
        World(),
        (
            Step(market=10),
            Step(act="replace", name="used", market=4, fate=Fate(reply="cut")),
        ),
    ),
    "F1 handle: submit with the id of an open order": Plan(
        World(),
        (
            Step(),
            Step(act="submit", name="used", fate=Fate(queue=9.5)),
        ),
    ),
    "F1 handle, on_unknown='cancel': it is CANCELED, the truth is another": Plan(
        World(on_unknown="cancel"),
        (
            Step(),
            Step(act="submit", name="used", fate=Fate(queue=1.0, reply="cut")),
        ),
    ),
    "F1 a false LateExecution: id of an open order, refused, then the open one is cancelled": Plan(
        World(connections="split", on_unknown="wait"),
        (
            Step(),
            Step(act="submit"),
            Step(pause=30.0, name="used", fate=Fate(reply="lost")),
            Step(act="all"),
        ),
    ),
    "F1 stuck for ever: a change that keeps an id nothing bears (its own rename bars every absence)": Plan(
        World(),
        (
            Step(fate=Fate(executes=False)),
            Step(act="cancel", name="same", fate=Fate(reply="lost")),
        ),
    ),
    "I3 two amendments that keep the id of an order that was never placed: each waits for the other": Plan(
        World(window=1000),
        (
            Step(fate=Fate(hold=4.5)),
            Step(act="amend", name="used", fate=Fate(reply="double late")),
            Step(act="deaf", path="mute"),
            Step(act="amend", name="used"),
        ),
    ),
    "F1 stuck: the placement too, for the change of it in doubt keeps the id": Plan(
        World(window=1000),
        (
            Step(fate=Fate(hold=4.5)),
            Step(act="cancel", name="used", fate=Fate(reply="cut")),
        ),
    ),
    "F1 stuck: cancel-replace": Plan(
        World(),
        (
            Step(market=10),
            Step(act="replace"),
            Step(act="replace", name="same", fate=Fate(reply="lost")),
        ),
    ),
    "F1 a handle whose order was not placed: its id, given out by this library, is named again by another order": Plan(
        World(),
        (
            Step(act="deaf", path="half"),
            Step(act="submit"),
            Step(name="same"),
        ),
    ),
    "F1 the same while the first is in doubt": Plan(
        World(offsets=(25000, 300), order=(0, 1)),
        (
            Step(act="deaf", path="half"),
            Step(act="submit"),
            Step(pause=30.0, joins=False, name="same"),
        ),
    ),
    "F4 'Duplicate order sent.' late, of a list that was executed under ids of the user's": Plan(
        World(),
        (Step(act="oco", name="own", fate=Fate(reply="double late")),),
    ),
    "F4 the same in time, of an order": Plan(World(), (Step(name="own", fate=Fate(reply="double")),)),
    "F4 the same late, of an id of ours that was named again while it was in doubt": Plan(
        World(),
        (
            Step(fate=Fate(reply="double late")),
            Step(pause=0.05, joins=False, name="used", market=4),
        ),
    ),
    "F4 the same late, and the order has filled: a later order of that id is not what it was taken for": Plan(
        World(),
        (
            Step(market=10, fate=Fate(reply="double late")),
            Step(name="used"),
        ),
    ),
    "F4 likewise, and nothing tells of the later order either": Plan(
        World(offsets=(25000, 0)),
        (
            Step(market=10, fate=Fate(reply="double late", event="lost")),
            Step(name="used", fate=Fate(reply="lost", event="lost")),
        ),
    ),
    "F1 a handle that ends undecided, for a replacement took its id: that is no wrong word": Plan(
        World(),
        (
            Step(act="submit", joins=False, name="own", market=4, fate=Fate(reply="lost", event="lost")),
            Step(act="replace", pause=1.0, joins=False, name="same", market=4),
        ),
    ),
    "F1 a handle whose caller went away ends undecided, for a later order took its id: that is no wrong word": Plan(
        World(key="ed25519", timeout=1.0, connections=2, list_renamed=False),
        (
            Step(act="submit", joins=False, fate=Fate(reply="fault", event="lost", view=2.0)),
            Step(act="leave", joins=False),
            Step(
                pause=1.0,
                joins=False,
                name="same",
                market=10,
                fate=Fate(executes=False, hold=0.8, reply="fault", event="lost", view=2.0),
            ),
        ),
    ),
    "F1 a handle that ended undecided: a later order of that id is not its own": Plan(
        World(),
        (
            Step(act="all", joins=False),
            Step(act="deaf", joins=False, path="dumb"),
            Step(act="submit", joins=False, fate=Fate(executes=False)),
            Step(name="used"),
        ),
    ),
    "F1 the order has filled, and a later order that was given its id stands in front of it": Plan(
        World(),
        (
            Step(market=10, fate=Fate(reply="lost", event="lost", view=2.0)),
            Step(name="used"),
        ),
    ),
    "F2 the engine's clock goes back ten minutes: an order looks older than its request, and explains its own duplicate": Plan(
        World(on_unknown="wait"),
        (
            Step(),
            Step(name="own", fate=Fate(reply="double late")),
            Step(act="jump", joins=False, amount=-600.0, path="engine"),
        ),
    ),
    "F20 a list in the name of another who was logged on then (the judge asked who is logged on now)": Plan(
        World(key="ed25519"),
        (
            Step(act="logon"),
            Step(act="oco"),
            Step(act="logon", path="own"),
        ),
    ),
    "F2 the engine's clock goes back ten minutes before a kill: half of what was done is told not placed": Plan(
        World(journal=True),
        (
            Step(),
            Step(act="jump", amount=-600.0, path="engine"),
            Step(act="replace"),
            Step(act="kill"),
        ),
    ),
    "F22 the reply is on its way when the connection goes silent: the judge must not call it answered": Plan(
        World(),
        (
            Step(joins=False),
            Step(act="deaf", joins=False, path="half"),
        ),
    ),
    "F2 node 25 s ahead on the way to the verdict: NOT_PLACED of an open order": Plan(
        World(connections=2, offsets=(0, 25000), order=(1, 0)), (Step(fate=Fate(reply="cut", view=2.0)),)
    ),
    "F2 the clocks jump by two days: NOT_PLACED of a list": Plan(
        World(),
        (
            Step(act="oco", fate=Fate(reply="cut", view=2.0)),
            Step(act="jump", amount=172800.0, path="all"),
        ),
    ),
    "F2 on_unknown='cancel', nodes that disagree": Plan(
        World(on_unknown="cancel", offsets=(-20000, 300), order=(0, 1)), (Step(fate=Fate(queue=9.5, reply="cut")),)
    ),
    "F2 gateway 25 s ahead of the engine: the handle stays IN_DOUBT for ever (accepted by event, refused by the handle's evidence)": Plan(
        World(offsets=(25000, 25000)), (Step(act="submit", fate=Fate(reply="late")),)
    ),
    "F2 the same: handle.cancel() never returns": Plan(
        World(offsets=(0, 25000), order=(1, 0)),
        (
            Step(act="submit", fate=Fate(reply="fault")),
            Step(act="handle-cancel"),
        ),
    ),
    "F2 cancel-all judged by times of two clocks: gateway 300 ms behind the engine, told ACCEPTED, both open": Plan(
        World(offsets=(-300, -20000)),
        (
            Step(),
            Step(),
            Step(act="all", fate=Fate(executes=False, reply="cut")),
        ),
    ),
    "F13 an open order that cannot be read: what became of a cancel of everything is never told": Plan(
        World(rows="broken"), (Step(act="all", fate=Fate(executes=False, reply="fault")),)
    ),
    "I5 gateway 25 s ahead of the engine: a fill whose event was lost is never told": Plan(
        World(follows=True, offsets=(25000, 0)), (Step(market=10, fate=Fate(event="lost")),)
    ),
    "I5 the same, a part of it": Plan(
        World(follows=True, offsets=(25000, 0)), (Step(market=4, fate=Fate(event="lost")),)
    ),
    "I5 the gateways' clocks jump while a view lags: a later fill makes the lost one count as settled": Plan(
        World(follows=True),
        (
            Step(market=10, fate=Fate(event="lost", view=5.5)),
            Step(act="jump", amount=25.0, path="01"),
            Step(market=10),
        ),
    ),
    "I5 the same where the gateway is ahead from the beginning": Plan(
        World(follows=True, offsets=(25000, 0)),
        (
            Step(market=10, fate=Fate(event="lost", view=5.5)),
            Step(market=10),
        ),
    ),
    "I5 the gateways' clocks jump by an hour before anything was traded: no lost fill is asked for": Plan(
        World(follows=True),
        (
            Step(act="jump", amount=3600.0, path="01"),
            Step(pause=30.0, market=10, fate=Fate(event="lost")),
        ),
    ),
    "I5 three looks at a fill are misled after all is healed: it is told a minute later (the judge was too early)": Plan(
        World(follows=True, offsets=(-20000, -300), order=(0, 1), questions=("fault", "late", "blank")),
        (
            Step(pause=5.0),
            Step(market=10, fate=Fate(event="lost", view=2.0)),
        ),
    ),
    "F12 reset, and the fill of the first new order is not told: a younger order with a lower number shows it": Plan(
        World(follows=True),
        (
            Step(market=10),
            Step(act="reset"),
            Step(market=10, fate=Fate(event="lost")),
        ),
    ),
    "F12 the same, and a look alone shows it": Plan(
        World(follows=True),
        (
            Step(market=10),
            Step(act="reset"),
            Step(fate=Fate(event="lost")),
            Step(act="wait", amount=15.0),
            Step(act="fill", fate=Fate(event="lost")),
        ),
    ),
    "I2 a handle's cancel before a reset: the judge must ask what there was until then": Plan(
        World(),
        (
            Step(act="submit"),
            Step(act="handle-cancel"),
            Step(act="reset"),
        ),
    ),
    "F19 another key logs on while a list waits for the engine: the venue must not take it for that key's": Plan(
        World(key="ed25519"),
        (
            Step(act="oco", joins=False, fate=Fate(queue=9.5, reply="double late")),
            Step(act="logon", joins=False),
        ),
    ),
    "F3 a stale view of the gateways, REST knows it: NOT_PLACED of an order that is there": Plan(
        World(rest=True),
        (
            Step(act="stale", path="ws"),
            Step(fate=Fate(reply="lost", event="lost")),
        ),
    ),
    "F3 the same after a kill": Plan(
        World(journal=True, rest=True),
        (
            Step(act="stale", path="ws"),
            Step(act="submit"),
            Step(act="kill"),
        ),
    ),
    "F3 the same, a list": Plan(
        World(rest=True),
        (
            Step(act="stale", path="ws"),
            Step(act="oco", fate=Fate(reply="cut", event="lost")),
        ),
    ),
    "F3 cancel-all: one empty answer": Plan(
        World(questions=("blank",)),
        (
            Step(),
            Step(act="all", fate=Fate(executes=False, reply="lost")),
        ),
    ),
    "F5 a gateway that executes, pongs, answers reads and never answers an order": Plan(
        World(),
        (
            Step(),
            Step(act="deaf", path="dumb"),
            Step(act="amend"),
            Step(act="cancel", pause=30.0),
        ),
    ),
    "F5 answers nothing but pongs": Plan(
        World(),
        (
            Step(act="deaf", path="mute"),
            Step(),
            Step(),
        ),
    ),
    "F5 swallows orders, answers reads": Plan(
        World(),
        (
            Step(act="deaf", path="swallow"),
            Step(),
            Step(),
        ),
    ),
    "F5 answers after 9.9 s": Plan(
        World(),
        (
            Step(act="deaf", path="slow"),
            Step(),
            Step(),
        ),
    ),
    "F6 a refused cancel as the first call, then no order goes out": Plan(
        World(journal=True),
        (
            Step(act="all"),
            Step(),
        ),
    ),
    "F11/F18 closed with a call in flight: the doubt is born after the desk has ended its tasks": Plan(
        World(), (Step(),), closes=True
    ),
    "F11/F18 the same: place_order never returns": Plan(World(on_unknown="wait"), (Step(),), closes=True),
    "F18 on_unknown='cancel': cancels go on after close()": Plan(
        World(on_unknown="cancel", rest=True), (Step(act="oco"),), closes=True
    ),
    "F11 two half-open connections are closed one after the other": Plan(
        World(),
        (
            Step(act="oco", pause=5.0, name="own", fate=Fate(reply="lost")),
            Step(act="deaf", pause=0.05, path="half"),
        ),
        closes=True,
    ),
    "F22 rateLimits null in every reply: the client does not start": Plan(World(odd_rows="null"), (Step(),)),
    "F22 a row with new words: likewise": Plan(World(odd_rows="unknown"), (Step(),)),
    "F22 odd advisory parts of a clear refusal: a doubt, not a refusal": Plan(
        World(), (Step(fate=Fate(executes=False, reply="odd")),)
    ),
    "F22 answered after its time, which ran while it waited for a connection that answers: a doubt (the judge was wrong)": Plan(
        World(timeout=1.0, follows=True),
        (
            Step(fate=Fate(queue=9.5)),
            Step(fate=Fate(hold=0.8)),
        ),
    ),
    "F22 the new order of a replacement called a duplicate: a doubt about this half alone (the judge was wrong)": Plan(
        World(timeout=10.0),
        (
            Step(act="submit"),
            Step(act="replace", fate=Fate(queue=9.5)),
            Step(joins=False, name="used"),
        ),
    ),
    "I4 a logon refused for a moment, just when a new connection logs on: no private call until the next one": Plan(
        World(key="ed25519", timeout=1.0),
        (
            Step(act="oco", fate=Fate(queue=1.0)),
            Step(act="logon", path="refused"),
        ),
    ),
    "F5 a question is lost beside an order, and the answer to the next question lets an order over the connection": Plan(
        World(on_unknown="cancel", questions=("lost", "ok")),
        (
            Step(act="submit", joins=False),
            Step(),
            Step(act="deaf", joins=False, path="dumb"),
        ),
    ),
    "I3 the first order after a wipe has the number of an earlier one: no verdict for two minutes, and then none": Plan(
        World(on_unknown="cancel"),
        (
            Step(act="reset"),
            Step(),
            Step(act="reset"),
            Step(fate=Fate(queue=9.5, reply="cut")),
        ),
    ),
    "I4 two nodes far apart, and a question that goes from one to the other: the client does not start": Plan(
        World(
            connections="split",
            journal=True,
            offsets=(25000, -300),
            order=(0, 1),
            questions=("cut", "blank", "cut", "lost"),
        ),
        (Step(act="kill"),),
    ),
    "I3 the same with a doubt: it is never settled": Plan(
        World(key="ed25519", timeout=1.0),
        (
            Step(act="oco", fate=Fate(queue=1.0, reply="double", view=5.5)),
            Step(act="logon", path="refused"),
        ),
    ),
    "I9 questions about trades of one order weigh 5, as documented (the venue here weighed 20)": Plan(
        World(connections="split", journal=True, follows=True, weight=400),
        (
            Step(act="submit", pause=5.0),
            Step(act="kill"),
            Step(pause=5.0),
            Step(act="submit", pause=30.0, market=4),
            Step(act="kill", pause=30.0),
        ),
    ),
    "F11 a handle's amendment is told made when the client was closed while it was under way": Plan(
        World(),
        (
            Step(act="submit"),
            Step(act="all", fate=Fate(queue=1.0, event="late", view=2.0)),
            Step(act="handle-amend", pause=5.0, joins=False),
        ),
        closes=True,
    ),
    "F1 a cancel by the id that the client's own cancel of the same order had given it before": Plan(
        World(timeout=1.0, on_unknown="cancel"),
        (
            Step(fate=Fate(queue=1.0)),
            Step(act="cancel", name="same", fate=Fate(reply="fault")),
        ),
    ),
    "F20 an order placed after another logged on, cancelled by its handle (the judge took the first name for its own)": Plan(
        World(),
        (
            Step(act="logon"),
            Step(act="submit"),
            Step(act="handle-cancel"),
        ),
    ),
    "I2 an id declared not placed, used again, and refused again: the first look again takes the second order for its own": Plan(
        World(weight=400),
        (
            Step(fate=Fate(executes=False, reply="double")),
            Step(pause=30.0, name="used"),
            Step(name="used", fate=Fate(reply="lost")),
        ),
    ),
    "F5 a connection that answered a placement with 503 has lost nothing (the judge was wrong)": Plan(
        World(),
        (
            Step(act="deaf", path="dumb"),
            Step(fate=Fate(reply="fault")),
            Step(act="cancel", pause=30.0),
        ),
    ),
    "I3 the id that a cancel of everything gave: another order is shown for two minutes (the judge was wrong)": Plan(
        World(),
        (
            Step(act="all", fate=Fate(hold=0.8, reply="fault")),
            Step(act="submit"),
            Step(act="submit", pause=5.0, name="same", fate=Fate(executes=False, reply="cut")),
        ),
    ),
    "I2 an id made here, called a duplicate, while the gateway's clock is days ahead: refused, for its order looks older": Plan(
        World(on_unknown="cancel"),
        (
            Step(joins=False),
            Step(act="jump", joins=False, amount=172800.0, path="0"),
            Step(fate=Fate(queue=9.5, reply="double", event="lost")),
        ),
    ),
    "I3 two gateways whose clocks are days apart: an amendment is undecided after two minutes (the judge was wrong)": Plan(
        World(connections="split", on_unknown="wait", order=(1, 0)),
        (
            Step(act="jump", amount=172800.0, path="1"),
            Step(),
            Step(act="amend", fate=Fate(reply="cut")),
            Step(act="amend", fate=Fate(reply="lost")),
        ),
    ),
    "I2 the venue was wiped while a cancel still waited for its verdict (the judge was wrong)": Plan(
        World(on_unknown="cancel", questions=("late", "fault", "fault", "cut")),
        (
            Step(act="submit", fate=Fate(queue=1.0, reply="cut", event="lost")),
            Step(act="reset"),
        ),
    ),
    "F11 a connection and its successor are both half-open: close() ended one after the other": Plan(
        World(timeout=1.0),
        (
            Step(fate=Fate(reply="late")),
            Step(pause=30.0),
            Step(fate=Fate(reply="late")),
            Step(act="deaf", pause=0.05, path="half"),
        ),
        closes=True,
    ),
    "I3 a cancel that is not written down, and a clock an hour back: recover() waited an hour": Plan(
        World(timeout=1.0, connections="split", on_unknown="cancel", journal=True, order=(0, 1)),
        (
            Step(act="submit", fate=Fate(reply="cut")),
            Step(act="oco", fate=Fate(executes=False, reply="lost")),
            Step(act="jump", joins=False, amount=3600.0, path="0"),
            Step(act="disk", joins=False, path="full"),
            Step(act="kill"),
        ),
    ),
    "F20 a logon that one of two connections heard was said to have failed, and orders went to the new account": Plan(
        World(key="ed25519", timeout=1.0, connections=2, follows=True),
        (
            Step(),
            Step(fate=Fate(reply="lost")),
            Step(act="logon", path="lost"),
            Step(act="all"),
        ),
    ),
    "F12 a wiped venue without user data: the fill of a number below the last settled one was never told": Plan(
        World(follows=True, order=(1, 0), opens=("swallow", "shy", "shy"), questions=("lost",)),
        (
            Step(act="submit", market=10, fate=Fate(reply="cut")),
            Step(act="jump", pause=5.0, amount=-1.5, path="1"),
            Step(act="reset"),
            Step(market=10),
        ),
    ),
    "I2 a cancel with the id that the venue gave to an order in a cancel of everything: it was said to have cancelled it": Plan(
        World(on_unknown="cancel"),
        (
            Step(),
            Step(act="all"),
            Step(act="cancel", name="same", fate=Fate(queue=9.5)),
        ),
    ),
    "I2 the same by a cancel-replace": Plan(
        World(),
        (
            Step(),
            Step(act="all"),
            Step(act="replace", name="used", fate=Fate(reply="cut")),
        ),
    ),
    "I6 balances of a view that lags, whose time is that of the answer, replaced those of an event until the next audit": Plan(
        World(on_unknown="cancel", follows=True, lags=(5.9, 5.9, 5.9)),
        (
            Step(joins=False, market=4, fate=Fate(queue=9.5, reply="unknown both late", event="late")),
            Step(act="leave", joins=False),
        ),
    ),
    "I2 a cancel of a list by the number of one order, told by the event of the other order, which took the id as well": Plan(
        World(timeout=10.0, follows=True),
        (
            Step(act="oco"),
            Step(act="unlist", by="leg", fate=Fate(queue=1.0, reply="late", event="late")),
        ),
    ),
    "I2 a list of which one order was filled in part and the other expired: its cancel under an own id was called not placed": Plan(
        World(on_unknown="wait"),
        (
            Step(act="oco"),
            Step(act="fill", pause=30.0),
            Step(act="unlist", name="own", fate=Fate(reply="fault")),
        ),
    ),
    "I2 a cancel of everything of another account that logged on (the judge was wrong)": Plan(
        World(),
        (
            Step(act="submit"),
            Step(act="logon"),
            Step(act="all", fate=Fate(reply="fault")),
        ),
    ),
    "I2 a cancel-replace that keeps the id of the order in doubt and gives it to the new one: the new one was shown": Plan(
        World(),
        (
            Step(pause=30.0, fate=Fate(reply="lost")),
            Step(act="replace", joins=False, name="used"),
        ),
    ),
    "I3 I9 a minute of little weight: a restart finds three lost cancels of a list, once the minute is over": Plan(
        World(on_unknown="cancel", journal=True, follows=True, opens=("sick", "sick", "sick"), weight=400),
        (
            Step(act="oco", pause=0.05, fate=Fate(reply="lost")),
            Step(joins=False, fate=Fate(reply="unknown both late")),
            Step(act="cancel", fate=Fate(reply="lost")),
            Step(act="kill", pause=30.0),
        ),
    ),
    "I2 a cancel of everything, the engine's clock an hour behind: our order that was sent after it is no older one": Plan(
        World(),
        (
            Step(act="jump", amount=3600.0, path="01"),
            Step(act="submit"),
            Step(act="all", fate=Fate(reply="cut")),
            Step(fate=Fate(reply="late")),
        ),
    ),
    "I6 the engine's clock is set back between a fill that was lost and the cancel: it is counted once": Plan(
        World(follows=True, offsets=(25000, 25000)),
        (
            Step(act="submit", market=4, fate=Fate(event="lost")),
            Step(act="handle-cancel"),
            Step(act="jump", joins=False, amount=-600.0, path="engine"),
        ),
    ),
    "I2 another account is logged on, and names the id of an order in doubt: its order is not the one in doubt": Plan(
        World(),
        (
            Step(fate=Fate(queue=9.5)),
            Step(act="logon"),
            Step(act="submit", name="same"),
        ),
    ),
    "I5 two resets, and one order between them: a gap tells that the second was noticed late": Plan(
        World(follows=True),
        (
            Step(act="reset"),
            Step(),
            Step(act="reset"),
            Step(market=10, fate=Fate(event="lost")),
        ),
    ),
    "I2 a second cancel of an order of a list, with the id that the first gave to both orders": Plan(
        World(on_unknown="cancel"),
        (
            Step(act="oco"),
            Step(act="cancel", by="leg", fate=Fate(queue=9.5, reply="lost")),
            Step(act="cancel", by="leg", name="same", fate=Fate(reply="unknown new late")),
        ),
    ),
    "I2 a list is cancelled with an id that the venue gave in a cancel of everything, whose reply was lost": Plan(
        World(),
        (
            Step(act="oco"),
            Step(act="all", fate=Fate(queue=9.5, reply="fault")),
            Step(pause=5.0),
            Step(act="unlist", pause=5.0, market=10, fate=Fate(queue=9.5)),
        ),
    ),
    "I2 I6 an id is named again whose first order ended undecided: the order that was seen with it is not the second": Plan(
        World(window=1000, on_unknown="wait", offsets=(-20000, -20000)),
        (
            Step(name="own", market=10, fate=Fate(reply="double")),
            Step(act="submit", name="same", fate=Fate(reply="cut", view=5.5)),
        ),
    ),
}
"""By what was told wrongly. The rules are those of docs/fence.md."""


@pytest.mark.parametrize("what", FOUND)
def test_a_plan_that_once_went_wrong_ends_well(what: str) -> None:
    report = live(FOUND[what])
    assert not report.violations, "\n" + script(FOUND[what], report.violations)
