// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

class StateTest {
    private static Model shop;

    @BeforeAll
    static void open() {
        shop = Fixtures.shop();
    }

    @AfterAll
    static void close() {
        shop.close();
    }

    private static double[] featuresOf(State state, String customer) {
        try (Context context = shop.context(Output.FEATURES)) {
            return context.predictAt(
                    state, Map.of("customer", customer, "as_of", Fixtures.NEW_YEAR));
        }
    }

    @Test
    void eventsAreKeptByKey() {
        try (State state = new State(shop.features())) {
            final IngestReport report =
                    state.ingest("orders", Fixtures.threeOrders(shop.features()));
            assertEquals(new IngestReport(3, 0, 0, 0, 0, 0, List.of(), ""), report);
            assertEquals(2, state.keyCount());
            assertEquals(3, state.eventCount());
            assertTrue(state.memory() > 0);
            assertArrayEquals(new double[] {1, 29.75}, featuresOf(state, "ada"));
            assertArrayEquals(new double[] {1, 0.25}, featuresOf(state, "bob"));
            assertEquals(0, featuresOf(state, "eve")[0]);
        }
    }

    @Test
    void anEventThatIsThereAlreadyIsADuplicate() {
        try (State state = new State(shop.features())) {
            state.ingest("orders", Fixtures.threeOrders(shop.features()));
            final IngestReport report =
                    state.ingest("orders", Fixtures.threeOrders(shop.features()));
            assertEquals(state.eventCount(), 3 + report.accepted());
            assertEquals(3, report.accepted() + report.duplicate());
        }
    }

    @Test
    void rowsThatCanNotBeReadAreListedAndTheOthersTaken() {
        try (State state = new State(shop.features())) {
            final Rows rows = Fixtures.threeOrders(shop.features());
            final byte[] broken =
                    shop.features().stream("orders").pack(Fixtures.order("x", "1997-01-01", 1));
            broken[20] = 100;
            for (int i = 0; i < 20; ++i) {
                rows.add(broken);
            }
            final IngestReport report = state.ingest("orders", rows);
            assertEquals(3, report.accepted());
            assertEquals(20, report.invalid());
            assertEquals(16, report.invalidRows().size());
            assertEquals(
                    new IngestReport.InvalidRow(3, Reason.MALFORMED_ROW),
                    report.invalidRows().get(0));
            assertTrue(report.invalidMessage().contains("customer"), report.invalidMessage());
        }
    }

    @Test
    void aBatchDeliveredAgainIsReplayed() {
        try (State state = new State(shop.features())) {
            final Rows rows = Fixtures.threeOrders(shop.features());
            Fixtures.refused(
                    Code.NOT_FOUND, Reason.UNKNOWN_NAME, () -> state.sourceOffset("topic/0"));
            assertEquals(3, state.ingest("orders", rows, "topic/0", 7).accepted());
            assertEquals(7, state.sourceOffset("topic/0"));
            Fixtures.invalid(Reason.NULL_POINTER, () -> state.sourceOffset(null));
            Fixtures.invalid(Reason.INVALID_UTF8, () -> state.sourceOffset("\uDC00"));
            assertEquals(3, state.ingest("orders", rows, "topic/0", 7).replayed());
            assertEquals(3, state.ingest("orders", rows, "topic/0", -1).replayed());
            assertEquals(0, state.ingest("orders", rows, "topic/\0é", 7).replayed());
            Fixtures.invalid(Reason.INVALID_UTF8, () -> state.ingest("orders", rows, "\uD800", 8));
        }
    }

    @Test
    void aSnapshotGoesOnWithTheSameBits() {
        try (State state = new State(shop.features())) {
            state.ingest("orders", Fixtures.threeOrders(shop.features()), "topic", 1);
            final byte[] snapshot = state.snapshot();
            try (State restored = State.restore(shop.features(), snapshot)) {
                assertArrayEquals(snapshot, restored.snapshot());
                assertArrayEquals(featuresOf(state, "ada"), featuresOf(restored, "ada"));
                assertEquals(
                        3,
                        restored.ingest("orders", Fixtures.threeOrders(shop.features()), "topic", 1)
                                .replayed());
            }
            snapshot[snapshot.length / 2] ^= 1;
            assertEquals(
                    Code.DATA_LOSS,
                    Fixtures.refused(
                                    Code.DATA_LOSS,
                                    Reason.CHECKSUM,
                                    () -> State.restore(shop.features(), snapshot))
                            .code());
            Fixtures.refused(
                    Code.DATA_LOSS,
                    Reason.TRUNCATED,
                    () -> State.restore(shop.features(), new byte[0]));
            Fixtures.invalid(Reason.NULL_POINTER, () -> State.restore(shop.features(), null));
            Fixtures.invalid(Reason.NULL_POINTER, () -> State.restore(null, snapshot));
        }
    }

    @Test
    void aStateThatIsFullSaysSo() {
        try (State state = new State(shop.features(), StateOptions.DEFAULT.withMaxKeys(1))) {
            Fixtures.refused(
                    Code.RESOURCE_EXHAUSTED,
                    Reason.STATE_FULL,
                    () -> state.ingest("orders", Fixtures.threeOrders(shop.features())));
            assertEquals(1, state.keyCount());
        }
    }

