// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.util.AbstractMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

class RowsTest {
    record Order(String customer, Instant at, long cds, double amount) {}

    record Person(Integer age, Double debt, float income) {}

    private static Model shop;
    private static Model loan;
    private static Features every;
    private static Layout orders;
    private static Layout person;

    @BeforeAll
    static void open() {
        shop = Fixtures.shop();
        loan = Fixtures.loan();
        every = Features.parse(Fixtures.EVERY_TYPE);
        orders = shop.features().stream("orders");
        person = loan.features().request();
    }

    @AfterAll
    static void close() {
        shop.close();
        loan.close();
        every.close();
    }

    private static Map<String, Object> everyValue(String field, Object value) {
        final Map<String, Object> row =
                new HashMap<>(
                        Map.of(
                                "flag",
                                true,
                                "whole",
                                7,
                                "real",
                                0.5,
                                "text",
                                "Zoë",
                                "at",
                                Fixtures.NEW_YEAR,
                                "took",
                                Duration.ZERO));
        row.put(field, value);
        return row;
    }

    @Test
    void fieldsHaveNameTypeAndNullability() {
        assertEquals(
                List.of(
                        new Field("age", Type.I64, false),
                        new Field("debt", Type.F64, true),
                        new Field("income", Type.F64, false)),
                person.fields());
        assertEquals(1, person.index("debt"));
        Fixtures.refused(Code.NOT_FOUND, Reason.UNKNOWN_COLUMN, () -> person.index("agee"));
        Fixtures.invalid(Reason.NULL_POINTER, () -> person.index(null));
        assertNotEquals(orders.id(), person.id());
    }

    @Test
    void everyWayOfPackingGivesTheRowOfTheJson() {
        final byte[] expected =
                orders.fromJson(
                        "{\"customer\": \"Zo\\u00eb \\ud83d\\ude00\", \"at\":"
                                + " \"1998-01-01T01:00:00.000001+01:00\", \"cds\": -3, \"amount\":"
                                + " 1e-300}");
        final Instant at = Fixtures.NEW_YEAR.plusNanos(1999); // floored
        final String name = "Zoë \uD83D\uDE00";
        assertArrayEquals(
                expected,
                orders.pack(Map.of("customer", name, "at", at, "cds", -3, "amount", 1e-300)));
        assertArrayEquals(expected, orders.pack(new Order(name, at, -3, 1e-300)));
        final RowWriter row = orders.writer();
        assertArrayEquals(
                expected,
                row.set("amount", 1e-300)
                        .set("customer", name)
                        .set("cds", -3)
                        .set("at", at)
                        .toBytes());
        assertArrayEquals(expected, row.toBytes(), "a row may be taken again");
        assertArrayEquals(
                expected,
                row.set(0, name).set(1, at).set(2, -3).set(3, 1e-300).toBytes(),
                "and the next one begins");
        orders.check(expected);
    }

    @Test
    void aNullableFieldMayBeAbsentOrNull() {
        final byte[] expected = person.fromJson("{\"age\": 41, \"income\": 1}");
        final Map<String, Object> withNull = new HashMap<>(Map.of("age", 41L, "income", 1.0));
        withNull.put("debt", null);
        assertArrayEquals(expected, person.pack(withNull));
        assertArrayEquals(expected, person.pack(Map.of("age", (byte) 41, "income", 1)));
        assertArrayEquals(expected, person.pack(new Person(41, null, 1f)));
        assertArrayEquals(
                expected, person.writer().set("age", 41).setNull(1).set("income", 1).toBytes());
        final RowWriter row = person.writer().set("debt", 2.0);
        assertArrayEquals(expected, row.setNull(1).set("age", 41).set("income", 1.0).toBytes());
    }

    @Test
    void aRowWithoutAFieldThatItNeedsIsRefused() {
        assertEquals(
                0, Fixtures.invalid(Reason.MISSING_COLUMN, () -> person.pack(Map.of())).column());
        assertEquals(
                2,
                Fixtures.invalid(Reason.MISSING_COLUMN, () -> person.pack(Map.of("age", 1)))
                        .column());
        final RowWriter row = person.writer().set("age", 1);
        assertEquals(2, Fixtures.invalid(Reason.MISSING_COLUMN, row::toBytes).column());
        assertEquals(40, row.set("income", 1).toBytes().length);
        Fixtures.invalid(Reason.MISSING_COLUMN, () -> person.writer().toBytes());
        record Age(int age) {}
        Fixtures.invalid(Reason.MISSING_COLUMN, () -> person.pack(new Age(3)));
    }

