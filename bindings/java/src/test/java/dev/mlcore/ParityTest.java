// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The table of tests/parity, whose README has the format: each case with rows packed from maps,
 * then with rows written field by field. -Dmlcore.parity names the folder with the artifacts.
 */
class ParityTest {
    /** How a case's rows are packed. */
    private enum Way {
        MAP,
        WRITER
    }

    @TestFactory
    Stream<DynamicTest> everyCaseGivesWhatTheTableSays() throws IOException {
        final Path file = Fixtures.top().resolve("tests/parity/cases.json");
        final Map<String, Object> table = object(Json.parse(Files.readString(file)));
        final List<Object> cases = list(table.get("cases"));
        assertTrue(cases.size() > 300, "the table is short");
        return cases.stream()
                .flatMap(
                        one ->
                                Stream.of(Way.values())
                                        .map(
                                                way -> {
                                                    final Map<String, Object> parity = object(one);
                                                    final String name =
                                                            way + ": " + parity.get("name");
                                                    return DynamicTest.dynamicTest(
                                                            name,
                                                            () ->
                                                                    assertEquals(
                                                                            parity.get("expect"),
                                                                            new Case(parity, way)
                                                                                    .outcome(),
                                                                            name));
                                                }));
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> object(Object value) {
        return (Map<String, Object>) value;
    }

    @SuppressWarnings("unchecked")
    private static List<Object> list(Object value) {
        return (List<Object>) value;
    }

    private static Instant instant(Object micros) {
        return Instant.EPOCH.plus(Long.parseLong((String) micros), ChronoUnit.MICROS);
    }

    private static double number(Object bits) {
        return Double.longBitsToDouble(Long.parseUnsignedLong((String) bits, 16));
    }

    private static Object nativeOf(Object tagged) {
        final Map.Entry<String, Object> value = object(tagged).entrySet().iterator().next();
        return switch (value.getKey()) {
            case "f64" -> number(value.getValue());
            case "i64" -> integer(new BigInteger((String) value.getValue()));
            case "bool", "string" -> value.getValue();
            case "null" -> null;
            case "utf16" -> text(list(value.getValue()));
            case "micros" -> instant(value.getValue());
            case "duration" ->
                    Duration.of(Long.parseLong((String) value.getValue()), ChronoUnit.MICROS);
            default -> throw new IllegalArgumentException("a value tagged " + value.getKey());
        };
    }

    private static Object integer(BigInteger value) {
        return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
    }

    private static String text(List<Object> units) {
        final StringBuilder text = new StringBuilder();
        units.forEach(unit -> text.append((char) ((Long) unit).intValue()));
        return text.toString();
    }

    private static List<Object> bitsOf(double[] values) {
        return new ArrayList<>(Arrays.stream(values).mapToObj(Fixtures::bits).toList());
    }

    private static byte[] damaged(byte[] bytes, Map<String, Object> damage) {
        if (damage == null) {
            return bytes;
        }
        if (damage.containsKey("truncate")) {
            return Arrays.copyOf(bytes, ((Long) damage.get("truncate")).intValue());
        }
        bytes[((Long) damage.get("offset")).intValue()] ^= ((Long) damage.get("xor")).byteValue();
        return bytes;
    }

    private record Case(Map<String, Object> parity, Way way) {
        /** What the table calls `expect`. */
        Object outcome() throws IOException {
            try {
                return switch ((String) parity.get("call")) {
                    case "open" -> open();
                    case "definition" -> definition();
                    case "features" -> features();
                    default -> predicted();
                };
            } catch (MlcoreException error) {
                final Map<String, Object> numbers = new LinkedHashMap<>();
                numbers.put("code", (long) error.code());
                numbers.put("reason", (long) error.reason());
                numbers.put("column", (long) error.column());
                numbers.put("row", error.row());
                return Map.of("error", numbers);
            }
        }

        private Path artifact(Object name) {
            return Fixtures.folder("mlcore.parity").resolve(name + ".mlc");
        }

        private Object open() throws IOException {
            final byte[] bytes;
            if (parity.containsKey("bytes")) {
                bytes = HexFormat.of().parseHex((String) parity.get("bytes"));
            } else {
                final Map<String, Object> patch = object(parity.get("patch"));
                bytes = damaged(Files.readAllBytes(artifact(patch.get("artifact"))), patch);
            }
            try (Model model = Model.open(bytes)) {
                return "opened " + model.name();
            }
        }

        private Object definition() {
            try (Features features = Features.parse((String) parity.get("text"))) {
                return Map.of("fingerprint", features.fingerprint());
            }
        }

        private Object features() {
            try (Features features = Features.parse((String) parity.get("definition"));
                    State state = parity.containsKey("state") ? state(features) : null) {
                return bitsOf(
                        features.compute(
                                rows(features.request(), list(parity.get("rows"))), state));
            }
        }

        private byte[] pack(Layout layout, Object row) {
            final Map<String, Object> members = object(row);
            if (members.get("packed") instanceof String hex) {
                return HexFormat.of().parseHex(hex);
            }
            if (way == Way.WRITER) {
                final RowWriter writer = layout.writer();
                members.forEach(
                        (name, value) -> writer.setValue(layout.known(name), nativeOf(value)));
                return writer.toBytes();
            }
            final Map<String, Object> values = new LinkedHashMap<>();
            members.forEach((name, value) -> values.put(name, nativeOf(value)));
            return layout.pack(values);
        }

        private Rows rows(Layout layout, List<Object> given) {
            final Rows rows = new Rows(layout);
            given.forEach(row -> rows.add(pack(layout, row)));
            return rows;
        }

        private StateOptions options() {
            final Map<String, Object> given =
                    object(object(parity.get("state")).getOrDefault("options", Map.of()));
            StateOptions options = StateOptions.DEFAULT;
            if (given.get("max_bytes") instanceof String bytes) {
                options = options.withMaxBytes(Long.parseLong(bytes));
            }
            if (given.get("max_keys") instanceof String keys) {
                options = options.withMaxKeys(Long.parseLong(keys));
            }
            if (given.get("lateness") instanceof String micros) {
                options =
                        options.withLateness(
                                Duration.of(Long.parseLong(micros), ChronoUnit.MICROS));
            }
            if (given.get("complete_from") instanceof String micros) {
                options = options.withCompleteFrom(instant(micros));
            }
            return options;
        }

        private State state(Features features) {
            final Map<String, Object> given = object(parity.get("state"));
            if (given.get("definition") instanceof String text) {
                try (Features other = Features.parse(text)) {
                    return filled(new State(other, options()), other, given);
                }
            }
            return filled(new State(features, options()), features, given);
        }

        private State filled(State state, Features features, Map<String, Object> given) {
            try {
                final Map<String, Long> sums = new LinkedHashMap<>();
                final Map<String, Object> from = object(given.get("from"));
                final long times = from == null ? 1 : (Long) from.get("times");
                for (long i = 0; i < times; ++i) {
                    ingest(state, features, given, from, sums);
                }
                if (given.containsKey("report")) {
                    assertEquals(given.get("report"), sums);
                }
                if (given.get("expire") instanceof String micros) {
                    state.expire(instant(micros));
                }
                return state;
            } catch (RuntimeException | AssertionError error) {
                state.close();
                throw error;
            }
        }

        private void ingest(
                State state,
                Features features,
                Map<String, Object> given,
                Map<String, Object> from,
                Map<String, Long> sums) {
            final Map<String, Object> events = object(given.get("events"));
            for (final String stream : features.streams()) {
                if (!events.containsKey(stream)) {
                    continue;
                }
                final Rows rows = rows(features.stream(stream), list(events.get(stream)));
                final IngestReport report =
                        from == null
                                ? state.ingest(stream, rows)
                                : state.ingest(
                                        stream,
                                        rows,
                                        (String) from.get("source"),
                                        Long.parseLong(from.get("offset").toString()));
                sums.merge("accepted", report.accepted(), Long::sum);
                sums.merge("late", report.late(), Long::sum);
                sums.merge("duplicate", report.duplicate(), Long::sum);
                sums.merge("conflict", report.conflict(), Long::sum);
                sums.merge("invalid", report.invalid(), Long::sum);
                sums.merge("replayed", report.replayed(), Long::sum);
            }
        }

        private Object predicted() {
            final Map<String, Object> options = object(parity.getOrDefault("context", Map.of()));
            final Output output =
                    Output.valueOf(
                            options.getOrDefault("output", "prediction").toString().toUpperCase());
            final List<Object> rounds = list(options.getOrDefault("iterations", List.of(0L, 0L)));
            try (Model model = Model.open(artifact(parity.get("artifact")));
                    Context context =
                            model.context(
                                    output,
                                    ((Long) rounds.get(0)).intValue(),
                                    ((Long) rounds.get(1)).intValue());
                    State state = parity.containsKey("state") ? state(model.features()) : null) {
                return bitsOf(predict(model.features(), context, state));
            }
        }

        private double[] predict(Features features, Context context, State state) {
            final Layout request = features.request();
            return switch ((String) parity.get("call")) {
                case "row" -> context.predictRow(pack(request, parity.get("row")));
                case "packed" ->
                        context.predictRow(HexFormat.of().parseHex((String) parity.get("packed")));
                case "json" ->
                        way == Way.MAP
                                ? context.predictJson((String) parity.get("json"))
                                : context.predictRow(request.fromJson((String) parity.get("json")));
                case "numbers" -> numbers(context, doubles(list(parity.get("values"))));
                case "batch" -> batch(context, list(parity.get("rows")));
                case "at" -> context.predictAt(state, pack(request, parity.get("row")));
                case "batch_at" ->
                        context.predictBatchAt(state, rows(request, list(parity.get("rows"))));
                case "restored" -> restored(features, context, state);
                case "events" ->
                        context.predictEvents(pack(request, parity.get("row")), events(features));
                default -> throw new IllegalArgumentException("a call " + parity.get("call"));
            };
        }

        private double[] doubles(List<Object> bits) {
            return bits.stream().mapToDouble(ParityTest::number).toArray();
        }

        private float[] floats(double[] values) {
            final float[] narrow = new float[values.length];
            for (int i = 0; i < values.length; ++i) {
                narrow[i] = (float) values[i];
            }
            return narrow;
        }

        private double[] numbers(Context context, double[] values) {
            if (parity.get("width").equals("f32")) {
                return context.predictNumeric(floats(values));
            }
            if (way == Way.MAP || values.length != context.values().limit()) {
                return context.predictNumeric(values);
            }
            context.values().put(0, values);
            context.predictValues();
            final double[] out = new double[context.outputCount()];
            context.out().get(0, out);
            return out;
        }

        private double[] batch(Context context, List<Object> rows) {
            final double[] values =
                    rows.stream()
                            .flatMap(row -> list(row).stream())
                            .mapToDouble(ParityTest::number)
                            .toArray();
            return parity.get("width").equals("f32")
                    ? context.predictBatch(floats(values), rows.size())
                    : context.predictBatch(values, rows.size());
        }

        private double[] restored(Features features, Context context, State state) {
            final byte[] snapshot = damaged(state.snapshot(), object(parity.get("damage")));
            try (State restored = State.restore(features, snapshot, options())) {
                return context.predictAt(restored, pack(features.request(), parity.get("row")));
            }
        }

        private List<Rows> events(Features features) {
            final Map<String, Object> given = object(parity.get("events"));
            return features.streams().stream()
                    .map(
                            name ->
                                    rows(
                                            features.stream(name),
                                            list(given.getOrDefault(name, List.of()))))
                    .toList();
        }
    }
}
