// SPDX-License-Identifier: Apache-2.0

package mlcore

import "sync"

// Pool keeps contexts of one model for goroutines that come and go. It makes a context when none is
// idle, and so holds as many as were in use at once.
//
//	err := pool.With(func(context *mlcore.Context) error {
//		churn, err := context.Predict(&row)
//		…
//	})
type Pool struct {
	mark    *byte // in its contexts, which must not lead here: what leads to itself is never finalized
	model   *Model
	options ContextOptions
	mutex   sync.Mutex
	idle    []*Context
	closed  bool
}

// NewPool returns a pool, which makes its first context at once, to know that it can. A monitor of the
// options counts all of its contexts; it must be open as long as the pool makes them.
// Errors: as [Model.NewContext].
func NewPool(model *Model, options ContextOptions) (*Pool, error) {
	p := &Pool{mark: new(byte), model: model, options: options}
	first, err := p.newContext()
	if err != nil {
		return nil, err
	}
	p.Put(first)
	return p, nil
}

func (p *Pool) newContext() (*Context, error) {
	context, err := p.model.NewContext(p.options)
	if err == nil {
		context.pool = p.mark
	}
	return context, err
}

// Get takes a context out of the pool, or makes one. Give it back with [Pool.Put].
// Errors: as [Model.NewContext]; FailedPrecondition/ReasonClosedHandle.
func (p *Pool) Get() (*Context, error) {
	if p == nil {
		return nil, nilError("the pool")
	}
	p.mutex.Lock()
	if p.closed || p.model == nil {
		p.mutex.Unlock()
		return nil, closedError("pool")
	}
	if last := len(p.idle) - 1; last >= 0 {
		context := p.idle[last]
		p.idle[last], p.idle = nil, p.idle[:last]
		context.pooled.Store(false)
		p.mutex.Unlock()
		return context, nil
	}
	p.mutex.Unlock()
	return p.newContext()
}

// Put gives a context back, which must not be used any more. A closed pool closes it. One that was given
// back already, or that is not of this pool, is left alone.
func (p *Pool) Put(context *Context) {
	if p == nil || p.mark == nil || context == nil || context.pool != p.mark || context.doing.Load() == closed ||
		context.pooled.Swap(true) {
		return
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.closed {
		_ = context.Close() // in use still: freed when it is forgotten
		return
	}
	p.idle = append(p.idle, context)
}

// With calls a function with a context of the pool, and gives the context back, also when the function
// panics.
// Errors: as [Pool.Get], and what the function returns.
func (p *Pool) With(use func(*Context) error) error {
	context, err := p.Get()
	if err != nil {
		return err
	}
	defer p.Put(context)
	return use(context)
}

// Close closes the contexts that lie in the pool, and each of the others when it is given back. Closing
// again does nothing. It always returns nil.
func (p *Pool) Close() error {
	if p == nil {
		return nil
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.closed = true
	for _, context := range p.idle {
		_ = context.Close() // in use still, against the rule: freed when it is forgotten
	}
	p.idle = nil
	return nil
}
