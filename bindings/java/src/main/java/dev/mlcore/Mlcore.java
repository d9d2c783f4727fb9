// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

/**
 * The library itself.
 *
 * <pre>{@code
 * System.out.println("mlcore " + Mlcore.version() + " from " + Mlcore.libraryPath());
 * }</pre>
 */
public final class Mlcore {
    private Mlcore() {}

    /**
     * The library's version.
     *
     * <pre>{@code
     * Mlcore.version(); // "0.1.0"
     * }</pre>
     *
     * @return the version
     * @throws MlcoreException FAILED_PRECONDITION/IO_FAILURE (the native library can't be loaded),
     *     UNIMPLEMENTED/IO_FAILURE (there is none for this platform),
     *     FAILED_PRECONDITION/ABI_MISMATCH (another one was found)
     */
    public static String version() {
        NativeLoader.require();
        return Utf8.decode(Native.version());
    }

    /**
     * The version of the library's binary interface.
     *
     * <pre>{@code
     * int major = Mlcore.abiVersion() >>> 16;
     * }</pre>
     *
     * @return {@code major << 16 | minor}
     * @throws MlcoreException as {@link #version}
     */
    public static int abiVersion() {
        NativeLoader.require();
        return Native.abiVersion();
    }

    /**
     * The file that the library was loaded from.
     *
     * <pre>{@code
     * Mlcore.libraryPath(); // "/home/ada/.cache/mlcore/mlcore-31f0…/libmlcore.so.0"
     * }</pre>
     *
     * @return its path
     * @throws MlcoreException as {@link #version}
     */
    public static String libraryPath() {
        NativeLoader.require();
        return Utf8.decode(Native.libraryPath());
    }
}
