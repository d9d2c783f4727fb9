// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Opens and closes handles until a leak would show in the memory of the process. The pom gives the
 * JVM a small heap, touched from the beginning, so that what grows is native.
 */
class LeakTest {
    private static final int HANDLES = 100_000;
    private static final int FEWER = 20_000; // of what takes long to open, and much memory
    private static final long ALLOWED_KIB =
            24 * 1024; // 250 bytes a handle; a state or a model takes thousands
    private static final long ALLOWED_GARBAGE_KIB =
            64 * 1024; // 5,000 states wait for the Cleaner; never freed, all take 277 MB

    private static long residentKib() throws IOException {
        System.gc();
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            final String line =
                    lines.filter(one -> one.startsWith("VmRSS:")).findFirst().orElseThrow();
            return Long.parseLong(line.replaceAll("\\D", ""));
        }
    }

    private static void stays(int count, String what, Consumer<Integer> open) throws IOException {
        stays(count, what, ALLOWED_KIB, open);
    }

    private static void stays(int count, String what, long allowed, Consumer<Integer> open)
            throws IOException {
        for (int i = 0; i < count; ++i) {
            open.accept(i);
        }
        final long before = residentKib();
        for (int i = 0; i < count; ++i) {
            open.accept(i);
        }
        final long grown = residentKib() - before;
        System.out.println(count + " " + what + ": " + grown + " KiB more");
        assertTrue(grown < allowed, what + " take " + grown + " KiB");
    }

    @Test
    void closedModelsAreFreed() throws IOException {
        final byte[] artifact =
                Files.readAllBytes(Fixtures.folder("mlcore.fixtures").resolve("loan.mlc"));
        stays(FEWER, "models", i -> Model.open(artifact).close());
    }

    @Test
    void closedContextsAreFreed() throws IOException {
        try (Model model = Fixtures.loan()) {
            stays(
                    HANDLES,
                    "contexts",
                    i -> {
                        try (Context context = model.context()) {
                            context.predictNumeric(i % 100, 1, 4);
                        }
                    });
        }
    }

    @Test
    void closedStatesAndSnapshotsAreFreed() throws IOException {
        try (Model model = Fixtures.shop();
                State full = new State(model.features())) {
            full.ingest("orders", Fixtures.threeOrders(model.features()));
            final byte[] snapshot = full.snapshot();
            stays(
                    FEWER,
                    "states",
                    i -> {
                        try (State state = State.restore(model.features(), snapshot)) {
                            state.snapshot();
                        }
                    });
        }
    }

    @Test
    void closedMonitorsAndTheirContextsAreFreed() throws IOException {
        try (Model model = Fixtures.lender()) {
            final MonitorOptions options = MonitorOptions.DEFAULT.withMaxPanes(2);
            stays(
                    FEWER,
                    "monitors",
                    i -> {
                        try (Monitor monitor = new Monitor(model, options);
                                Context context = model.context()) {
                            monitor.attach(context);
                            context.row().set("age", 40).set("as_of", Fixtures.NEW_YEAR);
                            context.predict();
                            if (i % 20 == 0) {
                                monitor.prometheus();
                            }
                        }
                    });
        }
    }

    @Test
    void closedDefinitionsAreFreed() throws IOException {
        final String text =
                "features ages version 1\ninput age: i64\nyears = age\noutput [years]\n";
        stays(
                FEWER,
                "definitions",
                i -> {
                    try (Features features = Features.parse(text)) {
                        features.compute(new Rows(features.request()).add(Map.of("age", i)));
                    }
                });
    }

    @Test
    void refusalsLeaveNothingBehind() throws IOException {
        try (Model model = Fixtures.loan();
                Context context = model.context()) {
            stays(
                    FEWER,
                    "refusals",
                    i -> {
                        Fixtures.invalid(Reason.WRONG_WIDTH, () -> context.predictNumeric(1));
                        Fixtures.refused(
                                Code.DATA_LOSS,
                                Reason.NOT_AN_ARTIFACT,
                                () -> Model.open(new byte[4096]));
                    });
        }
    }

    /** Waits until at most `most` of the objects that a test dropped are not yet freed. */
    private static void catchUp(AtomicInteger freed, int dropped, int most) {
        final long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(5);
        while (dropped - freed.get() > most) {
            System.gc();
            assertTrue(System.nanoTime() < end, dropped - freed.get() + " are never freed");
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }

    @Test
    void whatNobodyClosedIsFreedAsGarbage() throws IOException {
        final AtomicInteger dropped = new AtomicInteger();
        final AtomicInteger freed = new AtomicInteger();
        try (Model model = Fixtures.shop()) {
            stays(
                    HANDLES,
                    "states without close",
                    ALLOWED_GARBAGE_KIB,
                    i -> {
                        Handle.CLEANER.register(
                                new State(model.features()), freed::incrementAndGet);
                        if (dropped.incrementAndGet() % 5_000 == 0) {
                            catchUp(freed, dropped.get(), 5_000);
                        }
                    });
        }
    }
}
