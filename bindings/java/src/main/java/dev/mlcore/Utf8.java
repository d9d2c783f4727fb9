// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Text across the boundary: exact UTF-8, where a lone surrogate is an error and never a question
 * mark.
 */
final class Utf8 {
    private Utf8() {}

    static CharsetEncoder encoder() {
        return StandardCharsets.UTF_8
                .newEncoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
    }

    static byte[] encode(String text, String what) {
        MlcoreException.notNull(text, what);
        try {
            final ByteBuffer bytes = encoder().encode(CharBuffer.wrap(text));
            return Arrays.copyOf(bytes.array(), bytes.limit());
        } catch (CharacterCodingException error) {
            throw MlcoreException.invalid(Reason.INVALID_UTF8, what + " has a lone surrogate");
        }
    }

    static String decode(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
