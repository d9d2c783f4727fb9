// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { runInNewContext } from "node:vm";
import { Features, Layout, Rows, State } from "@mlcore/runtime";
import { openLoan, openShop, order, refusal } from "./support.mjs";

const shop = await openShop();
const orders = shop.features.stream("orders");
const request = (await openLoan()).features.request;

/** A layout with one nullable field of each type. */
const every = Features.parse(`features every version 1
input b: bool?  input i: i64?  input f: f64?  input s: string?  input t: timestamp?  input d: duration?
x = is_null(b)
y = is_null(i)
z = is_null(f)
u = is_null(s)
v = is_null(t)
w = is_null(d)
output [x, y, z, u, v, w]`).request;

test("fields have name, type and nullability", () => {
  assert.deepEqual(request.fields, [
    { name: "age", type: "i64", nullable: false },
    { name: "debt", type: "f64", nullable: true },
    { name: "income", type: "f64", nullable: false },
  ]);
  assert.equal(typeof request.id, "bigint");
});

test("a packed object is the row that the library makes of JSON", () => {
  const strings = [
    "",
    "ada",
    "Zoë",
    "日本",
    "😀",
    "a\0b",
    "x".repeat(100_000),
    "é".repeat(40),
    "😀".repeat(40),
  ];
  for (const customer of strings) {
    const at = "1998-01-01T01:00:00.123+01:00";
    const json = JSON.stringify({ customer, at, cds: -3, amount: 1e-300 });
    assert.deepEqual(
      orders.pack(order({ customer, at: new Date(at), cds: -3, amount: 1e-300 })),
      orders.fromJson(json),
    );
  }
});

test("extreme values are packed exactly", () => {
  const table = [
    [{ i: 2n ** 63n - 1n }, '{"i": 9223372036854775807}'],
    [{ i: -(2n ** 63n) }, '{"i": -9223372036854775808}'],
    [{ i: Number.MAX_SAFE_INTEGER }, '{"i": 9007199254740991}'],
    [{ i: Number.MIN_SAFE_INTEGER }, '{"i": -9007199254740991}'],
    [{ i: -1 }, '{"i": -1}'],
    [{ i: -0 }, '{"i": 0}'],
    [{ i: -4294967296 }, '{"i": -4294967296}'],
    [{ f: Number.MAX_VALUE, b: true }, '{"f": 1.7976931348623157e308, "b": true}'],
    [{ f: 2n ** 53n + 1n }, '{"f": 9007199254740992}'],
    [{ f: 2n ** 53n + 3n }, '{"f": 9007199254740996}'],
    [{ f: 5e-324, b: false }, '{"f": 5e-324, "b": false}'],
    [{ t: new Date("9999-12-31T23:59:59.999Z") }, '{"t": "9999-12-31T23:59:59.999Z"}'],
    [{ t: new Date("0001-01-01") }, '{"t": "0001-01-01"}'],
    [{ t: new Date(-1) }, '{"t": "1969-12-31T23:59:59.999Z"}'],
    [{ t: 883612800000001n }, '{"t": "1998-01-01T00:00:00.000001Z"}'],
    [{ s: null, f: undefined }, "{}"],
  ];
  for (const [values, json] of table)
    assert.deepEqual(every.pack(values), every.fromJson(json), json);
  every.check(every.pack({ d: -5n, f: Infinity }));
});

test("null may be null, undefined or absent, and NaN is null", () => {
  const whole = { age: 41, income: 1 };
  for (const debt of [null, undefined])
    assert.deepEqual(request.pack({ ...whole, debt }), request.pack(whole));
  request.check(request.pack({ ...whole, debt: NaN }));
  assert.equal(
    refusal(() => request.pack({ ...whole, income: NaN }), "null_not_allowed").column,
    2,
  );
});

test("fields come in any order, from prototypes and from getters", () => {
  const expected = request.pack({ age: 41, debt: 2, income: 1 });
  class Applicant {
    income = 1;
    debt = 2;
    get age() {
      return 41;
    }
  }
  for (const values of [
    { income: 1, debt: 2, age: 41 },
    new Applicant(),
    Object.assign(Object.create(null), { debt: 2, age: 41, income: 1 }),
  ]) {
    assert.deepEqual(request.pack(values), expected);
  }
});

