// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.Cleaner;

/**
 * A native object that many threads may use at once. It counts the calls in progress: after {@link
 * #close} no new one begins, and the last one that leaves frees the object.
 */
final class Handle implements Runnable {
    static final int MODEL = 1;
    static final int FEATURES = 2;
    static final int STATE = 3;
    static final int CONTEXT = 4;
    static final int MONITOR = 5;

    /** Frees what nobody closed. */
    static final Cleaner CLEANER = Cleaner.create();

    private static final int CLOSED = Integer.MIN_VALUE;
    private static final VarHandle USES;

    static {
        try {
            USES = MethodHandles.lookup().findVarHandle(Handle.class, "uses", int.class);
        } catch (ReflectiveOperationException error) {
            throw new ExceptionInInitializerError(error);
        }
    }

    private final int kind;
    private final long address;

    @SuppressWarnings("unused") // calls in progress, CLOSED added once it is closed
    private volatile int uses;

    Handle(int kind, long address) {
        this.kind = kind;
        this.address = address;
    }

    /** The handle of an object, which is closed when nobody can reach the object any more. */
    static Handle of(Object owner, int kind, long address) {
        final Handle handle = new Handle(kind, address);
        CLEANER.register(owner, handle);
        return handle;
    }

    /** Begins a call and gives the address to use in it; {@link #leave} ends it. */
    long enter() {
        int seen;
        do {
            seen = (int) USES.getVolatile(this);
            if (seen < 0) {
                throw closed(kind);
            }
        } while (!USES.weakCompareAndSet(this, seen, seen + 1));
        return address;
    }

    void leave() {
        if ((int) USES.getAndAdd(this, -1) - 1 == CLOSED) {
            Native.release(kind, address);
        }
    }

    void close() {
        int seen;
        do {
            seen = (int) USES.getVolatile(this);
            if (seen < 0) {
                return;
            }
        } while (!USES.compareAndSet(this, seen, seen | CLOSED));
        if (seen == 0) {
            Native.release(kind, address);
        }
    }

    @Override
    public void run() {
        close();
    }

    static MlcoreException closed(int kind) {
        final String[] names = {"", "model", "features", "state", "context", "monitor"};
        return new MlcoreException(
                Code.FAILED_PRECONDITION,
                Reason.CLOSED_HANDLE,
                "the " + names[kind] + " is closed");
    }
}
