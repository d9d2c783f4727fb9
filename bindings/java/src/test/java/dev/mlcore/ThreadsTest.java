// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;

/** Many threads, and closing what others use: an exception or the right bits, never a crash. */
class ThreadsTest {
    private static final int THREADS = 8;

    private static void inThreads(ExecutorService threads, int count, Callable<?> task)
            throws InterruptedException, ExecutionException {
        final List<Future<?>> running = new ArrayList<>();
        try {
            for (int i = 0; i < count; ++i) {
                running.add(threads.submit(task));
            }
            for (final Future<?> one : running) {
                one.get();
            }
        } finally {
            threads.shutdown();
        }
    }

    private static void inThreads(Callable<?> task)
            throws InterruptedException, ExecutionException {
        inThreads(Executors.newFixedThreadPool(THREADS), THREADS, task);
    }

    /** Calls until the handle is closed; anything else that is thrown fails the test. */
    private static Void untilClosed(AtomicBoolean started, Runnable call) {
        try {
            while (true) {
                call.run();
                started.set(true);
            }
        } catch (MlcoreException error) {
            assertEquals(Reason.CLOSED_HANDLE, error.reason());
            return null;
        }
    }

    @Test
    void everyThreadGetsTheSameBitsFromAContextOfItsOwn() throws Exception {
        try (Model model = Fixtures.loan();
                Context first = model.context(Output.MARGIN)) {
            final double[] expected = new double[60];
            for (int age = 0; age < 60; ++age) {
                expected[age] = first.predictNumeric(age, age % 3, 2)[0];
            }
            inThreads(
                    () -> {
                        try (Context context = model.context(Output.MARGIN)) {
                            for (int i = 0; i < 20_000; ++i) {
                                context.row().set(0, i % 60).set(1, i % 60 % 3).set(2, 2);
                                assertEquals(expected[i % 60], context.predict());
                            }
                        }
                        return null;
                    });
        }
    }

    @Test
    void callsOfOneContextWaitForEachOther() throws Exception {
        try (Model model = Fixtures.loan();
                Context context = model.context(Output.FEATURES)) {
            inThreads(
                    () -> {
                        for (int i = 0; i < 5_000; ++i) {
                            final double age = Thread.currentThread().getId() * 10_000 + i;
                            final double[] out = context.predictNumeric(age, 1, 4);
                            assertEquals(age, out[0], "another thread's output");
                            assertEquals(7, context.predictBatch(new double[] {7, 1, 4}, 1)[0]);
                        }
                        return null;
                    });
        }
    }

    @Test
    void threadsIngestIntoOneStateWhileOthersRead() throws Exception {
        try (Model model = Fixtures.shop();
                State state = new State(model.features())) {
            inThreads(
                    () -> {
                        final String customer = Thread.currentThread().getName();
                        try (Context context = model.context(Output.FEATURES)) {
                            for (int day = 1; day <= 30; ++day) {
                                state.ingest(
                                        "orders",
                                        new Rows(model.features().stream("orders"))
                                                .add(
                                                        Fixtures.order(
                                                                customer,
                                                                String.format("1997-11-%02d", day),
                                                                1)));
                                final double spend =
                                        context.predictAt(
                                                        state,
                                                        Map.of(
                                                                "customer",
                                                                customer,
                                                                "as_of",
                                                                Fixtures.NEW_YEAR))[1];
                                assertEquals(day, spend);
                            }
                        }
                        return null;
                    });
            assertEquals(THREADS, state.keyCount());
            assertEquals(30 * THREADS, state.eventCount());
        }
    }

    @Test
    void contextsScoreAndComeAndGoWhileAnotherThreadReports() throws Exception {
        final int parts = 4;
        final int rows = 1_000;
        try (Model model = Fixtures.lender();
                Monitor monitor =
                        new Monitor(
                                model, MonitorOptions.DEFAULT.withPaneRows(500).withMaxPanes(4))) {
            final AtomicBoolean done = new AtomicBoolean();
            final Future<Long> reporter = reporter(monitor, done);
            inThreads(
                    () -> {
                        for (int part = 0; part < parts; ++part) {
                            try (Context context = model.context()) {
                                monitor.attach(context);
                                context.row().set("age", 40).set("as_of", Fixtures.NEW_YEAR);
                                for (int i = 0; i < rows; ++i) {
                                    context.predict();
                                }
                            }
                        }
                        return null;
                    });
            done.set(true);
            assertTrue(reporter.get() > 0, "nobody reported meanwhile");
            assertEquals(THREADS * parts * rows, monitor.report().rows());
        }
    }

    /** Reports until `done`, never fewer rows than before; gives how many reports there were. */
    private static Future<Long> reporter(Monitor monitor, AtomicBoolean done) {
        final ExecutorService thread = Executors.newSingleThreadExecutor();
        final Future<Long> reports =
                thread.submit(
                        () -> {
                            long count = 0;
                            for (long last = 0; !done.get(); ++count) {
                                final long rows = monitor.report().rows();
                                assertTrue(rows >= last, rows + " rows after " + last);
                                last = rows;
                            }
                            return count;
                        });
        thread.shutdown();
        return reports;
    }

