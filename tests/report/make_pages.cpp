// SPDX-License-Identifier: Apache-2.0
// Writes the pages that render_test.py looks at:
//   report_pages DIRECTORY
#include <fmt/format.h>

#include <cstdio>
#include <string>

#include "mlcore/base/error.hpp"
#include "mlcore/base/file.hpp"
#include "mlcore/report/page.hpp"
#include "report/page_fixture.hpp"

namespace {

using namespace mlcore;

Reference hostile(Reference reference) {
  reference.features[0].name =
      "</style><script>document.title='alert'</script><img src=x onerror=1>";
  reference.features[1].name = std::string(10'000, 'w');
  reference.features[2].name = "\u202Eرَمَضَان 👩‍🚀";
  reference.features[3].name = std::string("a\0\x1b&\"'", 6);
  return reference;
}

void write(const std::string& folder, const std::string& name, const MonitorReport& report,
           const Reference& reference) {
  write_file(folder + "/" + name + ".html", drift_page(report, reference, {}));
}

void write_all(const std::string& folder) {
  const Reference reference = reference_of(make_rows(1, 20'000));
  write(folder, "troubled", troubled_report(reference), reference);
  write(folder, "empty", report_of(reference, {}), reference);
  write(folder, "one", report_of(reference, {make_rows(9, 250)}), reference);
  const Reference named = hostile(reference);
  write(folder, "hostile", troubled_report(named), named);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    fmt::print(stderr, "usage: report_pages DIRECTORY\n");
    return 2;
  }
  try {
    write_all(arguments[1]);
  } catch (const std::exception& error) {
    fmt::print(stderr, "report_pages: {}\n", error.what());
    return 1;
  }
  return 0;
}
