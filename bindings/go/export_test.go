// SPDX-License-Identifier: Apache-2.0

package mlcore

// ReportText returns the bytes that Report reads.
func (m *Monitor) ReportText() ([]byte, error) { return m.write(0) }
