// SPDX-License-Identifier: Apache-2.0

package mlcore

// #cgo pkg-config: mlcore
import "C"
