// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Where the native library comes from, each case in a JVM of its own. */
class LoaderTest {
    /** Prints where the library was loaded from, or why it was not. */
    static final class Probe {
        private Probe() {}

        public static void main(String[] arguments) {
            for (int i = 0; i < 2; ++i) {
                try {
                    System.out.println(Mlcore.libraryPath());
                } catch (MlcoreException error) {
                    System.out.println(error.code() + "/" + error.reason() + " " + error);
                }
            }
        }
    }

    @TempDir Path folder;

    private static List<String> probe(String... options) throws IOException, InterruptedException {
        final List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(options));
        command.addAll(
                List.of("-cp", System.getProperty("java.class.path"), Probe.class.getName()));
        final Process process =
                new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        final String output =
                new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor());
        final List<String> lines = output.lines().toList();
        assertEquals(2, lines.size());
        assertEquals(lines.get(0), lines.get(1), "the same answer each time");
        return lines;
    }

    private Path extracted() throws IOException {
        try (Stream<Path> found = Files.list(folder)) {
            final List<Path> folders = found.toList();
            assertEquals(1, folders.size());
            return folders.get(0);
        }
    }

    @Test
    void theLibrariesAreExtractedOnceToAPrivateFolder() throws Exception {
        final String option = "-Dmlcore.tmpdir=" + folder;
        final String path = probe(option).get(0);
        assertEquals(extracted().resolve("libmlcore.so.0").toString(), path);
        assertTrue(extracted().getFileName().toString().matches("mlcore-[0-9a-f]{64}"));
        try (Stream<Path> files = Files.walk(extracted())) {
            for (final Path file : files.toList()) {
                assertEquals(
                        "rwx------",
                        PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
            }
        }
        final Path library = extracted().resolve("libmlcore_jni.so");
        Files.setLastModifiedTime(library, FileTime.fromMillis(1000));
        assertEquals(path, probe(option).get(0));
        assertEquals(
                1000, Files.getLastModifiedTime(library).toMillis(), "it is not written again");
    }

    @Test
    void aDamagedExtractionIsRepaired() throws Exception {
        final String option = "-Dmlcore.tmpdir=" + folder;
        final String path = probe(option).get(0);
        final byte[] good = Files.readAllBytes(Path.of(path));
        Files.write(Path.of(path), new byte[100]);
        assertEquals(path, probe(option).get(0));
        assertEquals(good.length, Files.size(Path.of(path)));
    }

    @Test
    void aFolderThatOthersCanWriteToIsNotUsed() throws Exception {
        final String option = "-Dmlcore.tmpdir=" + folder;
        final String path = probe(option).get(0);
        Files.setPosixFilePermissions(extracted(), PosixFilePermissions.fromString("rwxrwxrwx"));
        final String own = probeOnce(option);
        assertTrue(own.startsWith(folder.toString()) && !own.equals(path), own);
        assertEquals(1, Files.list(folder).count(), "its own copy is gone once it is loaded");
    }

    private static String probeOnce(String option) throws IOException, InterruptedException {
        return probe(option).get(0);
    }

    @Test
    void theLibraryPathIsTakenAsItIs() throws Exception {
        final String path = probe("-Dmlcore.tmpdir=" + folder).get(0);
        final String natives = Path.of(path).getParent().toString();
        assertEquals(path, probe("-Dmlcore.library.path=" + natives).get(0));
        final String missing = probe("-Dmlcore.library.path=" + folder + "/none").get(0);
        assertTrue(
                missing.startsWith(
                        "9/602 dev.mlcore.MlcoreException: the native library can't be loaded"),
                missing);
        assertTrue(missing.contains(folder + "/none/libmlcore_jni.so"), missing);
    }

    @Test
    void aPlatformWithoutALibraryIsNamed() throws Exception {
        final String message = probe("-Dos.arch=riscv64").get(0);
        assertTrue(
                message.startsWith(
                        "12/602 dev.mlcore.MlcoreException: the package has no native library for"
                                + " linux-riscv64"),
                message);
        assertTrue(message.contains("-Dmlcore.library.path"), message);
        assertTrue(probe("-Dos.name=Mac OS X").get(0).contains("mac_os_x-x86_64"));
    }

    @Test
    void aFolderThatCanNotBeMadeIsNamed() throws Exception {
        final Path file = Files.writeString(folder.resolve("file"), "");
        final String message = probe("-Dmlcore.tmpdir=" + file).get(0);
        assertTrue(
                message.startsWith(
                        "9/602 dev.mlcore.MlcoreException: the native library can't be loaded"),
                message);
        assertTrue(message.contains(file.toString()), message);
    }

    @Test
    void everyClassLoaderHasALibraryOfItsOwn() throws Exception {
        final URL classes = Mlcore.class.getProtectionDomain().getCodeSource().getLocation();
        try (URLClassLoader first =
                        new URLClassLoader(
                                new URL[] {classes}, ClassLoader.getPlatformClassLoader());
                URLClassLoader second =
                        new URLClassLoader(
                                new URL[] {classes}, ClassLoader.getPlatformClassLoader())) {
            final Class<?> one = first.loadClass("dev.mlcore.Mlcore");
            final Class<?> other = second.loadClass("dev.mlcore.Mlcore");
            assertNotSame(one, other);
            assertEquals("0.1.0", one.getMethod("version").invoke(null));
            assertEquals("0.1.0", other.getMethod("version").invoke(null));
            assertEquals("0.1.0", Mlcore.version());
        }
    }
}