    @Test
    void latenessIsKept() {
        final StateOptions options = StateOptions.DEFAULT.withLateness(Duration.ofDays(1));
        try (State state = new State(shop.features(), options)) {
            state.ingest("orders", Fixtures.threeOrders(shop.features()));
            state.expire(Fixtures.NEW_YEAR);
            final Rows late =
                    new Rows(shop.features().stream("orders"))
                            .add(Fixtures.order("ada", "1997-12-01", 1));
            assertEquals(1, state.ingest("orders", late).late());
        }
        try (State state = new State(shop.features())) {
            Fixtures.refused(
                    Code.FAILED_PRECONDITION,
                    Reason.INVALID_OPTION,
                    () -> state.expire(Fixtures.NEW_YEAR));
            Fixtures.invalid(Reason.NULL_POINTER, () -> state.expire(null));
            Fixtures.invalid(Reason.INVALID_TIMESTAMP, () -> state.expire(Instant.MAX));
        }
    }

    @Test
    void aHistoryThatIsNotCompleteIsRefused() {
        final StateOptions options =
                StateOptions.DEFAULT.withCompleteFrom(Instant.parse("1997-12-31T00:00:00Z"));
        try (State state = new State(shop.features(), options)) {
            Fixtures.refused(
                    Code.FAILED_PRECONDITION,
                    Reason.INCOMPLETE_HISTORY,
                    () -> featuresOf(state, "ada"));
        }
    }

    @Test
    void oddOptionsAreRefused() {
        Fixtures.invalid(Reason.INVALID_OPTION, () -> StateOptions.DEFAULT.withMaxBytes(-1));
        Fixtures.invalid(Reason.INVALID_OPTION, () -> StateOptions.DEFAULT.withMaxKeys(-1));
        final StateOptions negative = StateOptions.DEFAULT.withLateness(Duration.ofDays(-1));
        Fixtures.invalid(Reason.INVALID_OPTION, () -> new State(shop.features(), negative));
        final StateOptions endless =
                StateOptions.DEFAULT.withLateness(Duration.ofSeconds(Long.MAX_VALUE));
        Fixtures.invalid(Reason.INVALID_OPTION, () -> new State(shop.features(), endless));
        final StateOptions never = StateOptions.DEFAULT.withCompleteFrom(Instant.MAX);
        Fixtures.invalid(Reason.INVALID_TIMESTAMP, () -> new State(shop.features(), never));
        Fixtures.invalid(Reason.NULL_POINTER, () -> new State(null));
        Fixtures.invalid(Reason.NULL_POINTER, () -> new State(shop.features(), null));
        try (Model loan = Fixtures.loan()) {
            Fixtures.refused(
                    Code.FAILED_PRECONDITION,
                    Reason.UNSUPPORTED_FEATURE,
                    () -> new State(loan.features()));
        }
    }

    @Test
    void badBatchesAreRefused() {
        try (State state = new State(shop.features())) {
            final Rows orders = Fixtures.threeOrders(shop.features());
            Fixtures.refused(
                    Code.NOT_FOUND, Reason.UNKNOWN_NAME, () -> state.ingest("order", orders));
            Fixtures.invalid(Reason.NULL_POINTER, () -> state.ingest(null, orders));
            Fixtures.invalid(Reason.NULL_POINTER, () -> state.ingest("orders", null));
            final Rows requests =
                    new Rows(shop.features().request())
                            .add(Map.of("customer", "ada", "as_of", Fixtures.NEW_YEAR));
            Fixtures.invalid(Reason.LAYOUT_MISMATCH, () -> state.ingest("orders", requests));
            assertEquals(
                    0,
                    state.ingest("orders", new Rows(shop.features().stream("orders"))).accepted());
            assertEquals(0, state.eventCount());
        }
    }

    @Test
    void aClosedStateCanNotBeUsed() {
        final State state = new State(shop.features());
        state.close();
        state.close();
        Fixtures.closed(state::keyCount);
        Fixtures.closed(state::eventCount);
        Fixtures.closed(state::memory);
        Fixtures.closed(state::snapshot);
        Fixtures.closed(() -> state.sourceOffset("topic"));
        Fixtures.closed(() -> state.expire(Fixtures.NEW_YEAR));
        Fixtures.closed(() -> state.ingest("orders", Fixtures.threeOrders(shop.features())));
        Fixtures.closed(() -> featuresOf(state, "ada"));
        Fixtures.closed(() -> shop.features().compute(new Rows(shop.features().request()), state));
        try (Context context = shop.context()) {
            Fixtures.closed(
                    () -> context.predictBatchAt(state, new Rows(shop.features().request())));
            assertEquals(1, context.outputCount());
        }
    }

    @Test
    void aStateOutlivesTheModelItWasMadeFor() {
        final Model model = Fixtures.shop();
        try (State state = new State(model.features())) {
            model.close();
            assertEquals(
                    3, state.ingest("orders", Fixtures.threeOrders(shop.features())).accepted());
            assertArrayEquals(new double[] {1, 29.75}, featuresOf(state, "ada"));
        }
    }
}
