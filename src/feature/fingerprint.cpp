// SPDX-License-Identifier: Apache-2.0
// The parser uses compute_fingerprint.
//
// A tree of digests: that of a node covers its operation, the operation's version, its type and the
// digests of its arguments, so that it does not matter whether a value has a name, is shared or is
// written twice. Only what the outputs reach is covered.
#include "feature/fingerprint.hpp"

#include "feature/operations.hpp"
#include "mlcore/base/bytes.hpp"

namespace mlcore {
namespace {

// The first byte of what is hashed, so that no two kinds of content are equal bytes.
enum class Content : std::uint8_t { definition = 1, stream, node, aggregate };

ByteWriter begin(Content content) {
  ByteWriter writer;
  writer.u8(static_cast<std::uint8_t>(content));
  return writer;
}

void write_type(ByteWriter& writer, Type type, bool nullable) {
  writer.u8(static_cast<std::uint8_t>(type));
  writer.u8(nullable ? 1 : 0);
}

void write_constant(ByteWriter& writer, Type type, const Cell& cell, std::string_view text) {
  switch (type) {
    case Type::boolean: writer.u8(cell.boolean ? 1 : 0); break;
    case Type::f64: writer.f64(cell.f64); break;
    case Type::string: writer.text(text); break;
    case Type::i64:
    case Type::timestamp:
    case Type::duration: writer.i64(cell.i64); break;
  }
}

Sha256Digest digest_of(const Stream& stream) {
  ByteWriter writer = begin(Content::stream);
  const Schema& schema = stream.layout.schema();
  writer.text(stream.name);
  writer.u32(static_cast<std::uint32_t>(schema.size()));
  for (std::size_t i = 0; i < schema.size(); ++i) {
    writer.text(schema[i].name);
    write_type(writer, schema[i].type, schema[i].nullable);
    writer.u8(static_cast<std::uint8_t>(stream.roles[i]));
  }
  writer.u8(stream.has_dedup ? 1 : 0);
  writer.u32(static_cast<std::uint32_t>(stream.dedup_columns.size()));
  for (const std::uint32_t column : stream.dedup_columns) writer.u32(column);
  return sha256(writer.bytes());
}

/// What the leaves of an expression mean.
struct Leaves {
  const Schema& columns;
  std::span<const Sha256Digest> aggregates;
  std::span<const Fit> fits;
};

void write_leaf(ByteWriter& writer, const Node& node, const Leaves& leaves) {
  switch (node.op) {
    case Op::constant: write_constant(writer, node.type, node.constant, node.constant_text); break;
    case Op::column: writer.text(leaves.columns[node.index].name); break;
    case Op::aggregate: writer.raw(leaves.aggregates[node.index]); break;
    case Op::fit: {
      const Transform transform = leaves.fits[node.index].transform;
      writer.u8(static_cast<std::uint8_t>(transform));
      writer.u16(version_of(transform));
      break;
    }
    default: break;  // Everything else is its operation and its arguments.
  }
}

std::vector<Sha256Digest> digest_nodes(const Expression& expression, const Leaves& leaves) {
  std::vector<Sha256Digest> digests;
  digests.reserve(expression.nodes.size());
  for (const Node& node : expression.nodes) {
    ByteWriter writer = begin(Content::node);
    writer.u16(static_cast<std::uint16_t>(node.op));
    writer.u16(version_of(node.op));
    write_type(writer, node.type, node.nullable);
    write_leaf(writer, node, leaves);
    for (std::uint8_t i = 0; i < node.argument_count; ++i) {
      writer.raw(digests[node.arguments[i]]);
    }
    digests.push_back(sha256(writer.bytes()));
  }
  return digests;
}

/// Absent expressions are a zero digest.
void write_expression(ByteWriter& writer, const Expression& expression, const Schema& columns) {
  writer.raw(expression.empty() ? Sha256Digest{}
                                : digest_nodes(expression, {columns, {}, {}}).back());
}

Sha256Digest digest_of(const Aggregate& aggregate, const Stream& stream,
                       const Sha256Digest& stream_digest) {
  ByteWriter writer = begin(Content::aggregate);
  writer.u8(static_cast<std::uint8_t>(aggregate.function));
  writer.u16(version_of(aggregate.function));
  writer.raw(stream_digest);
  write_expression(writer, aggregate.argument, stream.layout.schema());
  write_expression(writer, aggregate.where, stream.layout.schema());
  const Window& window = aggregate.window;
  writer.u8(static_cast<std::uint8_t>(window.kind));
  writer.i64(window.width);
  writer.i64(window.hop);
  writer.i64(window.delay);
  writer.i64(window.event_count);
  writer.u8(static_cast<std::uint8_t>(window.closed));
  writer.i64(window.tile);
  write_type(writer, aggregate.type, aggregate.nullable);
  writer.u8(aggregate.has_default ? 1 : 0);
  if (aggregate.has_default) {
    write_constant(writer, aggregate.type, aggregate.default_value, aggregate.default_text);
  }
  return sha256(writer.bytes());
}

}  // namespace

Sha256Digest compute_fingerprint(const Definition& definition) {
  const auto& streams = definition.streams();
  std::vector<Sha256Digest> stream_digests;
  stream_digests.reserve(streams.size());
  for (const Stream& stream : streams) stream_digests.push_back(digest_of(stream));
  std::vector<Sha256Digest> aggregates;
  aggregates.reserve(definition.aggregates().size());
  for (const Aggregate& aggregate : definition.aggregates()) {
    aggregates.push_back(
        digest_of(aggregate, streams[aggregate.stream], stream_digests[aggregate.stream]));
  }
  const std::vector<Sha256Digest> nodes = digest_nodes(
      definition.expressions(), {definition.request().schema(), aggregates, definition.fits()});
  ByteWriter writer = begin(Content::definition);
  writer.u32(static_cast<std::uint32_t>(definition.outputs().size()));
  for (const Output& output : definition.outputs()) {
    writer.text(output.name);
    writer.u8(static_cast<std::uint8_t>(output.type));
    writer.raw(nodes[output.node]);
  }
  return sha256(writer.bytes());
}

}  // namespace mlcore
