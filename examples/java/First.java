// SPDX-License-Identifier: Apache-2.0
// usage: java -cp mlcore-0.1.0.jar First.java ARTIFACT ROW_JSON, as in:
// java -cp mlcore-0.1.0.jar First.java churn.mlc '{"customer": "7", "as_of": "1998-01-01"}'
import dev.mlcore.Context;
import dev.mlcore.MlcoreException;
import dev.mlcore.Model;
import dev.mlcore.State;

import java.util.Locale;

public final class First {
    private First() {}

    public static void main(String[] arguments) {
        if (arguments.length != 2) {
            System.exit(2);
        }
        try (Model model = Model.open(arguments[0]);
                State state = new State(model.features()); // without events: nobody has ordered yet
                Context context = model.context()) {
            final byte[] row = model.features().request().fromJson(arguments[1]);
            System.out.println(
                    String.format(Locale.ROOT, "%.9g", context.predictAt(state, row)[0]));
        } catch (MlcoreException error) {
            System.err.println(error.getMessage());
            System.exit(1);
        }
    }
}
