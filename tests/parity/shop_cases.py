# SPDX-License-Identifier: Apache-2.0
"""Events: their order, ties, duplicates, lateness, limits, and the windows that are read from them."""
import pathlib
import random

from tags import DAY, FIRST_MICROS, LAST_MICROS, NAN, NULL, at, bits, boolean, f64, i64, micros, string, utf16

DEFINITION = (pathlib.Path(__file__).parent / "shop.features").read_text(encoding="utf-8")
AS_OF = at("1998-01-01")


def order(customer, time, line=1, amount=0.0, note=None):
    return {"customer": string(customer), "at": time, "line": i64(line), "amount": f64(amount),
            "note": NULL if note is None else string(note)}


def visit(customer, time, seen, seconds=None, bot=None):
    return {"customer": string(customer), "at": time, "seen": seen, "seconds": NULL if seconds is None else i64(seconds),
            "bot": NULL if bot is None else boolean(bot)}


ORDERS = [
    order("ada", at("1997-06-01"), 1, 9.25, "card"), order("ada", at("1997-10-05"), 1, 0.1),
    order("ada", at("1997-11-20"), 2, 0.2, "gift"), order("ada", at("1997-11-20"), 1, 0.7, "gift"),
    order("ada", at("1997-12-24T18:00:00"), 1, 29.99), order("ada", at("1997-12-28"), 1, 51.5, "gift"),
    order("ada", at("1997-12-31T12:00:00"), 1, 12.5), order("ada", at("1998-01-01"), 1, 1000.0),
    order("bob", at("1997-12-26"), 1, 0.25), order("Zoë", at("1969-07-20"), 1, 19.69),
]
VISITS = [
    visit("ada", at("1997-12-30T10:00:00"), at("1997-12-30T10:00:00"), 30, False),
    visit("ada", at("1997-12-31T23:59:59.999999"), at("1998-01-02"), 40, False),  # known after the request
    visit("ada", at("1997-12-25T00:00:00"), at("1997-12-25T00:00:01"), None, True),
    visit("ada", at("1997-12-25T00:00:00"), at("1997-12-25T00:00:01"), 5, None),
    visit("bob", at("1997-01-01"), at("1997-01-01"), 2**62, False), visit("bob", at("1997-01-02"), at("1997-01-02"), 2**62, False),
]
EVENTS = {"orders": ORDERS, "visits": VISITS}


def shuffled(events, seed):
    generator = random.Random(seed)
    return {stream: generator.sample(rows, len(rows)) for stream, rows in events.items()}


def report(accepted=0, late=0, duplicate=0, conflict=0, invalid=0, replayed=0):
    return {"accepted": accepted, "late": late, "duplicate": duplicate, "conflict": conflict, "invalid": invalid,
            "replayed": replayed}


def state(events=None, counts=None, **options):
    made = {"events": EVENTS if events is None else events}
    if options:
        made["options"] = {name: str(value) for name, value in options.items()}
    return {**made, "report": counts} if counts else made


def request(customer="ada", as_of=AS_OF, **more):
    return {"customer": string(customer), "as_of": as_of, **more}


def shop(name, call, output=None, **members):
    case = {"name": name, "artifact": "shop", "call": call}
    if output:
        case["context"] = {"output": output}
    return {**case, **members}


def whose(events, customer):
    return {stream: [row for row in rows if row["customer"] == string(customer)] for stream, rows in events.items()}


def windows():
    full = report(accepted=len(ORDERS) + len(VISITS))
    for customer in ("ada", "bob", "Zoë", "nobody", ""):
        row = request(customer, limit=f64(50.0))
        for output in ("prediction", "margin", "features"):
            yield shop(f"{customer or 'the empty key'} at 1998: {output}", "at", output, state=state(counts=full), row=row)
        yield shop(f"{customer or 'the empty key'} from a snapshot", "restored", "features", state=state(), row=row)
        yield shop(f"{customer or 'the empty key'}, events brought", "events", "features",
                   events=whose(EVENTS, customer), row=row)
    for seed in range(5):
        yield shop(f"events shuffled by {seed}", "at", "features", state=state(shuffled(EVENTS, seed), full), row=request())
        yield shop(f"events shuffled by {seed}, from a snapshot", "restored", "margin",
                   state=state(shuffled(EVENTS, seed), full), row=request())
        yield shop(f"events shuffled by {seed}, brought", "events", "margin",
                   events=shuffled(whose(EVENTS, "ada"), seed), row=request())


