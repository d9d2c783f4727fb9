// SPDX-License-Identifier: Apache-2.0

//go:build !race

package mlcore_test

const raceDetector = false
