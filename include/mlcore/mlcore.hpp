// SPDX-License-Identifier: Apache-2.0
#pragma once

// The whole inference library. Training is apart, in mlcore/train/, because it links XGBoost.
//
//   #include <mlcore/mlcore.hpp>
//
//   auto predictor = mlcore::Predictor::open("churn.mlc");

#include "mlcore/base/bytes.hpp"
#include "mlcore/base/digest.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/base/file.hpp"
#include "mlcore/base/fp_guard.hpp"
#include "mlcore/base/json.hpp"
#include "mlcore/base/math.hpp"
#include "mlcore/base/number.hpp"
#include "mlcore/base/span2d.hpp"
#include "mlcore/base/time.hpp"
#include "mlcore/schema/csv.hpp"
#include "mlcore/schema/json_row.hpp"
#include "mlcore/schema/row.hpp"
#include "mlcore/schema/schema.hpp"
#include "mlcore/feature/cell.hpp"
#include "mlcore/feature/definition.hpp"
#include "mlcore/feature/fit.hpp"
#include "mlcore/feature/plan.hpp"
#include "mlcore/feature/state.hpp"
#include "mlcore/feature/window.hpp"
#include "mlcore/model/tree_ensemble.hpp"
#include "mlcore/model/xgboost.hpp"
#include "mlcore/model/xgboost_json.hpp"
#include "mlcore/stats/category_counts.hpp"
#include "mlcore/stats/latency_histogram.hpp"
#include "mlcore/stats/numeric_counts.hpp"
#include "mlcore/stats/score_histogram.hpp"
#include "mlcore/drift/distance.hpp"
#include "mlcore/drift/null_quantile.hpp"
#include "mlcore/drift/profile_counts.hpp"
#include "mlcore/drift/reference.hpp"
#include "mlcore/drift/report.hpp"
#include "mlcore/drift/two_sample.hpp"
#include "mlcore/artifact/artifact.hpp"
#include "mlcore/predict/model_input.hpp"
#include "mlcore/predict/predictor.hpp"
#include "mlcore/predict/proof.hpp"
#include "mlcore/predict/tree_engine.hpp"
#include "mlcore/evaluate/metrics.hpp"
#include "mlcore/monitor/monitor_report.hpp"

#include "mlcore/report/page.hpp"