def moments():
    for time in ("1997-11-20", "1997-11-20T00:00:00.000001", "1997-12-25", "1997-12-29T00:00:00", "1998-01-01T00:00:00.000001",
                 "1998-01-02", "1998-04-01", "1969-07-20T00:00:00.000001"):
        yield shop(f"ada at {time}", "at", "features", state=state(), row=request(as_of=at(time)))
    yield shop("as of the last microsecond of year 9999", "at", "features", state=state(), row=request(as_of=micros(LAST_MICROS)))
    yield shop("as of the first microsecond of year 1", "at", "features", state=state(), row=request(as_of=micros(FIRST_MICROS)))
    yield shop("before 1970", "at", "features", state=state(), row=request("Zoë", at("1969-08-01")))
    extremes = [order("ada", micros(FIRST_MICROS), 1, 1.0), order("ada", micros(LAST_MICROS), 1, 2.0)]
    yield shop("events at the limits of time", "at", "features", state=state({"orders": extremes}, report(accepted=2)),
               row=request(as_of=micros(LAST_MICROS)))


def odd_events():
    twice = [ORDERS[0], ORDERS[0], {**ORDERS[0], "amount": f64(9.5)}, {**ORDERS[0], "line": i64(2)}]
    for seed in range(3):
        yield shop(f"duplicates and a conflict, shuffled by {seed}", "at", "features",
                   state=state(shuffled({"orders": twice}, seed)), row=request())
    yield shop("duplicates are counted", "at", "features", row=request(),
               state=state({"orders": twice}, report(accepted=2, duplicate=1, conflict=1)))
    yield shop("equal visits are two events", "at", "features", row=request(),
               state=state({"visits": [VISITS[2], VISITS[2]]}, report(accepted=2)))
    late = [order("ada", at("1997-12-31"), 1, 1.0), order("ada", at("1997-12-29T23:59:59.999999"), 1, 2.0),
            order("ada", at("1997-12-30"), 1, 4.0), order("bob", at("1990-01-01"), 1, 8.0)]
    yield shop("an event past the lateness is late", "at", "features", row=request(),
               state=state({"orders": late}, report(accepted=3, late=1), lateness=DAY))
    yield shop("late events from a snapshot", "restored", "features", row=request(),
               state=state({"orders": late}, report(accepted=3, late=1), lateness=DAY))
    odd = [order("ada", at("1997-12-31T13:00:00"), 1, -0.0), order("ada", at("1997-12-31T14:00:00"), -2**63, 5e-324, ""),
           order("ada", at("1997-12-31T15:00:00"), 2**63 - 1, 1e308, "a\0b"), order("ada", at("1997-12-31T16:00:00"), 0, 1e308, "Zoë")]
    yield shop("extreme numbers in events", "at", "features", state=state({"orders": odd}, report(accepted=4)), row=request())
    keys = ["a\0b", "a", "\U0001f600", "constructor", "__proto__", "Zoe\u0308"]
    named = [order(key, at("1997-12-31"), 1, float(number)) for number, key in enumerate(keys, start=1)]
    for number, key in enumerate(keys):
        yield shop(f"key {number} of the odd ones", "at", "features", state=state({"orders": named}, report(accepted=6)), row=request(key))
    yield shop("a sum whose order decides the bits", "at", "features", row=request(), state=state({"orders": [
        order("ada", micros(883612800000000 - 3_600_000_000 * (hour + 1)), 1, 0.1 * (hour % 7)) for hour in range(100)]}))


def refusals():
    bad = ORDERS[:2]
    yield shop("a row without its state", "row", row=request())
    yield shop("json without its state", "json", json='{"customer": "ada", "as_of": "1998-01-01"}')
    yield shop("numbers without a state", "numbers", values=[bits(1.0)] * 3, width="f64")
    yield shop("as_of is missing", "at", state=state(), row={"customer": string("ada")})
    yield shop("a null key", "at", state=state(), row=request(customer="ada", limit=NULL) | {"customer": NULL})
    yield shop("a key with a lone surrogate", "at", state=state(), row=request() | {"customer": utf16(0xD800)})
    for field, value in (("amount", f64(NAN)), ("amount", string("1")), ("customer", NULL), ("at", NULL), ("note", utf16(0xDC00)),
                         ("line", boolean(True)), ("line", i64(2**63)), ("colour", string("red"))):
        yield shop(f"an event that can't be packed: {field} {value}", "at", row=request(),
                   state={"events": {"orders": [ORDERS[0], {**ORDERS[1], field: value}]}})
    yield shop("the second key is one too many", "at", state=state({"orders": [ORDERS[0], ORDERS[8]]}, max_keys=1), row=request())
    yield shop("the memory is full", "at", state=state({"orders": bad}, max_bytes=1), row=request())
    yield shop("a negative lateness", "at", state=state({"orders": bad}, lateness=-1), row=request())
    yield shop("a window before the complete history", "at", row=request(),
               state=state({"orders": bad}, complete_from=883612800000000 - 10 * DAY))
    yield shop("a window after the complete history", "at", "features", row=request(),
               state=state({"orders": bad}, complete_from=FIRST_MICROS))
    forgotten = {**state(lateness=DAY), "expire": AS_OF["micros"]}
    yield shop("as_of is no longer retained", "at", row=request(as_of=at("1997-01-01")), state=forgotten)
    yield shop("what is forgotten is not missed", "at", "features", row=request(), state=forgotten)
    yield shop("what is forgotten is not missed, from a snapshot", "restored", "features", row=request(), state=forgotten)
    yield shop("expire without a lateness", "at", row=request(), state={**state(), "expire": AS_OF["micros"]})
    yield shop("events of another key are brought", "events", events={"orders": [ORDERS[8]]}, row=request())
    yield shop("no event is brought", "events", "features", events={}, row=request())


