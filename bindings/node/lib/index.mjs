// SPDX-License-Identifier: Apache-2.0
import mlcore from "./index.js";

export const {
  Code,
  Context,
  Features,
  Layout,
  MlcoreError,
  Model,
  Monitor,
  Reason,
  Rows,
  State,
  version,
} = mlcore;
