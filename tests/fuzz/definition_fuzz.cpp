// SPDX-License-Identifier: Apache-2.0
// Any bytes as a definition: they are refused with an Error, or print as canonical text that parses
// to the same text and fingerprint, and compute on a row of nulls and zeros.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "mlcore/base/error.hpp"
#include "mlcore/feature/plan.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void compute(const mlcore::Definition& definition) {
  const mlcore::FeaturePlan plan(definition,
                                 {{definition.fits().size(), std::vector<double>{0.5, 2.0}}});
  mlcore::RowBuilder builder(plan.definition().request());
  const auto& fields = plan.definition().request().schema().fields();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].nullable) continue;
    switch (fields[i].type) {
      case mlcore::Type::boolean: builder.set_boolean(i, false); break;
      case mlcore::Type::f64: builder.set_f64(i, 0.0); break;
      case mlcore::Type::string: builder.set_string(i, ""); break;
      case mlcore::Type::i64:
      case mlcore::Type::timestamp:
      case mlcore::Type::duration: builder.set_i64(i, 0); break;
    }
  }
  const std::vector<mlcore::Cell> aggregates(definition.aggregates().size());
  mlcore::FeatureScratch scratch = plan.make_scratch();
  std::vector<double> out(plan.width());
  plan.compute(mlcore::RowView::parse(plan.definition().request(), builder.finish()), aggregates,
               scratch, out);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const mlcore::Definition definition = mlcore::Definition::parse(text);
    const std::string canonical = definition.text();
    const mlcore::Definition again = [&] {
      try {
        return mlcore::Definition::parse(canonical);
      } catch (const mlcore::Error&) {
        std::abort();  // What we print we read.
      }
    }();
    require(again.text() == canonical);
    require(again.fingerprint() == definition.fingerprint());
    compute(definition);
  } catch (const mlcore::Error& error) {
    require(error.code() == mlcore::Code::invalid_argument ||
            error.code() == mlcore::Code::unimplemented);
  }
  return 0;
}
