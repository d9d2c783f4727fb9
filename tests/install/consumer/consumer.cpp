// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <mlcore/mlcore.hpp>

int main() {
  try {
    (void)mlcore::Predictor::open("no such file.mlc");
  } catch (const mlcore::Error& error) {
    std::cout << mlcore::name_of(error.reason()) << '\n';
    return error.reason() == mlcore::Reason::file_not_found ? 0 : 1;
  }
  return 1;
}
