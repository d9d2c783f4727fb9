// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Finds and loads libmlcore_jni.so, which brings libmlcore.so.0 and libsodium.so.23 from its own
 * folder: from {@code -Dmlcore.library.path}, else out of the jar into a private folder named by
 * the SHA-256 of the three files.
 */
final class NativeLoader {
    private static final String LIBRARY = "libmlcore_jni.so";
    private static final List<String> FILES = List.of("libsodium.so.23", "libmlcore.so.0", LIBRARY);
    private static final Set<PosixFilePermission> PRIVATE =
            PosixFilePermissions.fromString("rwx------");
    private static final MlcoreException FAILURE = load();

    private NativeLoader() {}

    /** Throws unless the library is loaded. */
    static void require() {
        if (FAILURE != null) {
            throw new MlcoreException(
                    FAILURE.code(), FAILURE.reason(), -1, -1, FAILURE.getMessage(), FAILURE);
        }
    }

    private static MlcoreException load() {
        try {
            final String folder = System.getProperty("mlcore.library.path");
            if (folder != null) {
                loadFrom(Path.of(folder));
            } else {
                loadFromJar();
            }
            Native.checkAbi(Native.headerAbiVersion());
            return null;
        } catch (MlcoreException error) {
            return error;
        } catch (IOException | RuntimeException | UnsatisfiedLinkError error) {
            return failure(
                    Code.FAILED_PRECONDITION,
                    "the native library can't be loaded: " + error,
                    error);
        }
    }

    private static MlcoreException failure(int code, String message, Throwable cause) {
        return new MlcoreException(code, Reason.IO_FAILURE, -1, -1, message, cause);
    }

    private static void loadFrom(Path folder) {
        System.load(folder.resolve(LIBRARY).toAbsolutePath().toString());
    }

    private static void loadFromJar() throws IOException {
        final Map<String, byte[]> files = readJar();
        final List<String> problems = new ArrayList<>();
        for (final Path base : folders()) {
            try {
                load(base, files);
                return;
            } catch (IOException | UnsatisfiedLinkError error) {
                problems.add(base + ": " + explain(error));
            }
        }
        throw failure(
                Code.FAILED_PRECONDITION,
                "the native library can't be loaded; -Dmlcore.tmpdir=FOLDER names a folder to"
                        + " extract it to, -Dmlcore.library.path=FOLDER one that holds it. "
                        + String.join("; ", problems),
                null);
    }

    /**
     * Where to extract: one that is named, else the user's cache, else the system's temporary
     * folder.
     */
    private static List<Path> folders() {
        final String named = System.getProperty("mlcore.tmpdir");
        if (named != null) {
            return List.of(Path.of(named));
        }
        final List<Path> folders = new ArrayList<>();
        final String cache = System.getenv("XDG_CACHE_HOME");
        final String home = System.getProperty("user.home", "");
        if (cache != null && cache.startsWith("/")) {
            folders.add(Path.of(cache, "mlcore"));
        } else if (home.startsWith("/") && Files.isDirectory(Path.of(home))) {
            folders.add(Path.of(home, ".cache", "mlcore"));
        }
        folders.add(Path.of(System.getProperty("java.io.tmpdir")));
        return folders;
    }

    private static Map<String, byte[]> readJar() throws IOException {
        final String platform = platform();
        final Map<String, byte[]> files = new LinkedHashMap<>();
        for (final String name : FILES) {
            final String resource = "native/" + platform + "/" + name;
            try (InputStream stream = NativeLoader.class.getResourceAsStream(resource)) {
                if (stream == null) {
                    throw failure(
                            Code.UNIMPLEMENTED,
                            "the package has no native library for "
                                    + platform
                                    + " (it is made for linux-x86_64 with glibc); "
                                    + "-Dmlcore.library.path=FOLDER names a folder that holds one",
                            null);
                }
                files.put(name, stream.readAllBytes());
            }
        }
        return files;
    }

    private static String platform() {
        final String system = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
        final String machine = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
        return system.replace(' ', '_') + "-" + (machine.equals("amd64") ? "x86_64" : machine);
    }

    /**
     * Loads from the shared folder of these files; from a copy of this class loader's own where
     * that is taken.
     */
    private static void load(Path base, Map<String, byte[]> files) throws IOException {
        createPrivate(base);
        final Path shared = base.resolve("mlcore-" + digest(files));
        if (isPrivate(shared)) {
            try {
                extract(shared, files);
                loadFrom(shared);
                return;
            } catch (UnsatisfiedLinkError error) {
                if (!String.valueOf(error.getMessage())
                        .contains("already loaded in another classloader")) {
                    throw error;
                }
            }
        }
        final Path own =
                Files.createTempDirectory(
                        base, "mlcore-", PosixFilePermissions.asFileAttribute(PRIVATE));
        try {
            extract(own, files);
            loadFrom(own);
        } finally { // what is loaded stays mapped
            for (final String name : FILES) {
                Files.deleteIfExists(own.resolve(name));
            }
            Files.deleteIfExists(own);
        }
    }

    private static void createPrivate(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            Files.createDirectories(folder, PosixFilePermissions.asFileAttribute(PRIVATE));
        }
    }

    /** Makes the folder, or tells whether the one that is there is the user's alone. */
    private static boolean isPrivate(Path folder) throws IOException {
        createPrivate(folder);
        if (Files.isSymbolicLink(folder)
                || !Files.getPosixFilePermissions(folder).equals(PRIVATE)) {
            return false;
        }
        Path probe = null;
        try {
            probe =
                    Files.createTempFile(
                            folder, "probe", null, PosixFilePermissions.asFileAttribute(PRIVATE));
            return Files.getOwner(folder).equals(Files.getOwner(probe));
        } catch (AccessDeniedException error) {
            return false; // somebody else's
        } finally {
            if (probe != null) {
                Files.deleteIfExists(probe);
            }
        }
    }

    private static void extract(Path folder, Map<String, byte[]> files) throws IOException {
        for (final Map.Entry<String, byte[]> file : files.entrySet()) {
            final Path path = folder.resolve(file.getKey());
            if (Files.isRegularFile(path)
                    && Arrays.equals(Files.readAllBytes(path), file.getValue())) {
                continue;
            }
            final Path part =
                    Files.createTempFile(
                            folder, "part", null, PosixFilePermissions.asFileAttribute(PRIVATE));
            try {
                Files.write(part, file.getValue());
                Files.move(part, path, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(part);
            }
        }
    }

    private static String digest(Map<String, byte[]> files) {
        try {
            final MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            files.values().forEach(sha256::update);
            return HexFormat.of().formatHex(sha256.digest());
        } catch (NoSuchAlgorithmException error) {
            throw new IllegalStateException(error); // every JDK has it
        }
    }

    private static String explain(Throwable error) {
        final String message = String.valueOf(error.getMessage());
        if (message.contains("failed to map segment")) {
            return "the folder is on a file system mounted noexec (" + message + ")";
        }
        return error instanceof UnsatisfiedLinkError ? message : error.toString();
    }
}
