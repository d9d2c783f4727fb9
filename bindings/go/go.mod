// SPDX-License-Identifier: Apache-2.0
module github.com/mlcore/mlcore-go

go 1.19
