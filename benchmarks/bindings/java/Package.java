// SPDX-License-Identifier: Apache-2.0

import dev.mlcore.Context;
import dev.mlcore.Field;
import dev.mlcore.Mlcore;
import dev.mlcore.Model;
import dev.mlcore.Output;
import dev.mlcore.RowWriter;

import java.nio.DoubleBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * usage: Package ARTIFACT [ROWS]: one line of JSON with the numeric call, the packed call, and the
 * call with a map. ROWS is a file of doubles, rows x inputs.
 */
final class Package {
    private Package() {}

    public static void main(String[] arguments) throws Exception {
        try (Model model = Model.open(arguments[0]);
                Context context = model.context(Output.MARGIN)) {
            final List<Field> fields = model.features().request().fields();
            final double[][] rows = Measure.rows(arguments, fields.size());
            final RowWriter[] packed = new RowWriter[rows.length];
            final Map<?, ?>[] maps = new Map<?, ?>[rows.length];
            for (int i = 0; i < rows.length; ++i) {
                packed[i] = model.features().request().writer();
                final Map<String, Object> map = new HashMap<>();
                for (int field = 0; field < fields.size(); ++field) {
                    packed[i].set(field, rows[i][field]);
                    map.put(fields.get(field).name(), rows[i][field]);
                }
                maps[i] = map;
            }
            final DoubleBuffer values = context.values();
            final Measure measure = new Measure(rows.length, 301);
            final Measure.Call numeric =
                    row -> {
                        values.put(0, rows[row]);
                        return context.predictValues();
                    };
            final double typed = measure.perCall(row -> context.predictRow(packed[row]));
            measure.perCall(numeric);
            @SuppressWarnings("unchecked")
            final double objects =
                    measure.perCall(row -> context.predictRow((Map<String, ?>) maps[row])[0]);
            measure.print(
                    "dev.mlcore:mlcore " + Mlcore.version(),
                    numeric,
                    String.format(
                            Locale.ROOT,
                            ", \"ns_per_packed_call\": %.1f, \"ns_per_object_call\": %.1f",
                            typed,
                            objects));
        }
    }
}
