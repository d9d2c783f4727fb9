// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

/**
 * One field of a row.
 *
 * <pre>{@code
 * Field first = layout.fields().get(0);
 * boolean mayBeAbsent = first.nullable();
 * }</pre>
 *
 * @param name its name, as in the definition
 * @param type its type
 * @param nullable whether it may be null or absent
 */
public record Field(String name, Type type, boolean nullable) {}
