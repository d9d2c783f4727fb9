// SPDX-License-Identifier: Apache-2.0
#pragma once

// A small stream and its rows, for the tests of windows and states.
//
//   const Definition definition = sales("n = count() over sales last 3d\n", "n");
//   RowBatch batch;
//   append(definition, {.customer = "c1", .at = 5, .amount = 2.5}, batch);

#include <optional>
#include <string>

#include "mlcore/feature/definition.hpp"

namespace mlcore::test {

struct Sale {
  std::string customer = "c";
  std::int64_t at = 0;
  std::optional<std::int64_t> cds{};
  std::optional<double> amount{};
  std::optional<std::string> shop{};
  std::optional<bool> paid{};
};

inline constexpr const char* kSales =
    "stream sales(customer: string key, at: timestamp event, cds: i64?, amount: f64?, "
    "shop: string?, paid: bool?)";

/// A definition of `lines` over the stream "sales" and a clause after its columns.
inline Definition sales(const std::string& lines, const std::string& output,
                        const std::string& clause = "") {
  return Definition::parse("features f version 1\n" + std::string(kSales) + clause + "\n" + lines +
                           "output [" + output + "]\n");
}

inline ByteView write(const Sale& sale, RowBuilder& builder) {
  builder.set_string(0, sale.customer);
  builder.set_i64(1, sale.at);
  if (sale.cds) builder.set_i64(2, *sale.cds);
  if (sale.amount) builder.set_f64(3, *sale.amount);
  if (sale.shop) builder.set_string(4, *sale.shop);
  if (sale.paid) builder.set_boolean(5, *sale.paid);
  return builder.finish();
}

inline void append(const Definition& definition, const Sale& sale, RowBatch& batch) {
  RowBuilder builder(definition.streams()[0].layout);
  batch.append(write(sale, builder));
}

inline RowBatch batch_of(const Definition& definition, const std::vector<Sale>& sales) {
  RowBatch batch;
  for (const Sale& sale : sales) append(definition, sale, batch);
  return batch;
}

/// The request of a definition whose fields are the customer and `as_of`.
struct Request {
  Bytes bytes;
  RowView row;

  Request(const Definition& definition, const std::string& customer, std::int64_t as_of) {
    RowBuilder builder(definition.request());
    builder.set_string(0, customer);
    builder.set_i64(1, as_of);
    const ByteView view = builder.finish();
    bytes.assign(view.begin(), view.end());
    row = RowView::parse(definition.request(), bytes);
  }
};

}  // namespace mlcore::test
