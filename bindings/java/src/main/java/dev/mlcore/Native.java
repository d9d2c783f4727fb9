// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

/**
 * The functions of libmlcore_jni.so, one for each of the C ABI that the package uses. All are
 * static and take addresses; whoever calls them holds the handle open. A failure is thrown as
 * {@link MlcoreException}.
 */
final class Native {
    private Native() {}

    static native void checkAbi(int headerAbi);

    static native int abiVersion();

    static native int headerAbiVersion();

    static native byte[] version();

    static native byte[] libraryPath();

    static native byte[] codeName(int code);

    static native byte[] reasonName(int reason);

    static native void release(int kind, long address);

    static native long modelOpen(byte[] path);

    static native long modelOpenBytes(byte[] artifact);

    static native byte[] modelName(long model);

    static native byte[] modelDigest(long model);

    static native long modelVersion(long model);

    static native byte[] modelDescribe(long model);

    static native long modelFeatures(long model);

    static native long modelOutputCount(long model, int output);

    static native void modelMarginF64(
            long model, double[] values, long rows, long columns, double[] out);

    static native void modelMarginF32(
            long model, float[] values, long rows, long columns, double[] out);

    static native long featuresOpen(byte[] text);

    static native byte[] featuresText(long features);

    static native byte[] featuresFingerprint(long features);

    static native long featureCount(long features);

    static native byte[] featureName(long features, long index);

    static native long requestLayout(long features);

    static native long streamCount(long features);

    static native byte[] streamName(long features, long stream);

    static native long findStream(long features, byte[] name);

    static native long streamLayout(long features, long stream);

    static native double[] featuresCompute(
            long features,
            long state,
            byte[] bytes,
            long size,
            long[] offsets,
            int count,
            int outCount);

    static native long layoutId(long layout);

    static native long layoutFixedSize(long layout);

    static native long layoutFieldCount(long layout);

    static native byte[] layoutField(long layout, long index, long[] typeNullableSlot);

    static native void rowCheck(long layout, byte[] row, int size);

    static native byte[] rowFromJson(long layout, byte[] json);

    static native long stateNew(long features, long[] options);

    static native long stateRestore(long features, byte[] snapshot, long[] options);

    static native byte[] stateIngest(
            long state,
            long stream,
            byte[] bytes,
            long size,
            long[] offsets,
            int count,
            byte[] source,
            long offset,
            long[] report);

    static native long stateSourceOffset(long state, byte[] source);

    static native void stateExpire(long state, long time);

    static native long stateKeyCount(long state);

    static native long stateEventCount(long state);

    static native long stateMemory(long state);

    static native byte[] stateSnapshot(long state);

    static native long monitorNew(long model, long[] numbers, double[] thresholds);

    static native void monitorAttach(long monitor, long call);

    static native byte[] monitorReport(long monitor, int format);

    static native long contextNew(long model, int output, int begin, int end, int threads);

    static native long contextOutputCount(long call);

    static native void contextBind(
            long call, java.nio.DoubleBuffer values, long valueCount, java.nio.DoubleBuffer out);

    static native void contextBindRow(long call, java.nio.ByteBuffer row);

    static native double predictRow(long call, long size);

    static native double predictValues(long call);

    static native void predictF64(long call, double[] values);

    static native void predictF32(long call, float[] values);

    static native double predictAt(long call, long state, long size);

    static native void predictEvents(
            long call, long size, byte[][] bytes, long[] sizes, long[][] offsets, int[] counts);

    static native void predictMatrix(
            long call,
            Object values,
            boolean isFloat,
            long rows,
            long columns,
            long[] rowBegin,
            int[] column,
            int absent,
            boolean hasMissing,
            double missing,
            double[] baseMargin,
            double[] out);

    static native void predictBatchAt(
            long call,
            long state,
            byte[] bytes,
            long size,
            long[] offsets,
            int count,
            double[] out);
}
