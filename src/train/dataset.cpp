// SPDX-License-Identifier: Apache-2.0
// Outside code uses read_dataset and Dataset.
#include "mlcore/train/dataset.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <limits>

#include "mlcore/base/error.hpp"
#include "mlcore/base/file.hpp"
#include "mlcore/schema/csv.hpp"

namespace mlcore {
namespace {

// A progress line a chunk; the state's bits do not depend on how events are chunked.
constexpr std::size_t kRowsAChunk = 8192;

void check_streams(const Definition& definition, const std::map<std::string, std::string>& paths) {
  for (const Stream& stream : definition.streams()) {
    if (paths.contains(stream.name)) continue;
    throw Error(
        Code::failed_precondition, Reason::needs_state,
        fmt::format("the definition \"{}\" reads stream \"{}\", and no file is given for it",
                    definition.name(), stream.name));
  }
  for (const auto& [name, path] : paths) {
    if (definition.find_stream(name)) continue;
    throw Error(Code::invalid_argument, Reason::unknown_name,
                fmt::format("stream \"{}\" ({}): the definition \"{}\" has no such stream", name,
                            path, definition.name()));
  }
}

void ingest(const CsvRows& rows, std::size_t index, const Progress& progress, Dataset& dataset) {
  const std::string step = fmt::format("ingest {}", dataset.files[index].stream);
  const auto total = static_cast<std::int64_t>(rows.batch.size());
  for (std::size_t begin = 0; begin < rows.batch.size(); begin += kRowsAChunk) {
    const std::size_t end = std::min(begin + kRowsAChunk, rows.batch.size());
    RowBatch chunk;
    for (std::size_t row = begin; row < end; ++row) chunk.append(rows.batch[row]);
    const IngestReport report = dataset.state->ingest(index, chunk);
    if (!report.first_invalid.empty()) {
      const IngestReport::Invalid& invalid = report.first_invalid.front();
      throw Error(Code::invalid_argument, invalid.reason,
                  fmt::format("event {}: {}", static_cast<std::int64_t>(begin) + invalid.row,
                              invalid.message));
    }
    if (progress) progress(step, static_cast<std::int64_t>(end), total);
  }
}

void read_stream(const std::string& path, const Stream& stream, std::size_t index,
                 const Progress& progress, Dataset& dataset) {
  if (progress) progress(fmt::format("read {}", stream.name), 0, 0);
  const std::string text = read_file(path);
  DatasetFile& file = dataset.files.emplace_back();
  file.stream = stream.name;
  file.file = std::filesystem::path(path).filename().string();
  file.sha256 = sha256({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  try {
    CsvRows rows = read_csv(text, stream.layout);
    for (std::size_t row = 0; row < rows.batch.size(); ++row) {
      const RowView event = RowView::trusted(stream.layout, rows.batch[row]);
      dataset.first_event = std::min(dataset.first_event, event.i64(stream.event_column));
      dataset.last_event = std::max(dataset.last_event, event.i64(stream.event_column));
    }
    ingest(rows, index, progress, dataset);
    file.rows = rows.batch.size();
    file.extra_columns = std::move(rows.extra_columns);
    dataset.rows += file.rows;
  } catch (const Error& error) {
    throw Error(error.code(), error.reason(), fmt::format("{}: {}", path, error.message()),
                error.where());
  }
}

}  // namespace

Sha256Digest Dataset::digest() const {
  std::string lines;
  for (const DatasetFile& file : files) {
    lines += fmt::format("{} {}\n", file.stream, hex(file.sha256));
  }
  return sha256({reinterpret_cast<const std::uint8_t*>(lines.data()), lines.size()});
}

Dataset read_dataset(const Definition& definition, const std::map<std::string, std::string>& paths,
                     const Progress& progress) {
  check_streams(definition, paths);
  Dataset dataset;
  dataset.first_event = std::numeric_limits<std::int64_t>::max();
  dataset.last_event = std::numeric_limits<std::int64_t>::min();
  if (definition.streams().empty()) return dataset;
  dataset.state = std::make_unique<State>(definition, StateOptions{});
  for (std::size_t index = 0; index < definition.streams().size(); ++index) {
    const Stream& stream = definition.streams()[index];
    read_stream(paths.at(stream.name), stream, index, progress, dataset);
  }
  return dataset;
}

}  // namespace mlcore
