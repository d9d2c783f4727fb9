// SPDX-License-Identifier: Apache-2.0
#pragma once

// The members "linear", "network" and "calibration" of a model JSON.
//
//   ModelJsonNetwork network;
//   network.read_linear(json);
//   NetworkModel model = network.finish(feature_count, output_count);

#include <string>
#include <string_view>
#include <vector>

#include "mlcore/model/calibration.hpp"
#include "mlcore/model/network.hpp"
#include "model/placed_json.hpp"

namespace mlcore {

class ModelJsonNetwork {
 public:
  /// Throws: invalid_argument/malformed_json, malformed_model.
  void read_linear(PlacedJson& json);
  void read_network(PlacedJson& json);
  /// What depends on several members, whose order is free. The link and the names are the caller's
  /// to set. Throws: invalid_argument/malformed_model.
  [[nodiscard]] NetworkModel finish(std::uint32_t feature_count, std::uint32_t output_count);

 private:
  void read_number(PlacedJson& json);
  void read_layer(PlacedJson& json);
  void read_weights(PlacedJson& json, NetworkLayer& layer);
  void finish_layer(std::size_t index, std::size_t input_count);
  [[nodiscard]] std::string place(std::size_t layer, std::string_view member) const;

  NetworkModel model_;
  bool is_linear_ = false;
  bool is_f32_ = false;
};

/// Throws: invalid_argument/malformed_json, malformed_model.
[[nodiscard]] Calibration read_calibration(PlacedJson& json);

}  // namespace mlcore
