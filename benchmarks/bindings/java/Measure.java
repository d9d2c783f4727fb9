// SPDX-License-Identifier: Apache-2.0

import com.sun.management.ThreadMXBean;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;

/** How the two programs measure, so that both are measured alike. */
final class Measure {
    private static final int WARM_UPS = 300;
    private static final int SINGLE_CALLS = 100_000;

    /** Scores the row of an index; the result is summed, so that the call is not optimised away. */
    interface Call {
        double of(int row) throws Exception;
    }

    /** Written, never read. */
    static volatile double sink;

    private final int rows;
    private final int passes;

    Measure(int rows, int passes) {
        this.rows = rows;
        this.passes = passes;
    }

    /**
     * Rows of so many columns from a file of doubles, or 1,000 drawn by a fixed seed where there is
     * none.
     */
    static double[][] rows(String[] arguments, int columns) throws IOException {
        if (arguments.length < 2) {
            final Random random = new Random(1);
            final double[][] rows = new double[1000][columns];
            for (final double[] row : rows) {
                Arrays.setAll(row, i -> 6 * random.nextDouble() - 3);
            }
            return rows;
        }
        final ByteBuffer bytes =
                ByteBuffer.wrap(Files.readAllBytes(Path.of(arguments[1])))
                        .order(ByteOrder.LITTLE_ENDIAN);
        final double[][] rows = new double[bytes.capacity() / Double.BYTES / columns][columns];
        for (final double[] row : rows) {
            bytes.asDoubleBuffer().get(row);
            bytes.position(bytes.position() + columns * Double.BYTES);
        }
        return rows;
    }

    private double pass(Call call) throws Exception {
        double sum = 0;
        final long begin = System.nanoTime();
        for (int row = 0; row < rows; ++row) {
            sum += call.of(row);
        }
        final double elapsed = System.nanoTime() - begin;
        sink = sum;
        return elapsed / rows;
    }

    /** Nanoseconds of a call: the median of passes over all rows, after others to warm up. */
    double perCall(Call call) throws Exception {
        for (int i = 0; i < Math.min(WARM_UPS, 10 * passes); ++i) {
            pass(call);
        }
        final double[] times = new double[passes];
        for (int i = 0; i < passes; ++i) {
            times[i] = pass(call);
        }
        return at(times, 0.5);
    }

    /** The 99th percentile of single calls, less what looking at the clock takes. */
    double p99(Call call) throws Exception {
        return Math.max(0, percentile(call, 0.99) - percentile(row -> 0, 0.5));
    }

    private double percentile(Call call, double share) throws Exception {
        final double[] times = new double[SINGLE_CALLS];
        double sum = 0;
        for (int i = 0; i < SINGLE_CALLS; ++i) {
            final long begin = System.nanoTime();
            sum += call.of(i % rows);
            times[i] = System.nanoTime() - begin;
        }
        sink = sum;
        return at(times, share);
    }

    private static double at(double[] values, double share) {
        Arrays.sort(values);
        return values[(int) (share * (values.length - 1))];
    }

    /** Bytes of the heap that a call allocates: the JVM counts no objects. */
    double allocated(Call call) throws Exception {
        final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        final long nothing =
                -(threads.getCurrentThreadAllocatedBytes()
                        - threads.getCurrentThreadAllocatedBytes());
        final long before = threads.getCurrentThreadAllocatedBytes();
        pass(call);
        return Math.max(
                0, (double) (threads.getCurrentThreadAllocatedBytes() - before - nothing) / rows);
    }

    /** The line of JSON; {@code more} has further members, each after a comma. */
    void print(String name, Call call, String more) throws Exception {
        final double nanos = perCall(call);
        final double bytes = allocated(call);
        System.out.println(
                String.format(
                        Locale.ROOT,
                        "{\"language\": \"java\", \"version\": \"%s\", \"package\": \"%s\","
                                + " \"ns_per_row_call\": %.1f, \"ns_per_row_call_p99\": %.1f,"
                                + " \"allocations_per_call\": %.1f%s, \"rows\": %d}",
                        Runtime.version().toString().replaceAll("[+-].*", ""),
                        name,
                        nanos,
                        p99(call),
                        bytes,
                        more,
                        rows));
    }
}
