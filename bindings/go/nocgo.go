// SPDX-License-Identifier: Apache-2.0

//go:build !cgo

package mlcore

// The name is the message: the package is a binding of a C library.
var _ = mlcore_needs_cgo_set_CGO_ENABLED_to_1_and_install_a_C_compiler
