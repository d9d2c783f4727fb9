// SPDX-License-Identifier: Apache-2.0
#pragma once

// The verbs of the command. Each `add_…` declares one verb's options and says what runs when it is
// chosen; `main` parses, runs and turns errors into an exit status.

#include <CLI/CLI.hpp>
#include <functional>
#include <stdexcept>

namespace mlcore::command {

/// Exit statuses.
inline constexpr int kDone = 0;
inline constexpr int kAnswerIsNo = 1;
inline constexpr int kUsage = 2;
inline constexpr int kBadInput = 3;
inline constexpr int kInternal = 4;

/// Options that parse one by one and make no sense together: exit status 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Verb {
  bool json = false;
  std::function<int()> run;
};

void add_train(CLI::App& app, Verb& verb);
void add_import(CLI::App& app, Verb& verb);
void add_predict(CLI::App& app, Verb& verb);
void add_features(CLI::App& app, Verb& verb);
void add_inspect(CLI::App& app, Verb& verb);
void add_verify(CLI::App& app, Verb& verb);
void add_drift(CLI::App& app, Verb& verb);
void add_report(CLI::App& app, Verb& verb);
void add_publish(CLI::App& app, Verb& verb);
void add_promote(CLI::App& app, Verb& verb);
void add_rollback(CLI::App& app, Verb& verb);
void add_list(CLI::App& app, Verb& verb);
void add_diff(CLI::App& app, Verb& verb);
void add_audit(CLI::App& app, Verb& verb);

}  // namespace mlcore::command