    @Test
    void aMonitorIsClosedWhileOthersCall() throws Exception {
        try (Model model = Fixtures.lender()) {
            for (int round = 0; round < 20; ++round) {
                final Monitor monitor = new Monitor(model);
                final AtomicBoolean started = new AtomicBoolean();
                final Thread closer = closer(started, monitor);
                inThreads(
                        () ->
                                untilClosed(
                                        started,
                                        () -> {
                                            try (Context context = model.context()) {
                                                monitor.attach(context);
                                                context.row()
                                                        .set("age", 40)
                                                        .set("as_of", Fixtures.NEW_YEAR);
                                                context.predict();
                                                monitor.report();
                                            }
                                        }));
                closer.join();
            }
        }
    }

    @Test
    void aContextIsClosedWhileOthersCall() throws Exception {
        try (Model model = Fixtures.loan()) {
            for (int round = 0; round < 50; ++round) {
                final Context context = model.context();
                final AtomicBoolean started = new AtomicBoolean();
                final Thread closer = closer(started, context);
                inThreads(() -> untilClosed(started, () -> context.predictNumeric(25, 1, 4)));
                closer.join();
            }
        }
    }

    @Test
    void aStateIsClosedWhileOthersCall() throws Exception {
        try (Model model = Fixtures.shop()) {
            for (int round = 0; round < 50; ++round) {
                final State state = new State(model.features());
                final AtomicBoolean started = new AtomicBoolean();
                final Thread closer = closer(started, state);
                inThreads(
                        () -> {
                            try (Context context = model.context()) {
                                context.row()
                                        .set("customer", "ada")
                                        .set("as_of", Fixtures.NEW_YEAR);
                                final Rows orders = Fixtures.threeOrders(model.features());
                                untilClosed(
                                        started,
                                        () -> {
                                            state.ingest("orders", orders);
                                            context.predictAt(state);
                                        });
                            }
                            return null;
                        });
                closer.join();
            }
        }
    }

    @Test
    void aModelIsClosedWhileOthersCall() throws Exception {
        for (int round = 0; round < 50; ++round) {
            final Model model = Fixtures.loan();
            final AtomicBoolean started = new AtomicBoolean();
            final Thread closer = closer(started, model);
            inThreads(
                    () ->
                            untilClosed(
                                    started,
                                    () -> {
                                        model.describe();
                                        model.features()
                                                .request()
                                                .fromJson("{\"age\": 1, \"income\": 2}");
                                        model.context().close();
                                    }));
            closer.join();
        }
    }

    private static Thread closer(AtomicBoolean started, AutoCloseable handle) {
        final Thread closer =
                new Thread(
                        () -> {
                            while (!started.get()) {
                                Thread.onSpinWait();
                            }
                            try {
                                handle.close();
                            } catch (Exception error) {
                                throw new IllegalStateException(error);
                            }
                        });
        closer.start();
        return closer;
    }

    @Test
    void aRowThatAnotherThreadWritesMeanwhileIsAnErrorAtWorst() throws Exception {
        try (Model model = Fixtures.shop();
                State state = new State(model.features());
                Context context = model.context()) {
            final AtomicBoolean done = new AtomicBoolean();
            final Thread writer =
                    new Thread(
                            () -> {
                                for (int i = 0; !done.get(); ++i) {
                                    context.row()
                                            .set("customer", "é".repeat(i % 500))
                                            .set("as_of", Fixtures.NEW_YEAR.plusNanos(i));
                                }
                            });
            writer.start();
            int scored = 0;
            for (int i = 0; i < 10_000; ++i) {
                try {
                    context.predictAt(state);
                    ++scored;
                } catch (MlcoreException | IndexOutOfBoundsException torn) {
                    assertTrue(torn.getMessage() != null);
                }
            }
            done.set(true);
            writer.join();
            assertTrue(scored >= 0);
            context.row().set("customer", "ada").set("as_of", Fixtures.NEW_YEAR);
            context.predictAt(state);
        }
    }

    @Test
    void aBatchThatAnotherThreadFillsMeanwhileIsAnErrorAtWorst() throws Exception {
        try (Model model = Fixtures.shop();
                State state = new State(model.features())) {
            final Rows rows = new Rows(model.features().stream("orders"));
            final AtomicBoolean done = new AtomicBoolean();
            final Thread writer =
                    new Thread(
                            () -> {
                                while (!done.get()) {
                                    rows.clear();
                                    for (int i = 0; i < 300; ++i) {
                                        rows.add(
                                                Fixtures.order(
                                                        "ada".repeat(i % 9), "1997-01-01", 1));
                                    }
                                }
                            });
            writer.start();
            for (int i = 0; i < 3_000; ++i) {
                try {
                    state.ingest("orders", rows);
                } catch (MlcoreException | IndexOutOfBoundsException torn) {
                    assertTrue(torn.getMessage() != null);
                }
            }
            done.set(true);
            writer.join();
        }
    }

    @Test
    void virtualThreadsCallWhereTheJdkHasThem() throws Exception {
        Assumptions.assumeTrue(Runtime.version().feature() >= 21);
        final ExecutorService threads =
                (ExecutorService)
                        Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
        try (Model model = Fixtures.loan();
                Context shared = model.context(Output.FEATURES)) {
            inThreads(
                    threads,
                    200,
                    () -> {
                        try (Context own = model.context(Output.FEATURES)) {
                            for (int i = 0; i < 100; ++i) {
                                assertEquals(i, own.predictNumeric(i, 1, 4)[0]);
                                assertEquals(i, shared.predictNumeric(i, 1, 4)[0]);
                            }
                        }
                        return null;
                    });
        }
    }
}
