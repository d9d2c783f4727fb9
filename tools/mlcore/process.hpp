// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the process is given by who started it: the standard streams, signals.

#include <csignal>

namespace mlcore::command {

/// A standard stream that is closed becomes one that can't be used, so that no file that is opened
/// later takes its number and gets messages in it.
void reserve_standard_streams();

/// SIGHUP, SIGINT and SIGTERM wait until the end of the scope.
class SignalsHeld {
 public:
  SignalsHeld();
  ~SignalsHeld();
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;

 private:
  sigset_t before_;
};

}  // namespace mlcore::command