    @Test
    void aFieldThatTheLayoutDoesNotHaveIsRefused() {
        final MlcoreException error =
                Fixtures.invalid(
                        Reason.UNKNOWN_COLUMN,
                        () -> person.pack(Map.of("age", 1, "income", 1, "agee", 2)));
        assertTrue(error.getMessage().contains("agee"));
        Fixtures.invalid(Reason.UNKNOWN_COLUMN, () -> person.writer().set("agee", 2));
        Fixtures.invalid(Reason.UNKNOWN_COLUMN, () -> person.writer().set((String) null, 2));
        final Map<String, Object> nullKey = new HashMap<>(Map.of("age", 1, "income", 1));
        nullKey.put(null, 1);
        Fixtures.invalid(Reason.UNKNOWN_COLUMN, () -> person.pack(nullKey));
        record Other(int age, double income, int agee) {}
        Fixtures.invalid(Reason.UNKNOWN_COLUMN, () -> person.pack(new Other(1, 2, 3)));
        for (final int field : new int[] {-1, 3, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            Fixtures.refused(
                    Code.OUT_OF_RANGE, Reason.INVALID_INDEX, () -> person.writer().set(field, 1));
            Fixtures.refused(
                    Code.OUT_OF_RANGE, Reason.INVALID_INDEX, () -> person.writer().setNull(field));
        }
    }

    @Test
    void aMapThatDoesNotFindItsOwnNamesIsRefused() {
        final Map<String, Object> row = new java.util.IdentityHashMap<>();
        person.fields().forEach(field -> row.put(field.name(), 1));
        person.pack(row);
        row.remove("debt");
        row.put(new String("debt"), 2.0);
        row.remove(person.fields().get(1).name());
        Fixtures.invalid(Reason.UNKNOWN_COLUMN, () -> person.pack(row));
    }

    @Test
    void numbersThatWereNotSetAreNull() {
        try (Context context = loan.context()) {
            Fixtures.invalid(Reason.NULL_NOT_ALLOWED, context::predictValues);
        }
    }

    @Test
    void aValueOfAnotherTypeIsRefused() {
        final Map<String, List<Object>> wrong =
                Map.of(
                        "flag", List.of(1, "true", 0.0),
                        "whole",
                                List.of(
                                        1.0,
                                        1f,
                                        "1",
                                        true,
                                        'a',
                                        new BigDecimal(1),
                                        Fixtures.NEW_YEAR),
                        "real", List.of("1", true, Duration.ZERO),
                        "text", List.of(1, 'a', new StringBuilder("a"), new byte[1]),
                        "at",
                                List.of(
                                        0,
                                        1.5,
                                        "1998-01-01",
                                        LocalDateTime.of(1998, 1, 1, 0, 0),
                                        new java.util.Date(0)),
                        "took", List.of(5, "5m", Fixtures.NEW_YEAR));
        final Layout layout = every.request();
        wrong.forEach(
                (field, values) ->
                        values.forEach(
                                value -> {
                                    final MlcoreException error =
                                            Fixtures.invalid(
                                                    Reason.TYPE_MISMATCH,
                                                    () -> layout.pack(everyValue(field, value)));
                                    assertEquals(layout.index(field), error.column());
                                    assertTrue(
                                            error.getMessage()
                                                    .startsWith(
                                                            "column \"" + field + "\": expected "),
                                            error.getMessage());
                                }));
        final RowWriter row = layout.writer();
        Fixtures.invalid(Reason.TYPE_MISMATCH, () -> row.set("whole", 1.0));
        Fixtures.invalid(Reason.TYPE_MISMATCH, () -> row.set("flag", 1));
        Fixtures.invalid(Reason.TYPE_MISMATCH, () -> row.set("real", true));
        Fixtures.invalid(Reason.TYPE_MISMATCH, () -> row.set("at", "1998-01-01"));
        Fixtures.invalid(Reason.TYPE_MISMATCH, () -> row.set("text", Fixtures.NEW_YEAR));
        Fixtures.invalid(Reason.TYPE_MISMATCH, () -> row.set("at", Duration.ZERO));
    }

    @Test
    void nullWhereNoneIsAllowedIsRefused() {
        final Layout layout = every.request();
        for (final String field : List.of("flag", "whole", "text", "at", "took")) {
            final MlcoreException error =
                    Fixtures.invalid(
                            Reason.NULL_NOT_ALLOWED, () -> layout.pack(everyValue(field, null)));
            assertEquals(layout.index(field), error.column());
        }
        Fixtures.invalid(Reason.NULL_NOT_ALLOWED, () -> layout.writer().set("text", (String) null));
        Fixtures.invalid(Reason.NULL_NOT_ALLOWED, () -> layout.writer().set("at", (Instant) null));
        Fixtures.invalid(
                Reason.NULL_NOT_ALLOWED, () -> layout.writer().set("took", (Duration) null));
        Fixtures.invalid(
                Reason.NULL_NOT_ALLOWED, () -> person.pack(Map.of("age", 1, "income", Double.NaN)));
        Fixtures.invalid(Reason.NULL_POINTER, () -> person.pack((Map<String, ?>) null));
        Fixtures.invalid(Reason.NULL_POINTER, () -> person.pack((Record) null));
    }

    @Test
    void everyTypeArrives() {
        final Rows rows =
                new Rows(every.request())
                        .add(everyValue("real", null))
                        .add(everyValue("flag", false))
                        .add(everyValue("took", Duration.ofMinutes(5)))
                        .add(everyValue("at", Fixtures.NEW_YEAR.minusNanos(1)))
                        .add(everyValue("whole", Long.MIN_VALUE))
                        .add(everyValue("text", "Zoe\u0308"));
        final double nan = Double.NaN;
        assertArrayEquals(
                new double[] {
                    1, 7, nan, 1, 0, 1, //
                    0, 7, 0.5, 1, 0, 1, //
                    1, 7, 0.5, 1, 0, 0, //
                    1, 7, 0.5, 1, 1, 1, //
                    1, -0x1p63, 0.5, 1, 0, 1, //
                    1, 7, 0.5, 0, 0, 1
                },
                every.compute(rows));
        assertEquals("7ff8000000000000", Fixtures.bits(every.compute(rows)[2]));
    }

    @Test
    void integersOfEveryKindFitOrAreRefused() {
        final Layout layout = every.request();
        final Number[] fitting = {7, 7L, (short) 7, (byte) 7, BigInteger.valueOf(7)};
        for (final Number value : fitting) {
            assertArrayEquals(
                    layout.pack(everyValue("whole", 7)), layout.pack(everyValue("whole", value)));
        }
        final BigInteger least = BigInteger.TWO.pow(63).negate();
        assertArrayEquals(
                layout.pack(everyValue("whole", Long.MIN_VALUE)),
                layout.pack(everyValue("whole", least)));
        for (final BigInteger value :
                List.of(BigInteger.TWO.pow(63), least.subtract(BigInteger.ONE))) {
            final MlcoreException error =
                    Fixtures.invalid(
                            Reason.INVALID_NUMBER, () -> layout.pack(everyValue("whole", value)));
            assertEquals(1, error.column());
        }
        for (final Number value : List.of(0.5, 0.5f, new BigDecimal("0.5"))) {
            assertArrayEquals(
                    layout.pack(everyValue("real", 0.5)), layout.pack(everyValue("real", value)));
        }
    }

    @Test
    void aNumberPastTheRangeOfF64IsRefusedAndNotInfinite() {
        for (final Number value : List.of(BigInteger.TEN.pow(400), new BigDecimal("-1e400"))) {
            final MlcoreException error =
                    Fixtures.invalid(
                            Reason.INVALID_NUMBER,
                            () -> every.request().pack(everyValue("real", value)));
            assertEquals(2, error.column());
        }
        every.request().pack(everyValue("real", Double.POSITIVE_INFINITY));
    }

    @Test
    void anEmptyStringStaysInItsRowWhenReplacedStringsAreDropped() {
        try (Features texts =
                Features.parse(
                        "features t version 1\ninput a: string\ninput b: string\n"
                                + "y = if(a == b, 1, 0)\noutput [y]\n")) {
            final RowWriter row = texts.request().writer();
            row.set("b", "x".repeat(5000)).set("b", "x".repeat(5000)).set("a", "");
            for (int i = 0; i < 3; ++i) {
                row.set("b", "y");
            }
            assertArrayEquals(new double[] {0}, texts.compute(new Rows(texts.request()).add(row)));
            texts.request().check(row.toBytes());
        }
    }

    @Test
    void aSetterThatFailsLeavesTheRowThatWasTaken() {
        try (Features texts =
                Features.parse(
                        "features t version 1\ninput a: string?\ninput b: f64?\n"
                                + "y = b\noutput [y]\n")) {
            final RowWriter row = texts.request().writer().set("a", "Zoë").set("b", 1.5);
            final byte[] taken = row.toBytes();
            Fixtures.invalid(Reason.INVALID_UTF8, () -> row.set("a", "ada\ud800"));
            assertArrayEquals(taken, row.toBytes());
            assertArrayEquals(
                    texts.request().pack(Map.of("a", "böb")), row.set("a", "böb").toBytes());
        }
    }

    @Test
    void whatIsReachableKeepsItsDefinitionOpen() throws InterruptedException {
        final Layout parsed = Features.parse(Fixtures.EVERY_TYPE).request();
        final Layout stream = Fixtures.shop().features().stream("orders");
        final Features features = Fixtures.loan().features();
        for (int i = 0; i < 20; ++i) {
            System.gc();
            Thread.sleep(5); // the cleaner's thread runs
        }
        parsed.check(parsed.pack(everyValue("whole", 7)));
        stream.check(stream.pack(Fixtures.order("ada", "1997-12-20", 20.5)));
        assertEquals(loan.features().text(), features.text());
    }

    @Test
    void instantsOfEveryKindAreTheSameInstant() {
        final Layout layout = every.request();
        final byte[] expected = layout.pack(everyValue("at", Fixtures.NEW_YEAR));
        assertArrayEquals(
                expected,
                layout.pack(everyValue("at", OffsetDateTime.parse("1998-01-01T01:00:00+01:00"))));
        assertArrayEquals(
                expected,
                layout.pack(
                        everyValue(
                                "at",
                                ZonedDateTime.parse(
                                        "1997-12-31T19:00:00-05:00[America/New_York]"))));
        for (final Instant time : List.of(Instant.MAX, Instant.MIN)) {
            Fixtures.invalid(Reason.INVALID_TIMESTAMP, () -> layout.pack(everyValue("at", time)));
        }
        final byte[] later = layout.pack(everyValue("at", Instant.parse("+10000-01-01T00:00:00Z")));
        assertEquals(
                4, Fixtures.invalid(Reason.INVALID_TIMESTAMP, () -> layout.check(later)).column());
        layout.check(layout.pack(everyValue("at", Instant.parse("0001-01-01T00:00:00Z"))));
        Fixtures.invalid(
                Reason.INVALID_NUMBER,
                () -> layout.pack(everyValue("took", Duration.ofSeconds(Long.MAX_VALUE))));
        layout.check(layout.pack(everyValue("took", Duration.ofNanos(-1))));
    }

    @Test
    void stringsAreExactUtf8() {
        final Layout layout = every.request();
        for (final String text :
                List.of(
                        "",
                        "\0",
                        "a\0b",
                        "é",
                        "\uFFFF",
                        "\uD83D\uDE00",
                        "x".repeat(1_000_000),
                        "é".repeat(70_000))) {
            final byte[] row = layout.pack(everyValue("text", text));
            layout.check(row);
            final int end =
                    row.length - text.getBytes(java.nio.charset.StandardCharsets.UTF_8).length;
            assertEquals(
                    text,
                    new String(
                            row, end, row.length - end, java.nio.charset.StandardCharsets.UTF_8));
        }
        for (final String text : List.of("\uD800", "a\uDC00b", "\uDE00\uD83D", "é\uD83D")) {
            final MlcoreException error =
                    Fixtures.invalid(
                            Reason.INVALID_UTF8, () -> layout.pack(everyValue("text", text)));
            assertEquals(3, error.column());
        }
        Fixtures.invalid(Reason.INVALID_UTF8, () -> layout.fromJson("{\"text\": \"\uD800\"}"));
    }

    @Test
    void aStringSetAgainReplacesTheFirst() {
        final RowWriter row = every.request().writer();
        for (int i = 0; i < 10_000; ++i) {
            row.set("flag", true).set("whole", 7).set("text", "x".repeat(i % 7)).set("text", "Zoë");
            row.set("at", Fixtures.NEW_YEAR).set("took", Duration.ZERO).finish();
        }
        assertTrue(row.size() < 200, "each row begins anew");
        assertEquals(1, every.compute(new Rows(every.request()).add(row))[3]);
    }

    @Test
    void stringsThatAreReplacedDoNotPileUp() {
        try (Features pair =
                Features.parse(
                        "features pair version 1\n"
                                + "input a: string\n"
                                + "input b: string?\n"
                                + "n = if(a == \"é99999\" and b == \"99999\", 1, 0)\n"
                                + "output [n]\n")) {
            final RowWriter row = pair.request().writer();
            for (int i = 0; i < 100_000; ++i) {
                row.set(0, "é" + i)
                        .setNull(1)
                        .set(1, "x".repeat(i % 50))
                        .set(1, Integer.toString(i));
            }
            row.finish();
            assertTrue(row.size() < 8192, "" + row.size());
            assertEquals(1, pair.compute(new Rows(pair.request()).add(row))[0]);
        }
    }

    @Test
    void aSetterThatFailsLeavesTheRowAsItWas() {
        final RowWriter row = person.writer().set("age", 41).set("income", 1);
        Fixtures.invalid(Reason.TYPE_MISMATCH, () -> row.set("age", 1.5));
        Fixtures.invalid(Reason.NULL_NOT_ALLOWED, () -> row.set("income", Double.NaN));
        assertArrayEquals(person.fromJson("{\"age\": 41, \"income\": 1}"), row.toBytes());
    }

    @Test
    void whatAMapOrARecordThrowsComesThrough() {
        final Map<String, Object> throwing =
                new AbstractMap<>() {
                    @Override
                    public Object get(Object key) {
                        throw new IllegalStateException("no " + key);
                    }

                    @Override
                    public Set<Entry<String, Object>> entrySet() {
                        return Set.of();
                    }
                };
        assertEquals(
                "no age",
                assertThrows(IllegalStateException.class, () -> person.pack(throwing))
                        .getMessage());
        record Throwing(long age, double income) {
            public double income() {
                throw new ArithmeticException("broke");
            }
        }
        assertThrows(ArithmeticException.class, () -> person.pack(new Throwing(1, 2)));
        final Number number =
                new BigDecimal(1) {
                    private static final long serialVersionUID = 1L;

                    @Override
                    public double doubleValue() {
                        throw new StackOverflowError();
                    }
                };
        assertThrows(
                StackOverflowError.class, () -> person.pack(Map.of("age", 1, "income", number)));
        final Rows rows = new Rows(person);
        assertThrows(ArithmeticException.class, () -> rows.add(new Throwing(1, 2)));
        assertEquals(0, rows.size());
    }

    @Test
    void aMapMayUseTheSameBatchWhileItIsAdded() {
        final Rows rows = new Rows(person);
        final Map<String, Object> reentrant =
                new HashMap<>(Map.of("age", 41, "income", 1)) {
                    private static final long serialVersionUID = 1L;

                    @Override
                    public Object get(Object key) {
                        rows.add(Map.of("age", 1, "income", 2));
                        return super.get(key);
                    }
                };
        rows.add(reentrant);
        assertEquals(4, rows.size());
        final double[] values = loan.features().compute(rows);
        assertEquals(41, values[6]);
    }

    @Test
    void brokenRowsAreRefused() {
        final byte[] row = orders.pack(new Order("ada", Fixtures.NEW_YEAR, 1, 2));
        Fixtures.invalid(Reason.MALFORMED_ROW, () -> orders.check(new byte[0]));
        Fixtures.invalid(Reason.LAYOUT_MISMATCH, () -> person.check(row));
        final byte[] outside = row.clone();
        outside[20] = 100; // the string's length
        assertEquals(
                0, Fixtures.invalid(Reason.MALFORMED_ROW, () -> orders.check(outside)).column());
        final byte[] notText = row.clone();
        notText[notText.length - 1] = (byte) 0xFF;
        Fixtures.invalid(Reason.INVALID_UTF8, () -> orders.check(notText));
        Fixtures.invalid(Reason.NULL_POINTER, () -> orders.check(null));
        Fixtures.invalid(Reason.MALFORMED_JSON, () -> orders.fromJson("{"));
        Fixtures.invalid(Reason.NULL_POINTER, () -> orders.fromJson(null));
        Fixtures.invalid(Reason.LAYOUT_MISMATCH, () -> new Rows(person).add(orders.writer()));
    }

    @Test
    void aBatchGrowsAndIsCleared() {
        final Rows rows = new Rows(person);
        final RowWriter row = person.writer();
        assertEquals(0, loan.features().compute(rows).length);
        for (int i = 0; i < 5000; ++i) {
            rows.add(row.set("age", i).set("income", 1.0));
        }
        final double[] values = loan.features().compute(rows);
        assertEquals(10_000, values.length);
        assertEquals(4999, values[9998]);
        rows.clear();
        assertEquals(0, rows.size());
        assertEquals(3, loan.features().compute(rows.add(Map.of("age", 3, "income", 1)))[0]);
    }

    @Test
    void featuresOfABadRowSayWhichRow() {
        final Rows rows = new Rows(person).add(Map.of("age", 1, "income", 1)).add(new byte[3]);
        assertEquals(
                1,
                Fixtures.invalid(Reason.MALFORMED_ROW, () -> loan.features().compute(rows)).row());
        Fixtures.invalid(Reason.NULL_POINTER, () -> loan.features().compute(null));
        Fixtures.refused(
                Code.FAILED_PRECONDITION,
                Reason.NEEDS_STATE,
                () -> shop.features().compute(new Rows(shop.features().request())));
    }
}
