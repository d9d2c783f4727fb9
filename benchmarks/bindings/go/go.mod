// SPDX-License-Identifier: Apache-2.0
module github.com/mlcore/mlcore/benchmarks/bindings/go

go 1.19

require github.com/mlcore/mlcore-go v0.1.0
