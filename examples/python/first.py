# SPDX-License-Identifier: Apache-2.0
"""usage: first.py ARTIFACT ROW_JSON, as in: first.py churn.mlc '{"customer": "7", "as_of": "1998-01-01"}'"""
import sys

import mlcore


def main(artifact: str, row_json: str) -> None:
    model = mlcore.Model.open(artifact)
    row = model.features.request.from_json(row_json)
    state = mlcore.State(model.features)  # without events: nobody has ordered yet
    prediction = model.context("prediction").predict_at(state, row)[0]
    print(f"{prediction:.9g}")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except mlcore.Error as error:
        sys.exit(str(error))
