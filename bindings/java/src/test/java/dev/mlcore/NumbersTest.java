// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Every number that this package copies, held against the C header. */
class NumbersTest {
    private static final Path SOURCES = Fixtures.top().resolve("bindings/java/src/main/c");
    private static Map<String, Integer> header;

    @BeforeAll
    static void readTheHeader() throws IOException {
        NativeLoader.require();
        final Path headers = Fixtures.top().resolve("capi/include/mlcore");
        header = enumerators(headers.resolve("codes.h"));
        header.putAll(enumerators(headers.resolve("mlcore.h")));
        header.putAll(enumerators(headers.resolve("state.h")));
        assertFalse(header.isEmpty());
    }

    private static Map<String, Integer> enumerators(Path file) throws IOException {
        final Map<String, Integer> numbers = new TreeMap<>();
        final Matcher found =
                Pattern.compile("\\b([A-Z][A-Z0-9_]*) = (\\d+)\\b").matcher(Files.readString(file));
        while (found.find()) {
            numbers.put(found.group(1), Integer.valueOf(found.group(2)));
        }
        return numbers;
    }

    private static Map<String, Integer> withPrefix(String prefix) {
        final Map<String, Integer> numbers = new TreeMap<>();
        header.forEach(
                (name, number) -> {
                    if (name.startsWith(prefix)) {
                        numbers.put(name.substring(prefix.length()), number);
                    }
                });
        return numbers;
    }

    private static Map<String, Integer> constants(Class<?> type) throws IllegalAccessException {
        final Map<String, Integer> numbers = new TreeMap<>();
        for (final Field field : type.getDeclaredFields()) {
            if (Modifier.isPublic(field.getModifiers()) && field.getType() == int.class) {
                numbers.put(field.getName(), field.getInt(null));
            }
        }
        return numbers;
    }

    @Test
    void whatIsAbsentHasTheNumbersOfTheHeader() {
        final Map<String, Integer> numbers = new TreeMap<>();
        for (final Matrix.Absent absent : Matrix.Absent.values()) {
            numbers.put(absent.name(), absent.number);
        }
        assertEquals(withPrefix("MLCORE_ABSENT_"), numbers);
    }

    @Test
    void reasonsAreThoseOfTheHeader() throws IllegalAccessException {
        assertEquals(withPrefix("MLCORE_REASON_"), constants(Reason.class));
    }

    @Test
    void codesAreThoseOfTheHeader() throws IllegalAccessException {
        final Map<String, Integer> codes = withPrefix("MLCORE_");
        for (final String other :
                new String[] {
                    "REASON_", "OUTPUT_", "TYPE_", "STATE_", "LISTED_", "REPORT_", "NUMBER_",
                    "ABSENT_"
                }) {
            codes.keySet().removeIf(name -> name.startsWith(other));
        }
        assertEquals(codes, constants(Code.class));
    }

    @Test
    void theNamesOfTheNumbersAreThoseOfTheLibrary() throws IllegalAccessException {
        constants(Code.class)
                .values()
                .forEach(
                        number ->
                                assertEquals(
                                        Utf8.decode(Native.codeName(number)), Code.nameOf(number)));
        constants(Reason.class)
                .values()
                .forEach(
                        number ->
                                assertEquals(
                                        Utf8.decode(Native.reasonName(number)),
                                        Reason.nameOf(number)));
        assertEquals("INVALID_ARGUMENT", Code.nameOf(3));
        assertEquals("missing_column", Reason.nameOf(201));
        assertEquals("", Code.nameOf(99));
        assertEquals("", Reason.nameOf(-1));
    }

    @Test
    void outputsAndTypesAreThoseOfTheHeader() {
        final Map<String, Integer> outputs = new TreeMap<>();
        Stream.of(Output.values()).forEach(output -> outputs.put(output.name(), output.number()));
        assertEquals(withPrefix("MLCORE_OUTPUT_"), outputs);
        final Map<String, Integer> types = new TreeMap<>();
        Stream.of(Type.values()).forEach(type -> types.put(type.name(), type.number()));
        assertEquals(withPrefix("MLCORE_TYPE_"), types);
        for (final Type type : Type.values()) {
            assertEquals(type, Type.of(type.number()));
        }
        Fixtures.refused(Code.UNIMPLEMENTED, Reason.UNSUPPORTED_FEATURE, () -> Type.of(7));
        Fixtures.refused(Code.UNIMPLEMENTED, Reason.UNSUPPORTED_FEATURE, () -> Type.of(0));
    }

    @Test
    void theFlagsOfAStateAreThoseOfTheHeader() {
        final StateOptions none = StateOptions.DEFAULT;
        assertEquals(0, none.numbers()[0]);
        assertEquals(
                header.get("MLCORE_STATE_HAS_LATENESS").longValue(),
                none.withLateness(java.time.Duration.ZERO).numbers()[0]);
        assertEquals(
                header.get("MLCORE_STATE_HAS_COMPLETE_FROM").longValue(),
                none.withCompleteFrom(Fixtures.NEW_YEAR).numbers()[0]);
        assertEquals(7 + 2 * header.get("MLCORE_LISTED_ROWS"), IngestReport.NUMBERS);
    }

    @Test
    void theFormatsOfAReportAreThoseOfTheHeader() {
        assertEquals(
                withPrefix("MLCORE_REPORT_"),
                Map.of(
                        "JSON", Monitor.JSON,
                        "PROMETHEUS", Monitor.PROMETHEUS,
                        "HTML", Monitor.HTML));
    }

    @Test
    void theBindingIsCompiledWithThisHeader() throws IOException {
        final Matcher abi =
                Pattern.compile("#define MLCORE_ABI_VERSION (\\d+)u")
                        .matcher(
                                Files.readString(
                                        Fixtures.top().resolve("capi/include/mlcore/mlcore.h")));
        assertEquals(true, abi.find());
        assertEquals(Integer.parseInt(abi.group(1)), Native.headerAbiVersion());
    }

    @Test
    void theKindsOfHandlesAreThoseOfTheJniLibrary() throws IOException {
        final Map<String, Integer> kinds = enumerators(SOURCES.resolve("binding.h"));
        assertEquals(
                Map.of(
                        "KIND_MODEL", Handle.MODEL,
                        "KIND_FEATURES", Handle.FEATURES,
                        "KIND_STATE", Handle.STATE,
                        "KIND_CONTEXT", Handle.CONTEXT,
                        "KIND_MONITOR", Handle.MONITOR),
                kinds);
    }

    @Test
    void everyNativeMethodIsRegistered() throws IOException {
        final Map<String, Integer> registered = new TreeMap<>();
        for (final String file :
                new String[] {
                    "library.c", "inspect.c", "rows.c", "state.c", "monitor.c", "predict.c"
                }) {
            final Matcher method =
                    Pattern.compile("METHOD\\((\\w+),")
                            .matcher(Files.readString(SOURCES.resolve(file)));
            while (method.find()) {
                registered.merge(method.group(1), 1, Integer::sum);
            }
        }
        final Map<String, Integer> declared = new TreeMap<>();
        Arrays.stream(Native.class.getDeclaredMethods())
                .filter(method -> Modifier.isNative(method.getModifiers()))
                .forEach(method -> declared.merge(method.getName(), 1, Integer::sum));
        assertEquals(declared, registered);
    }
}