test("what a field does not take is refused with its column", () => {
  const table = [
    [{ customer: 7 }, "type_mismatch", 0],
    [{ customer: new String("ada") }, "type_mismatch", 0],
    [{ customer: Buffer.from("ada") }, "type_mismatch", 0],
    [{ customer: "\ud800" }, "invalid_utf8", 0],
    [{ customer: "\udc00\ud800" }, "invalid_utf8", 0],
    [{ customer: "a".repeat(100) + "\udfff" }, "invalid_utf8", 0],
    [{ customer: null }, "null_not_allowed", 0],
    [{ customer: undefined }, "null_not_allowed", 0],
    [{ at: 883612800000 }, "type_mismatch", 1],
    [{ at: 883612800.5 }, "type_mismatch", 1],
    [{ at: "1998-01-01" }, "type_mismatch", 1],
    [{ at: new Date(NaN) }, "invalid_timestamp", 1],
    [{ at: 2n ** 63n }, "invalid_timestamp", 1],
    [{ at: Object.create(Date.prototype) }, "type_mismatch", 1],
    [{ at: { getTime: () => 0 } }, "type_mismatch", 1],
    [{ cds: 1.5 }, "type_mismatch", 2],
    [{ cds: NaN }, "type_mismatch", 2],
    [{ cds: true }, "type_mismatch", 2],
    [{ cds: "1" }, "type_mismatch", 2],
    [{ cds: 2 ** 53 }, "invalid_number", 2],
    [{ cds: 2n ** 63n }, "invalid_number", 2],
    [{ cds: -(2n ** 63n) - 1n }, "invalid_number", 2],
    [{ amount: 2n ** 63n }, "invalid_number", 3],
    [{ amount: true }, "type_mismatch", 3],
    [{ amount: "2" }, "type_mismatch", 3],
    [{ amount: [] }, "type_mismatch", 3],
    [{ amount: Symbol("x") }, "type_mismatch", 3],
    [{ amount: () => 1 }, "type_mismatch", 3],
  ];
  for (const [changes, reason, column] of table) {
    assert.equal(
      refusal(() => orders.pack(order(changes)), reason, "INVALID_ARGUMENT").column,
      column,
    );
  }
  for (const d of [1, 1.5, new Date(0), "1d"]) refusal(() => every.pack({ d }), "type_mismatch");
  refusal(() => every.pack({ d: 2n ** 63n }), "invalid_number");
  for (const b of [0, 1, "true", 1n]) refusal(() => every.pack({ b }), "type_mismatch");
});

test("missing and unknown fields are named", () => {
  const { amount, ...rest } = order();
  assert.equal(refusal(() => orders.pack(rest), "missing_column").column, 3);
  assert.match(refusal(() => orders.pack(order({ tax: 1 })), "unknown_column").message, /"tax"/);
  refusal(() => orders.pack(order({ "\ud800": 1 })), "unknown_column");
  for (const nothing of [
    null,
    undefined,
    41,
    "text",
    [order()],
    () => order(),
    new Map(),
    Promise.resolve(order()),
  ]) {
    refusal(() => orders.pack(nothing), "type_mismatch");
  }
});

test("a field named as what every object inherits is absent until it is given", () => {
  const layout = Features.parse(
    "features odd version 1\ninput constructor: f64?\ninput __proto__: f64?\nx = is_null(constructor)\ny = is_null(__proto__)\noutput [x, y]",
  ).request;
  assert.deepEqual(layout.pack({}), layout.fromJson("{}"));
  assert.deepEqual(layout.pack({ constructor: 2 }), layout.fromJson('{"constructor": 2}'));
  const json = '{"__proto__": 2}';
  assert.deepEqual(layout.pack(JSON.parse(json)), layout.fromJson(json));
});

test("a Date of another realm is an instant, whatever its methods are", () => {
  const at = runInNewContext("new Date(883612800000)");
  at.getTime = () => 0;
  assert.deepEqual(orders.pack(order({ at })), orders.pack(order()));
});

test("what getters and proxies throw comes through", () => {
  const thrown = new RangeError("mine");
  const hostile = [
    Object.defineProperty(order(), "cds", {
      get() {
        throw thrown;
      },
      enumerable: true,
    }),
    new Proxy(order(), {
      ownKeys() {
        throw thrown;
      },
    }),
    new Proxy(order(), {
      get() {
        throw thrown;
      },
    }),
  ];
  for (const values of hostile)
    assert.throws(
      () => orders.pack(values),
      (error) => error === thrown,
    );
});

test("a getter that packs another row changes neither", () => {
  const inner = order({ customer: "inner", amount: 1 });
  const outer = order({ customer: "outer" });
  const expected = [orders.pack(outer), orders.pack(inner)];
  let packed;
  Object.defineProperty(outer, "amount", {
    get() {
      packed = orders.pack(inner);
      return 20.5;
    },
    enumerable: true,
  });
  assert.deepEqual([orders.pack(outer), packed], expected);
});

test("a Date whose prototype packs another row changes neither", () => {
  const layout = shop.features.stream("orders");
  const at = new Date("1998-01-01");
  const getPrototypeOf = () => {
    layout.pack({ customer: "b".repeat(5000), at: 0n, cds: 7, amount: 7 });
    return Date.prototype;
  };
  const row = { customer: "ada", at, cds: 1, amount: 2 };
  const expected = layout.pack(row);
  Object.setPrototypeOf(at, new Proxy({}, { getPrototypeOf }));
  assert.deepEqual(layout.pack(row), expected);
});

