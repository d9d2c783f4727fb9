// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the archives write of each class, in Boost.Serialization's non-intrusive form.
//
//   OutputArchive out;
//   out & make_nvp("model", model);
//
// To evolve a class: append a member, raise its BOOST_CLASS_VERSION, read the member only where
// `version` has it. Members never move and never change their type; an enum that gains a value
// raises the version of the class that holds it.

#include <boost/serialization/tracking.hpp>

#include "artifact/archive.hpp"
#include "mlcore/artifact/artifact.hpp"

namespace mlcore {

/// Section SCHM: the request's fields.
struct SchemaRecord {
  std::vector<Field> fields;
};

/// Section FEAT.
struct FeatureRecord {
  std::string text;
  Sha256Digest fingerprint{};
  std::vector<std::vector<double>> parameters;
};

/// Section PROF.
struct ProofRecord {
  std::vector<ProofRow> rows;
};

/// Section REFP. A 128-bit integer is its lower and its upper half, two's complement.
using WideRecord = std::array<std::uint64_t, 2>;

struct NumericRecord {
  std::string name;
  std::vector<double> edges;
  double centre = 0;
  std::int32_t exponent = 0;
  std::vector<std::uint64_t> bins;
  std::uint64_t missing = 0;
  std::uint64_t infinite = 0;
  WideRecord sum{};
  WideRecord sum_squares{};
  double min = 0;
  double max = 0;
};

struct CategoryRecord {
  std::string name;
  std::vector<std::string> names;
  bool is_open = false;
  std::vector<std::uint64_t> counts;  // of each category with a counter, then of the others
  std::uint64_t missing = 0;
};

struct ScoreRecord {
  NumericRecord values;
  double low = 0;
  double high = 0;
  std::array<std::uint64_t, kScoreBins> bins{};
  std::uint64_t below = 0;
  std::uint64_t above = 0;
  std::uint64_t missing = 0;
};

struct ReferenceRecord {
  std::vector<NumericRecord> features;
  std::vector<CategoryRecord> categories;
  std::vector<ScoreRecord> scores;
};

template <>
struct EnumRange<Activation> : EnumBetween<Activation::identity, Activation::softmax> {};
template <>
struct EnumRange<NetworkModel::Missing>
    : EnumBetween<NetworkModel::Missing::refuse, NetworkModel::Missing::nan> {};
template <>
struct EnumRange<Calibration::Of>
    : EnumBetween<Calibration::Of::margin, Calibration::Of::prediction> {};
template <>
struct EnumRange<Task> : EnumBetween<Task::untold, Task::anomaly> {};
template <>
struct EnumRange<Decision> : EnumBetween<Decision::by_objective, Decision::margin_or_zero> {};
template <>
struct EnumRange<FeatureType> : EnumBetween<FeatureType::number, FeatureType::category> {};
template <>
struct EnumRange<Type> : EnumBetween<Type::boolean, Type::duration> {};
template <>
struct EnumRange<Link> : EnumBetween<Link::identity, Link::ascending> {};
template <>
struct EnumRange<ModelContract::InputRounding>
    : EnumBetween<ModelContract::InputRounding::f32, ModelContract::InputRounding::f64> {};
template <>
struct EnumRange<ModelContract::Comparison>
    : EnumBetween<ModelContract::Comparison::less, ModelContract::Comparison::less_equal> {};
template <>
struct EnumRange<ModelContract::Accumulator>
    : EnumBetween<ModelContract::Accumulator::f32, ModelContract::Accumulator::f64> {};
template <>
struct EnumRange<ModelContract::Start>
    : EnumBetween<ModelContract::Start::base_first, ModelContract::Start::zero> {};
template <>
struct EnumRange<ModelContract::Category>
    : EnumBetween<ModelContract::Category::never_negative, ModelContract::Category::cut> {};
template <>
struct EnumRange<ModelContract::Zero>
    : EnumBetween<ModelContract::Zero::as_is, ModelContract::Zero::flushed> {};
template <>
struct EnumRange<ModelContract::Finish>
    : EnumBetween<ModelContract::Finish::none, ModelContract::Finish::scale> {};

template <class Archive>
void serialize(Archive& archive, Field& field, const unsigned /*version*/) {
  archive& make_nvp("name", field.name);
  archive& make_nvp("type", field.type);
  archive& make_nvp("nullable", field.nullable);
}

template <class Archive>
void serialize(Archive& archive, SchemaRecord& schema, const unsigned /*version*/) {
  archive& make_nvp("fields", schema.fields);
}

template <class Archive>
void serialize(Archive& archive, FeatureRecord& features, const unsigned /*version*/) {
  archive& make_nvp("text", features.text);
  archive& make_nvp("fingerprint", features.fingerprint);
  archive& make_nvp("parameters", features.parameters);
}

template <class Archive>
void serialize(Archive& archive, ModelContract& contract, const unsigned version) {
  archive& make_nvp("input_rounding", contract.input_rounding);
  archive& make_nvp("comparison", contract.comparison);
  archive& make_nvp("accumulator", contract.accumulator);
  archive& make_nvp("start", contract.start);
  archive& make_nvp("link", contract.link);
  if (version < 2) return;
  archive& make_nvp("category", contract.category);
  archive& make_nvp("zero", contract.zero);
  archive& make_nvp("finish", contract.finish);
  archive& make_nvp("link_scale", contract.link_scale);
  if (version < 3) return;
  archive& make_nvp("scale", contract.scale);
}

/// Before version 4 the base margins of a wide model, too, were f32.
template <class Archive>
void widen_base_margins(const Archive& /*archive*/, TreeEnsemble& model) {
  if (!model.contract.is_wide()) return;
  model.wide_base_margins.assign(model.base_margins.begin(), model.base_margins.end());
  model.base_margins.clear();
}

/// The members that every kind of model begins with.
template <class Archive>
void first_facts(Archive& archive, ModelFacts& model) {
  archive& make_nvp("framework", model.framework);
  archive& make_nvp("framework_version", model.framework_version);
  archive& make_nvp("objective", model.objective);
  archive& make_nvp("contract", model.contract);
  archive& make_nvp("feature_count", model.feature_count);
  archive& make_nvp("output_count", model.output_count);
  archive& make_nvp("feature_names", model.feature_names);
}

/// Those that format 0.6 added.
template <class Archive>
void later_facts(Archive& archive, ModelFacts& model) {
  archive& make_nvp("task", model.task);
  archive& make_nvp("decision", model.decision);
  archive& make_nvp("classes", model.classes);
  archive& make_nvp("feature_types", model.feature_types);
}

template <class Archive>
void serialize(Archive& archive, TreeEnsemble& model, const unsigned version) {
  first_facts(archive, model);
  archive& make_nvp("base_margins", model.base_margins);
  archive& make_nvp("tree_begin", model.tree_begin);
  archive& make_nvp("tree_output", model.tree_output);
  archive& make_nvp("left", model.left);
  archive& make_nvp("feature", model.feature);
  archive& make_nvp("value", model.value);
  archive& make_nvp("default_left", model.default_left);
  if (version < 2) return;
  archive& make_nvp("round_begin", model.round_begin);
  archive& make_nvp("node_id", model.node_id);
  if (version < 3) return;
  archive& make_nvp("node_set", model.node_set);
  archive& make_nvp("set_begin", model.set_begin);
  archive& make_nvp("set_members", model.set_members);
  archive& make_nvp("wide_value", model.wide_value);
  archive& make_nvp("zero_is_missing", model.zero_is_missing);
  if (version < 4) return widen_base_margins(archive, model);
  archive& make_nvp("wide_base_margins", model.wide_base_margins);
  if (version < 5) return;
  archive& make_nvp("term_begin", model.term_begin);
  archive& make_nvp("term_feature", model.term_feature);
  archive& make_nvp("term_coefficient", model.term_coefficient);
  archive& make_nvp("leaf_constant", model.leaf_constant);
  later_facts(archive, model);
}

template <class Archive>
void serialize(Archive& archive, NetworkLayer& layer, const unsigned /*version*/) {
  archive& make_nvp("activation", layer.activation);
  archive& make_nvp("input_count", layer.input_count);
  archive& make_nvp("weights", layer.weights);
  archive& make_nvp("bias", layer.bias);
}

template <class Archive>
void serialize(Archive& archive, NetworkModel& model, const unsigned version) {
  first_facts(archive, model);
  archive& make_nvp("missing", model.missing);
  archive& make_nvp("layers", model.layers);
  if (version < 2) return;
  later_facts(archive, model);
}

template <class Archive>
void serialize(Archive& archive, Calibration& calibration, const unsigned /*version*/) {
  archive& make_nvp("of", calibration.of);
  archive& make_nvp("slope", calibration.slope);
  archive& make_nvp("intercept", calibration.intercept);
  archive& make_nvp("point_begin", calibration.point_begin);
  archive& make_nvp("x", calibration.x);
  archive& make_nvp("y", calibration.y);
}

template <class Archive>
void serialize(Archive& archive, RowBatch& batch, const unsigned /*version*/) {
  archive& make_nvp("bytes", batch.bytes);
  archive& make_nvp("offsets", batch.offsets);
}

template <class Archive>
void serialize(Archive& archive, ProofRow& row, const unsigned version) {
  archive& make_nvp("request", row.request);
  archive& make_nvp("events", row.events);
  archive& make_nvp("feature_bits", row.feature_bits);
  archive& make_nvp("margin_bits", row.margin_bits);
  if (version < 2) return;
  archive& make_nvp("wide_margin_bits", row.wide_margin_bits);
}

template <class Archive>
void serialize(Archive& archive, ProofRecord& proof, const unsigned /*version*/) {
  archive& make_nvp("rows", proof.rows);
}

template <class Archive>
void serialize(Archive& archive, NumericRecord& column, const unsigned /*version*/) {
  archive& make_nvp("name", column.name);
  archive& make_nvp("edges", column.edges);
  archive& make_nvp("centre", column.centre);
  archive& make_nvp("exponent", column.exponent);
  archive& make_nvp("bins", column.bins);
  archive& make_nvp("missing", column.missing);
  archive& make_nvp("infinite", column.infinite);
  archive& make_nvp("sum", column.sum);
  archive& make_nvp("sum_squares", column.sum_squares);
  archive& make_nvp("min", column.min);
  archive& make_nvp("max", column.max);
}

template <class Archive>
void serialize(Archive& archive, CategoryRecord& column, const unsigned /*version*/) {
  archive& make_nvp("name", column.name);
  archive& make_nvp("names", column.names);
  archive& make_nvp("is_open", column.is_open);
  archive& make_nvp("counts", column.counts);
  archive& make_nvp("missing", column.missing);
}

template <class Archive>
void serialize(Archive& archive, ScoreRecord& column, const unsigned /*version*/) {
  archive& make_nvp("values", column.values);
  archive& make_nvp("low", column.low);
  archive& make_nvp("high", column.high);
  archive& make_nvp("bins", column.bins);
  archive& make_nvp("below", column.below);
  archive& make_nvp("above", column.above);
  archive& make_nvp("missing", column.missing);
}

template <class Archive>
void serialize(Archive& archive, ReferenceRecord& reference, const unsigned /*version*/) {
  archive& make_nvp("features", reference.features);
  archive& make_nvp("categories", reference.categories);
  archive& make_nvp("scores", reference.scores);
}

/// A section's bytes: the archive of one record.
template <class T>
Bytes encode(const T& record) {
  OutputArchive archive;
  archive << record;
  return archive.take();
}

/// The values may take twice the section's bytes and `slack` more.
template <class T>
T decode(ByteView bytes, std::string_view section, std::size_t slack) {
  InputArchive archive(bytes, section, 2 * bytes.size() + slack);
  T record;
  archive >> record;
  archive.finish();
  return record;
}

}  // namespace mlcore