OTHER = "features other version 1\nstream orders(customer: string key, at: timestamp event)\nn = count() over orders lifetime\noutput [n]\n"


def sources():
    yield shop("a state of a definition with the same streams", "at", "features", row=request(),
               state={**state(), "definition": DEFINITION})
    yield shop("a state of other streams", "at", row=request(), state={"definition": OTHER, "events": {}})
    again = {"source": "p0", "offset": "7", "times": 2}
    yield shop("a batch delivered twice is taken once", "at", "features", row=request(),
               state={"events": {"orders": ORDERS}, "from": again, "report": report(accepted=len(ORDERS), replayed=len(ORDERS))})
    yield shop("the same source with a second stream at the same offset", "at", "features", row=request(),
               state={"events": EVENTS, "from": {**again, "times": 1}})
    yield shop("a source with the least offset", "at", "features", row=request(), state={
        "events": {"orders": ORDERS}, "from": {"source": "", "offset": str(-2**63), "times": 1}})
    yield shop("a batch delivered twice without a source is taken twice", "at", "features", row=request(),
               state=state({"visits": VISITS + VISITS}, report(accepted=2 * len(VISITS))))
    for damage in ({"truncate": 0}, {"truncate": 7}, {"truncate": 100}, {"offset": 0, "xor": 1}, {"offset": 12, "xor": 4},
                   {"offset": 60, "xor": 128}, {"offset": 200, "xor": 1}):
        yield shop(f"a damaged snapshot: {damage}", "restored", state=state(), damage=damage, row=request())


def rounds():
    for first in (0, 2):
        case = shop(f"ada from round {first} on", "at", "margin", state=state(), row=request())
        case["context"]["iterations"] = [first, 0]
        yield case
    yield shop("leaves from a state", "at", "leaf", state=state(), row=request())
    yield shop("leaves of a batch from a state", "batch_at", "leaf", state=state(), rows=[request(), request("bob")])
    yield shop("a regressor has no class", "at", "class", state=state(), row=request())


def batches():
    rows = [request("ada", limit=f64(50.0)), request("bob"), request("nobody"), request("ada", at("1997-12-25")),
            request("Zoë", limit=NULL)]
    for output in ("prediction", "margin", "features"):
        yield shop(f"a batch of requests: {output}", "batch_at", output, state=state(), rows=rows)
        yield shop(f"a batch of 70 requests crosses a tile: {output}", "batch_at", output, state=state(), rows=rows * 14)
    yield shop("an empty batch of requests", "batch_at", "features", state=state(), rows=[])
    yield shop("the third request's key is null", "batch_at", state=state(), rows=[*rows[:2], rows[2] | {"customer": NULL}])
    yield {"name": "features of a text", "call": "features", "definition": DEFINITION, "state": state(), "rows": rows}
    yield {"name": "features of a text without streams", "call": "features", "rows": [{"x": f64(0.5)}, {"x": NULL}, {}],
           "definition": "features f version 1\ninput x: f64?\ny = ln1p(x)\noutput [y, x]\n"}
    yield {"name": "features of a text whose state is not given", "call": "features", "definition": DEFINITION, "rows": rows}
    yield {"name": "features of a text that is not fitted", "call": "features", "rows": [{"x": f64(0.5)}],
           "definition": "features f version 1\ninput x: f64\ny = fit standard_scale(x)\noutput [y]\n"}


def cases():
    for make in (windows, moments, odd_events, refusals, sources, rounds, batches):
        yield from make()
