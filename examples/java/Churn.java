// SPDX-License-Identifier: Apache-2.0
// Scores every customer from orders that arrive shuffled, and writes the bits.
// usage: java -cp mlcore-0.1.0.jar Churn.java ARTIFACT ORDERS_CSV AS_OF SEED OUT
// (examples/README.md has the format)
import dev.mlcore.Context;
import dev.mlcore.IngestReport;
import dev.mlcore.Layout;
import dev.mlcore.MlcoreException;
import dev.mlcore.Model;
import dev.mlcore.Output;
import dev.mlcore.RowWriter;
import dev.mlcore.Rows;
import dev.mlcore.State;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.DoubleBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.TreeSet;

public final class Churn {
    private static final int BATCH = 1000;

    /** A row of the stream: its components are the stream's fields. */
    record Order(String customer, Instant at, long cds, double amount) {}

    private Churn() {}

    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 5) {
            System.err.println("usage: Churn ARTIFACT ORDERS_CSV AS_OF SEED OUT");
            System.exit(2);
        }
        try (Model model = Model.open(arguments[0]);
                State state = new State(model.features())) {
            final List<Order> orders = readOrders(Path.of(arguments[1]));
            Collections.shuffle(orders, new Random(Long.parseLong(arguments[3])));
            ingest(state, model.features().stream("orders"), orders);
            score(model, state, orders, midnight(arguments[2]), Path.of(arguments[4]));
        } catch (MlcoreException error) {
            System.err.println(error.getMessage());
            System.exit(1);
        }
    }

    private static Instant midnight(String day) {
        return LocalDate.parse(day).atStartOfDay(ZoneOffset.UTC).toInstant();
    }

    /** Fields without quotes, in the order customer, at, cds, amount. */
    private static List<Order> readOrders(Path csv) throws IOException {
        final List<String> lines = Files.readAllLines(csv);
        if (!lines.get(0).equals("customer,at,cds,amount")) {
            throw new IOException("the orders have other columns: " + lines.get(0));
        }
        final List<Order> orders = new ArrayList<>();
        for (final String line : lines.subList(1, lines.size())) {
            final String[] fields = line.split(",");
            orders.add(
                    new Order(
                            fields[0],
                            midnight(fields[1]),
                            Long.parseLong(fields[2]),
                            Double.parseDouble(fields[3])));
        }
        return orders;
    }

    private static void ingest(State state, Layout layout, List<Order> orders) {
        final Rows rows = new Rows(layout);
        for (int begin = 0; begin < orders.size(); begin += BATCH) {
            rows.clear();
            orders.subList(begin, Math.min(begin + BATCH, orders.size())).forEach(rows::add);
            final IngestReport report = state.ingest("orders", rows);
            if (report.accepted() != rows.size()) {
                System.err.println(report.invalidMessage());
                System.exit(1);
            }
        }
    }

    /** Everyone with an order before the time, sorted by the bytes of the name. */
    private static Iterable<String> customersBefore(List<Order> orders, Instant time) {
        final TreeSet<String> customers =
                new TreeSet<>(
                        (left, right) ->
                                Arrays.compareUnsigned(
                                        left.getBytes(StandardCharsets.UTF_8),
                                        right.getBytes(StandardCharsets.UTF_8)));
        for (final Order order : orders) {
            if (order.at().isBefore(time)) {
                customers.add(order.customer());
            }
        }
        return customers;
    }

    private static void score(Model model, State state, List<Order> orders, Instant asOf, Path out)
            throws IOException {
        final List<RowWriter> requests = new ArrayList<>();
        try (Context values = model.context(Output.FEATURES);
                Context margins = model.context(Output.MARGIN);
                PrintWriter file = new PrintWriter(Files.newBufferedWriter(out))) {
            file.print(header(model, margins.outputCount()));
            for (final String customer : customersBefore(orders, asOf)) {
                final RowWriter row = model.features().request().writer();
                requests.add(row.set("customer", customer).set("as_of", asOf));
                values.predictAt(state, row);
                margins.predictAt(state, row);
                file.print(customer + bits(values.out()) + bits(margins.out()) + "\n");
            }
            time(margins, state, requests);
        }
    }

    private static String header(Model model, int margins) {
        final List<String> names = new ArrayList<>(List.of("customer"));
        names.addAll(model.features().names());
        for (int i = 0; i < margins; ++i) {
            names.add(margins == 1 ? "margin" : "margin[" + i + "]");
        }
        return String.join(",", names) + "\n";
    }

    private static String bits(DoubleBuffer outputs) {
        final StringBuilder text = new StringBuilder();
        for (int i = 0; i < outputs.limit(); ++i) {
            text.append(',')
                    .append(HexFormat.of().toHexDigits(Double.doubleToRawLongBits(outputs.get(i))));
        }
        return text.toString();
    }

    private static void time(Context margins, State state, List<RowWriter> requests) {
        final long begin = System.nanoTime();
        for (final RowWriter row : requests) {
            margins.predictAt(state, row);
        }
        final double nanos = (double) (System.nanoTime() - begin) / Math.max(1, requests.size());
        System.err.println(
                String.format(
                        Locale.ROOT,
                        "{\"language\": \"java\", \"rows\": %d, \"ns_per_row\": %.1f}",
                        requests.size(),
                        nanos));
    }
}
