// SPDX-License-Identifier: Apache-2.0

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Map;

/**
 * usage: Peer MODEL.onnx [ROWS]: the same line for ONNX Runtime: one thread, input and output bound
 * to direct buffers, the row copied in.
 */
final class Peer {
    private Peer() {}

    private static FloatBuffer floats(int count) {
        return ByteBuffer.allocateDirect(count * Float.BYTES)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    }

    private static float[][] narrow(double[][] rows) {
        final float[][] floats = new float[rows.length][rows[0].length];
        for (int i = 0; i < rows.length; ++i) {
            for (int j = 0; j < rows[i].length; ++j) {
                floats[i][j] = (float) rows[i][j];
            }
        }
        return floats;
    }

    public static void main(String[] arguments) throws Exception {
        final OrtEnvironment environment = OrtEnvironment.getEnvironment();
        final OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        options.setIntraOpNumThreads(1);
        options.setInterOpNumThreads(1);
        try (OrtSession session = environment.createSession(arguments[0], options)) {
            final String input = session.getInputNames().iterator().next();
            final String output =
                    session.getOutputNames().stream()
                            .reduce((first, second) -> second)
                            .orElseThrow();
            final TensorInfo shape = (TensorInfo) session.getInputInfo().get(input).getInfo();
            final int columns = (int) shape.getShape()[1];
            final double[][] rows = Measure.rows(arguments, columns);
            final float[][] narrow = narrow(rows);
            final FloatBuffer values = floats(columns);
            final FloatBuffer margin = floats(1);
            try (OnnxTensor in =
                            OnnxTensor.createTensor(environment, values, new long[] {1, columns});
                    OnnxTensor out =
                            OnnxTensor.createTensor(environment, margin, new long[] {1, 1})) {
                final Map<String, OnnxTensor> inputs = Map.of(input, in);
                final Map<String, OnnxTensor> outputs = Map.of(output, out);
                final Measure measure = new Measure(rows.length, 31);
                measure.print(
                        "com.microsoft.onnxruntime:onnxruntime "
                                + System.getProperty("onnxruntime"),
                        row -> {
                            values.put(0, narrow[row]);
                            session.run(inputs, outputs).close();
                            return margin.get(0);
                        },
                        "");
            }
        }
    }
}
