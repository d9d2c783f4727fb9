// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;

/**
 * A native object that takes one call at a time; others wait. One atomic operation a call where
 * nobody waits. The caller of {@link #enter} keeps the owner reachable until {@link #leave}.
 */
final class Gate implements Runnable {
    private static final int FREE = 0;
    private static final int BUSY = 1;
    private static final int SPINS = 128;
    private static final long PAUSE_NANOS = 20_000;
    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(Gate.class, "state", int.class);
        } catch (ReflectiveOperationException error) {
            throw new ExceptionInInitializerError(error);
        }
    }

    private final int kind;
    private final long address;

    @SuppressWarnings("unused")
    private volatile int state;

    private volatile boolean closing; // nobody enters any more

    private Gate(int kind, long address) {
        this.kind = kind;
        this.address = address;
    }

    /** The gate of an object, closed when nobody can reach the object any more. */
    static Gate of(Object owner, int kind, long address) {
        final Gate gate = new Gate(kind, address);
        Handle.CLEANER.register(owner, gate);
        return gate;
    }

    long enter() {
        if (closing) {
            throw Handle.closed(kind);
        }
        if (!STATE.compareAndSet(this, FREE, BUSY)) {
            await(false);
        }
        return address;
    }

    void leave() {
        STATE.setRelease(this, FREE);
    }

    /** Lets no other call begin, waits for the one in progress, and frees the object. */
    void close() {
        synchronized (this) {
            if (closing) {
                return;
            }
            closing = true;
        }
        if (!STATE.compareAndSet(this, FREE, BUSY)) {
            await(true);
        }
        Native.release(kind, address); // and it stays busy
    }

    @Override
    public void run() {
        close();
    }

    private void await(boolean closer) {
        int tries = 0;
        do {
            if (closing && !closer) {
                throw Handle.closed(kind);
            }
            if (++tries < SPINS) {
                Thread.onSpinWait();
            } else {
                LockSupport.parkNanos(this, PAUSE_NANOS);
            }
        } while (!STATE.compareAndSet(this, FREE, BUSY));
    }
}
