// SPDX-License-Identifier: Apache-2.0

package mlcore

import (
	"runtime"
	"sync/atomic"
	"unsafe"
)

// owner frees a C handle that many calls may use at once: after close, when the last of them has
// left. What is borrowed from the handle refers to the owner too, and so keeps it from the finalizer.
type owner struct {
	what   string
	users  atomic.Int64 // the calls in progress, and one until close
	closed atomic.Bool
	free   func()
}

func newOwner(what string, free func()) *owner {
	o := &owner{what: what, free: free}
	o.users.Store(1)
	runtime.SetFinalizer(o, (*owner).close)
	return o
}

func closedError(what string) *Error {
	return newError(FailedPrecondition, ReasonClosedHandle, "the %s is closed", what)
}

// enter begins a call, which leave ends.
func (o *owner) enter() error {
	if o == nil {
		return closedError("handle")
	}
	for !o.closed.Load() {
		users := o.users.Load()
		if users == 0 {
			break
		}
		if o.users.CompareAndSwap(users, users+1) {
			return nil
		}
	}
	return closedError(o.what)
}

func (o *owner) leave() {
	if o.users.Add(-1) == 0 {
		o.free()
	}
}

// close lets no call in any more; closing again does nothing.
func (o *owner) close() {
	if o != nil && !o.closed.Swap(true) {
		runtime.SetFinalizer(o, nil)
		o.leave()
	}
}

// Where an empty slice begins: the library takes no NULL for bytes, however few.
var nowhere [8]byte

// pointer returns where a slice begins. Lifetime: the slice's.
func pointer[T any](slice []T) unsafe.Pointer {
	if len(slice) == 0 {
		return unsafe.Pointer(&nowhere)
	}
	return unsafe.Pointer(&slice[0])
}
