// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.HashMap;
import java.util.Map;

/**
 * The names of constants. They do not come from the library, which may be what could not be loaded.
 */
final class Numbers {
    private Numbers() {}

    /** The names of a class's public int constants, by number. */
    static Map<Integer, String> namesOf(Class<?> type) {
        final Map<Integer, String> names = new HashMap<>();
        for (final Field field : type.getDeclaredFields()) {
            if (Modifier.isPublic(field.getModifiers()) && field.getType() == int.class) {
                try {
                    names.put(field.getInt(null), field.getName());
                } catch (IllegalAccessException error) {
                    throw new IllegalStateException(error); // the field is public
                }
            }
        }
        return Map.copyOf(names);
    }
}
