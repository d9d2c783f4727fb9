// SPDX-License-Identifier: Apache-2.0
// Outside code uses to_json. docs/monitor.md describes the objects.
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <iterator>

#include "mlcore/base/fp_guard.hpp"
#include "mlcore/base/json.hpp"
#include "mlcore/base/number.hpp"
#include "mlcore/monitor/monitor_report.hpp"

namespace mlcore {
namespace {

/// Writes members one after another; `object` and `array` nest.
class JsonWriter {
 public:
  [[nodiscard]] std::string finish() { return std::move(json_); }

  void text(std::string_view name, std::string_view value) {
    begin_member(name);
    append_json_string(json_, value);
  }
  void integer(std::string_view name, std::uint64_t value) { put(name, "{}", value); }
  void integer(std::string_view name, std::int64_t value) { put(name, "{}", value); }
  void boolean(std::string_view name, bool value) { put(name, "{}", value); }
  void number(std::string_view name, double value) {
    begin_member(name);
    json_ += std::isfinite(value) ? format_f64(value) : "null";
  }
  template <typename Members>
  void object(std::string_view name, Members&& members) {
    begin_member(name);
    object(members);
  }
  template <typename Members>
  void object(Members&& members) {
    nest('{', '}', members);
  }
  template <typename Values, typename Members>
  void objects(std::string_view name, const Values& values, Members&& members) {
    begin_member(name);
    nest('[', ']', [&] {
      for (const auto& value : values) {
        separate();
        object([&] { members(value); });
      }
    });
  }

 private:
  void separate() {
    if (is_open_) json_ += ',';
    is_open_ = true;
  }
  void begin_member(std::string_view name) {
    separate();
    append_json_string(json_, name);
    json_ += ':';
  }
  template <typename Value>
  void put(std::string_view name, fmt::format_string<const Value&> form, const Value& value) {
    begin_member(name);
    fmt::format_to(std::back_inserter(json_), form, value);
  }
  template <typename Body>
  void nest(char begin, char end, Body&& body) {
    json_ += begin;
    is_open_ = false;
    body();
    json_ += end;
    is_open_ = true;
  }

  std::string json_;
  bool is_open_ = false;  // a member or an element stands before
};

std::string_view name_of(PaneKind kind) noexcept {
  switch (kind) {
    case PaneKind::as_of: return "as_of";
    case PaneKind::count: return "count";
  }
  return {};
}

void put_statistic(JsonWriter& json, const Statistic& statistic) {
  json.text("verdict", name_of(statistic.verdict));
  json.number("value", statistic.value);
  json.number("null_quantile", statistic.null_quantile);
  json.number("threshold", statistic.threshold);
  if (statistic.kind == StatisticKind::ks || statistic.kind == StatisticKind::chi_square) {
    json.number("p_value", statistic.p_value);
  }
}

void put_column(JsonWriter& json, const ColumnReport& column) {
  json.text("name", column.name);
  json.text("kind", name_of(column.kind));
  json.text("verdict", name_of(column.verdict));
  json.boolean("is_constant", column.is_constant);
  json.integer("reference_rows", column.reference_rows);
  json.integer("current_rows", column.current_rows);
  json.integer("reference_missing", column.reference_missing);
  json.integer("current_missing", column.current_missing);
  if (column.kind == ColumnKind::category) {
    json.integer("current_unseen", column.current_unseen);
  } else {
    json.integer("current_out_of_range", column.current_out_of_range);
    json.number("reference_mean", column.reference_mean);
    json.number("current_mean", column.current_mean);
    json.number("reference_standard_deviation", column.reference_standard_deviation);
    json.number("current_standard_deviation", column.current_standard_deviation);
  }
  json.object("statistics", [&] {
    for (const Statistic& statistic : column.statistics) {
      json.object(name_of(statistic.kind), [&] { put_statistic(json, statistic); });
    }
  });
}

void put_drift(JsonWriter& json, const DriftReport& drift) {
  json.text("verdict", name_of(drift.verdict));
  json.number("alpha", drift.alpha);
  json.number("alpha_each", drift.alpha_each);
  json.integer("reference_rows", drift.reference_rows);
  json.integer("current_rows", drift.current_rows);
  json.integer("ok", drift.ok);
  json.integer("drift", drift.drift);
  json.integer("insufficient", drift.insufficient);
  json.objects("columns", drift.columns,
               [&](const ColumnReport& column) { put_column(json, column); });
}

void put_pane(JsonWriter& json, const PaneReport& pane) {
  json.integer("begin", pane.begin);
  json.integer("end", pane.end);
  json.integer("rows", pane.rows);
  put_drift(json, pane.drift);
}

void put_latency(JsonWriter& json, const LatencyHistogram& latency) {
  json.integer("count", latency.count());
  json.integer("sum", latency.sum);
  json.integer("p50", latency.quantile(0.5));
  json.integer("p90", latency.quantile(0.9));
  json.integer("p99", latency.quantile(0.99));
  json.integer("p999", latency.quantile(0.999));
}

}  // namespace

std::string to_json(const DriftReport& report) {
  JsonWriter json;
  json.object([&] { put_drift(json, report); });
  return json.finish();
}

std::string to_json(const MonitorReport& report) {
  const FloatingPointGuard guard;
  JsonWriter json;
  json.object([&] {
    json.text("model", report.model);
    json.text("digest", report.digest);
    json.integer("version", report.version);
    json.text("pane_kind", name_of(report.kind));
    json.integer("rows", report.rows);
    json.integer("late_rows", report.late_rows);
    json.objects("failures", report.failures, [&](const FailureCount& failure) {
      json.text("reason", name_of(failure.reason));
      json.integer("count", failure.count);
    });
    json.object("row_latency_nanos", [&] { put_latency(json, report.row_latency); });
    json.object("batch_latency_nanos", [&] { put_latency(json, report.batch_latency); });
    json.objects("panes", report.panes, [&](const PaneReport& pane) { put_pane(json, pane); });
    json.object("total", [&] { put_pane(json, report.total); });
  });
  return json.finish();
}

}  // namespace mlcore
