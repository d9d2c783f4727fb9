// SPDX-License-Identifier: Apache-2.0
// Scores every customer from orders that arrive shuffled, and writes the bits, through the C++ API.
// usage: churn ARTIFACT ORDERS_CSV AS_OF SEED OUT    (examples/README.md has the format)
#include <bit>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "mlcore/base/error.hpp"
#include "mlcore/base/file.hpp"
#include "mlcore/base/time.hpp"
#include "mlcore/predict/predictor.hpp"
#include "mlcore/schema/csv.hpp"

namespace {

using mlcore::Context;
using mlcore::Predictor;
using mlcore::RowBatch;
using mlcore::RowView;
using mlcore::State;
using mlcore::Stream;

constexpr std::size_t kBatch = 1000;

/// splitmix64. Source: Steele, Lea, Flood 2014.
std::uint64_t next_random(std::uint64_t& state) {
  std::uint64_t z = state += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

std::vector<std::size_t> shuffled_order(std::size_t count, std::uint64_t seed) {
  std::vector<std::size_t> order(count);
  for (std::size_t i = 0; i < count; ++i) order[i] = i;
  for (std::size_t i = count; i > 1; --i) std::swap(order[i - 1], order[next_random(seed) % i]);
  return order;
}

void ingest(State& state, std::size_t stream, const RowBatch& orders, std::uint64_t seed) {
  const std::vector<std::size_t> order = shuffled_order(orders.size(), seed);
  for (std::size_t begin = 0; begin < order.size(); begin += kBatch) {
    RowBatch batch;
    for (std::size_t i = begin; i < std::min(begin + kBatch, order.size()); ++i) {
      batch.append(orders[order[i]]);
    }
    if (state.ingest(stream, batch).accepted != batch.size()) {
      throw std::runtime_error("some orders were not accepted");
    }
  }
}

/// Everyone with an order before `as_of`, in byte order.
std::set<std::string> customers_of(const Stream& stream, const RowBatch& orders,
                                   std::int64_t as_of) {
  const std::size_t customer = stream.layout.schema().find("customer").value();
  std::set<std::string> customers;
  for (std::size_t i = 0; i < orders.size(); ++i) {
    const RowView row = RowView::parse(stream.layout, orders[i]);
    if (row.i64(stream.event_column) < as_of) customers.emplace(row.string(customer));
  }
  return customers;
}

RowBatch requests_of(const Predictor& predictor, const std::set<std::string>& customers,
                     std::int64_t as_of) {
  const mlcore::RowLayout& layout = predictor.definition().request();
  mlcore::RowBuilder builder(layout);
  RowBatch requests;
  for (const std::string& customer : customers) {
    builder.set_string(layout.schema().find("customer").value(), customer);
    builder.set_i64(layout.schema().find("as_of").value(), as_of);
    requests.append(builder.finish());
  }
  return requests;
}

std::string header(const Predictor& predictor) {
  std::string line = "customer";
  for (const mlcore::Output& output : predictor.definition().outputs()) line += "," + output.name;
  const std::size_t margins = predictor.output_count(mlcore::OutputKind::margin);
  for (std::size_t i = 0; i < margins; ++i) {
    line += margins == 1 ? ",margin" : ",margin[" + std::to_string(i) + "]";
  }
  return line + "\n";
}

void append_bits(std::string& line, const std::vector<double>& values) {
  char text[20];
  for (const double value : values) {
    std::snprintf(text, sizeof text, ",%016llx",
                  static_cast<unsigned long long>(std::bit_cast<std::uint64_t>(value)));
    line += text;
  }
}

struct Scorer {
  Scorer(std::shared_ptr<const Predictor> predictor, mlcore::OutputKind output)
      : context(std::move(predictor), {output}), out(context.output_count()) {}

  const std::vector<double>& score(const State& state, mlcore::ByteView row) {
    const Predictor& predictor = context.predictor();
    predictor.predict_at(context, state, RowView::parse(predictor.definition().request(), row),
                         out);
    return out;
  }

  Context context;
  std::vector<double> out;
};

int run(char** argv) {
  const auto predictor = Predictor::open(argv[1]);
  const std::size_t stream_index = predictor->definition().find_stream("orders").value();
  const Stream& stream = predictor->definition().streams()[stream_index];
  const RowBatch orders = mlcore::read_csv(mlcore::read_file(argv[2]), stream.layout).batch;
  const std::int64_t as_of = mlcore::parse_timestamp(argv[3]).value();
  State state(predictor->definition(), {});
  ingest(state, stream_index, orders, std::strtoull(argv[4], nullptr, 10));

  const std::set<std::string> customers = customers_of(stream, orders, as_of);
  const RowBatch requests = requests_of(*predictor, customers, as_of);
  Scorer features(predictor, mlcore::OutputKind::features);
  Scorer margin(predictor, mlcore::OutputKind::margin);
  std::string text = header(*predictor);
  std::size_t row = 0;
  for (const std::string& customer : customers) {
    text += customer;
    append_bits(text, features.score(state, requests[row]));
    append_bits(text, margin.score(state, requests[row]));
    text += '\n';
    ++row;
  }
  mlcore::write_file(argv[5], text);

  const auto begin = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < requests.size(); ++i) margin.score(state, requests[i]);
  const std::chrono::duration<double, std::nano> elapsed = std::chrono::steady_clock::now() - begin;
  std::fprintf(stderr, "{\"language\": \"cpp\", \"rows\": %zu, \"ns_per_row\": %.1f}\n",
               requests.size(),
               elapsed.count() / static_cast<double>(std::max<std::size_t>(1, row)));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr, "usage: churn ARTIFACT ORDERS_CSV AS_OF SEED OUT\n");
    return 2;
  }
  try {
    return run(argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