BOOST_CLASS_VERSION(mlcore::SchemaRecord, 1)
BOOST_CLASS_VERSION(mlcore::FeatureRecord, 1)
BOOST_CLASS_VERSION(mlcore::ModelContract, 3)
BOOST_CLASS_VERSION(mlcore::TreeEnsemble, 5)
BOOST_CLASS_VERSION(mlcore::NetworkModel, 2)
BOOST_CLASS_VERSION(mlcore::Calibration, 1)
BOOST_CLASS_VERSION(mlcore::RowBatch, 1)
BOOST_CLASS_VERSION(mlcore::ProofRow, 2)
BOOST_CLASS_VERSION(mlcore::ProofRecord, 1)
BOOST_CLASS_VERSION(mlcore::ReferenceRecord, 1)
// A field is a leaf: SchemaRecord's version covers it.
BOOST_CLASS_IMPLEMENTATION(mlcore::Field, boost::serialization::object_serializable)
// The layers of a network too: NetworkModel's version covers them.
BOOST_CLASS_IMPLEMENTATION(mlcore::NetworkLayer, boost::serialization::object_serializable)
// The columns of a reference too: ReferenceRecord's version covers them.
BOOST_CLASS_IMPLEMENTATION(mlcore::NumericRecord, boost::serialization::object_serializable)
BOOST_CLASS_IMPLEMENTATION(mlcore::CategoryRecord, boost::serialization::object_serializable)
BOOST_CLASS_IMPLEMENTATION(mlcore::ScoreRecord, boost::serialization::object_serializable)
BOOST_CLASS_TRACKING(mlcore::SchemaRecord, boost::serialization::track_never)
BOOST_CLASS_TRACKING(mlcore::FeatureRecord, boost::serialization::track_never)
BOOST_CLASS_TRACKING(mlcore::ModelContract, boost::serialization::track_never)
BOOST_CLASS_TRACKING(mlcore::TreeEnsemble, boost::serialization::track_never)
BOOST_CLASS_TRACKING(mlcore::NetworkModel, boost::serialization::track_never)
BOOST_CLASS_TRACKING(mlcore::NetworkLayer, boost::serialization::track_never)
BOOST_CLASS_TRACKING(mlcore::Calibration, boost::serialization::track_never)
BOOST_CLASS_TRACKING(mlcore::RowBatch, boost::serialization::track_never)
BOOST_CLASS_TRACKING(mlcore::ProofRow, boost::serialization::track_never)
BOOST_CLASS_TRACKING(mlcore::ProofRecord, boost::serialization::track_never)
BOOST_CLASS_TRACKING(mlcore::ReferenceRecord, boost::serialization::track_never)
BOOST_CLASS_TRACKING(mlcore::NumericRecord, boost::serialization::track_never)
BOOST_CLASS_TRACKING(mlcore::CategoryRecord, boost::serialization::track_never)
BOOST_CLASS_TRACKING(mlcore::ScoreRecord, boost::serialization::track_never)
BOOST_CLASS_TRACKING(mlcore::Field, boost::serialization::track_never)
