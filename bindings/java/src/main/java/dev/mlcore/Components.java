// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;

/** The components of a record class, looked up once. */
final class Components {
    private static final ClassValue<Components> KNOWN =
            new ClassValue<>() {
                @Override
                protected Components computeValue(Class<?> type) {
                    return new Components(type);
                }
            };

    private final String[] names;
    private final Method[] accessors;

    private Components(Class<?> type) {
        final RecordComponent[] components = type.getRecordComponents();
        names = new String[components.length];
        accessors = new Method[components.length];
        for (int i = 0; i < components.length; ++i) {
            names[i] = components[i].getName();
            accessors[i] = components[i].getAccessor();
            try {
                accessors[i].setAccessible(true);
            } catch (InaccessibleObjectException error) {
                throw unreadable(type, error);
            }
        }
    }

    static Components of(Class<? extends Record> type) {
        return KNOWN.get(type);
    }

    /** Sets a field for each component; what an accessor throws goes through. */
    void write(Record values, RowWriter row) {
        for (int i = 0; i < names.length; ++i) {
            row.setValue(row.layout().known(names[i]), read(values, accessors[i]));
        }
    }

    private static Object read(Record values, Method accessor) {
        try {
            return accessor.invoke(values);
        } catch (InvocationTargetException error) {
            if (error.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            if (error.getCause() instanceof Error cause) {
                throw cause;
            }
            throw unreadable(values.getClass(), error);
        } catch (IllegalAccessException error) {
            throw unreadable(values.getClass(), error);
        }
    }

    private static MlcoreException unreadable(Class<?> type, Exception cause) {
        return new MlcoreException(
                Code.INVALID_ARGUMENT,
                Reason.TYPE_MISMATCH,
                -1,
                -1,
                "the components of "
                        + type.getName()
                        + " can't be read; does its module open the package?",
                cause);
    }
}
