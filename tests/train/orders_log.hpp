// SPDX-License-Identifier: Apache-2.0
#pragma once

// A seeded log of orders whose customers churn in a way that recency and frequency tell.

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "mlcore/base/time.hpp"

namespace mlcore::orders_log {

struct Order {
  std::string customer;
  std::int64_t at;  // midnight
  std::int64_t cds;
  double amount;  // whole, so that a sum in any order has the same bits
};

inline constexpr std::int64_t kFirstDay = 852'076'800 * kMicrosPerSecond;  // 1997-01-01

/// Orders of `customers` over 400 days, in no order, some of them equal.
inline std::vector<Order> make(std::uint32_t seed, std::uint32_t customers) {
  std::mt19937 random(seed);
  std::vector<Order> orders;
  for (std::uint32_t customer = 0; customer < customers; ++customer) {
    const std::string name = "c" + std::to_string(customer);
    std::uint32_t day = random() % 60;
    while (day < 400) {
      const Order order{name, kFirstDay + day * kMicrosPerDay,
                        static_cast<std::int64_t>(1 + random() % 5),
                        static_cast<double>(1 + random() % 100)};
      orders.push_back(order);
      if (random() % 16 == 0) orders.push_back(order);
      day += customer % 3 == 0 ? 10 + random() % 30 : 30 + random() % 200;
    }
  }
  std::shuffle(orders.begin(), orders.end(), random);
  return orders;
}

inline std::string csv(const std::vector<Order>& orders) {
  std::string text = "customer,at,cds,amount\n";
  for (const Order& order : orders) {
    text += order.customer + "," + format_timestamp(order.at).substr(0, 10) + "," +
            std::to_string(order.cds) + "," + std::to_string(static_cast<int>(order.amount)) + "\n";
  }
  return text;
}

inline constexpr const char* kDefinition = R"(features churn version 1
stream orders(customer: string key, at: timestamp event, cds: i64, amount: f64)
orders_60d = count() over orders last 60d
spend_60d  = sum(amount) over orders last 60d default 0
cds_all    = sum(cds) over orders lifetime
big_90d    = count() over orders where amount > 50 last 90d
recency_d  = days_between(last(at) over orders lifetime, as_of())
spend_z    = fit standard_scale(spend_60d)
output [orders_60d, spend_60d, cds_all, big_90d, recency_d, spend_z]
)";

}  // namespace mlcore::orders_log