test("times are within the years 1 to 9999", () => {
  const layout = shop.features.stream("orders");
  const [first, last] = [-62_135_596_800_000_000n, 253_402_300_799_999_999n];
  const endOf9999 = new Date("9999-12-31T23:59:59.999Z");
  for (const at of [first, last, new Date(Number(first / 1000n)), endOf9999]) {
    layout.check(layout.pack(order({ at })));
    new State(shop.features, { completeFrom: at, lateness: 0n }).expire(at);
  }
  const refused = [first - 1n, last + 1n, 8_640_000_000_000_000_000n, 2n ** 63n];
  for (const at of [
    ...refused,
    ...[first / 1000n - 1n, last / 1000n + 1n, 8.64e15].map((millis) => new Date(Number(millis))),
  ]) {
    assert.equal(refusal(() => layout.pack(order({ at })), "invalid_timestamp").column, 1);
    refusal(() => new State(shop.features).ingest("orders", [order({ at })]), "invalid_timestamp");
    refusal(() => new State(shop.features, { completeFrom: at }), "invalid_timestamp");
    refusal(() => new State(shop.features, { lateness: 0n }).expire(at), "invalid_timestamp");
  }
});

test("what is no row is told by what it is", () => {
  const kinds = [
    [[1, 2], "an array"],
    [new Map(), "a Map"],
    [null, "null"],
    [7, "number"],
  ];
  for (const [values, kind] of kinds) {
    assert.equal(
      refusal(() => request.pack(values)).message,
      `row: expected an object, found ${kind}`,
    );
  }
});

test("an object that has its values elsewhere is no row, also where each field may be null", () => {
  const { request } = Features.parse("features f version 1\ninput a: f64?\ny = a\noutput [y]");
  const others = [new Set([1]), new URLSearchParams("a=1"), new Date(), new ArrayBuffer(8)];
  for (const other of [
    ...others,
    new Rows(request),
    new (class {
      #a = 1;
    })(),
  ]) {
    refusal(() => request.pack(other), "type_mismatch");
  }
  const given = new (class {
    get a() {
      return undefined;
    }
  })();
  for (const row of [{}, Object.create(null), given]) assert.equal(request.pack(row).length, 24);
  const rows = new Rows(shop.features.stream("orders"), [order()]);
  const asked = { customer: "ada", as_of: new Date("1998-01-02") };
  for (const events of [rows, new Set([order()])]) {
    refusal(() => shop.context().predictEvents(asked, events), "type_mismatch");
  }
});

test("packed rows whose length is defined anew are as long as they are", () => {
  const layout = shop.features.stream("orders");
  for (const length of [NaN, -5, 1, "5", 2 ** 53]) {
    const row = Object.defineProperty(layout.pack(order()), "length", { value: length });
    const rows = new Rows(layout, [row, order({ customer: "bob" })]);
    assert.equal(new State(shop.features).ingest("orders", rows).accepted, 2);
  }
});

test("rows take objects and packed rows, and keep what went before a refusal", () => {
  const rows = new Rows(orders, [order()]);
  refusal(() => rows.append(order({ cds: 1.5 })), "type_mismatch");
  assert.equal(rows.append(orders.pack(order())).append(order()).length, 3);
  for (let i = 0; i < 1000; ++i) rows.append(order({ customer: "c".repeat(i) }));
  assert.equal(rows.length, 1003);
  refusal(() => new Rows({}), "type_mismatch");
  refusal(() => new Rows(null), "type_mismatch");
});

test("JSON and packed bytes are checked", () => {
  refusal(() => request.fromJson("{"), "malformed_json");
  refusal(() => request.fromJson('{"age": 1}'), "missing_column");
  refusal(() => request.fromJson('"\ud800"'), "invalid_utf8");
  refusal(() => request.fromJson(new String("{}")), "type_mismatch");
  refusal(() => request.check(new Uint8Array(3)), "malformed_row");
  refusal(() => request.check(orders.pack(order())), "layout_mismatch");
  refusal(() => request.check("text"), "type_mismatch");
});

test("a huge string is packed, and one that is spoilt at its end is refused", () => {
  const huge = "x".repeat(2 ** 26);
  const row = orders.pack(order({ customer: huge }));
  assert.equal(row.length, 48 + huge.length);
  orders.check(row);
  refusal(() => orders.pack(order({ customer: `${huge}\ud800` })), "invalid_utf8");
});

test("classes are not made by hand", () => {
  assert.throws(() => new Layout(), TypeError);
  assert.throws(() => new Features(), TypeError);
});
