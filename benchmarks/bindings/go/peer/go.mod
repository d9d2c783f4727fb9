// SPDX-License-Identifier: Apache-2.0
module github.com/mlcore/mlcore/benchmarks/bindings/go/peer

go 1.19

require github.com/yalue/onnxruntime_go v1.27.0
