// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads what the library wrote: objects as maps in their order, arrays as lists, strings, booleans,
 * null, numbers as Long where they are whole and fit, else as Double.
 */
final class Json {
    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    static Object parse(String text) {
        final Json json = new Json(text);
        final Object value = json.value();
        json.blank();
        if (json.at != text.length()) {
            throw json.wrong("the end");
        }
        return value;
    }

    private IllegalArgumentException wrong(String expected) {
        return new IllegalArgumentException("JSON: expected " + expected + " at " + at);
    }

    private void blank() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            ++at;
        }
    }

    /** Takes the token where it comes next. */
    private boolean skip(String token) {
        blank();
        if (!text.startsWith(token, at)) {
            return false;
        }
        at += token.length();
        return true;
    }

    private void expect(String token) {
        if (!skip(token)) {
            throw wrong(token);
        }
    }

    private Object value() {
        if (skip("{")) {
            return object();
        }
        if (skip("[")) {
            return array();
        }
        if (skip("\"")) {
            return string();
        }
        if (skip("true")) {
            return true;
        }
        if (skip("false")) {
            return false;
        }
        if (skip("null")) {
            return null;
        }
        return number();
    }

    private Number number() {
        final int begin = at;
        while (at < text.length() && "+-.0123456789Ee".indexOf(text.charAt(at)) >= 0) {
            ++at;
        }
        final String token = text.substring(begin, at);
        try {
            return Long.valueOf(token);
        } catch (NumberFormatException notWhole) {
            try {
                return Double.valueOf(token);
            } catch (NumberFormatException notANumber) {
                throw wrong("a value");
            }
        }
    }

    private Map<String, Object> object() {
        final Map<String, Object> members = new LinkedHashMap<>();
        if (skip("}")) {
            return members;
        }
        do {
            expect("\"");
            final String name = string();
            expect(":");
            members.put(name, value());
        } while (skip(","));
        expect("}");
        return members;
    }

    private List<Object> array() {
        final List<Object> items = new ArrayList<>();
        if (skip("]")) {
            return items;
        }
        do {
            items.add(value());
        } while (skip(","));
        expect("]");
        return items;
    }

    private String string() {
        final StringBuilder out = new StringBuilder();
        while (text.charAt(at) != '"') {
            char unit = text.charAt(at++);
            if (unit == '\\') {
                unit = text.charAt(at++);
                if (unit == 'u') {
                    out.append((char) Integer.parseInt(text.substring(at, at + 4), 16));
                    at += 4;
                    continue;
                }
                final int escape = "nrtbf".indexOf(unit);
                unit = escape < 0 ? unit : "\n\r\t\b\f".charAt(escape);
            }
            out.append(unit);
        }
        ++at;
        return out.toString();
    }
}
