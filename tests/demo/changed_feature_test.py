#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A program that serves another feature than training computed is seen by the demo's comparison.

    changed_feature_test.py path/to/mlcore path/to/examples/c/churn [unittest arguments]

One model is imported with two definitions that differ in one window. The same program scores the same
orders with both: what scripts/demo compares must differ in that feature's column and no other.
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import demo_compare  # noqa: E402

COMMAND = CHURN = None
DEFINITION = """features skew version 1
stream orders(customer: string key, at: timestamp event, cds: i64, amount: f64)
orders_90d = count() over orders last 90d
spend_90d  = sum(amount) over orders last 90d default 0
output [orders_90d, spend_90d]
"""
# The orders of customer 2 are 90 days old at as_of, to the microsecond: the last that 90 days hold.
ORDERS = ("customer,at,cds,amount\n"
          "1,2020-03-01,1,10.5\n1,2020-03-20,2,2.25\n"
          "2,2020-01-02,1,7\n2,2020-03-31,1,3\n3,2020-02-01,1,1\n")
AS_OF = "2020-04-01"


def stump():
    """orders_90d < 2 → -1.5, else 0.5, in the form of XGBoost 1.7.4."""
    tree = {"base_weights": [0.0, -1.5, 0.5], "categories": [], "categories_nodes": [],
            "categories_segments": [], "categories_sizes": [], "default_left": [1, 0, 0], "id": 0,
            "left_children": [1, -1, -1], "loss_changes": [1.0, 0.0, 0.0],
            "parents": [2147483647, 0, 0], "right_children": [2, -1, -1],
            "split_conditions": [2.0, -1.5, 0.5], "split_indices": [0, 0, 0], "split_type": [0, 0, 0],
            "sum_hessian": [1.0, 0.5, 0.5],
            "tree_param": {"num_deleted": "0", "num_feature": "2", "num_nodes": "3", "size_leaf_vector": "0"}}
    return {"learner": {
        "attributes": {}, "feature_names": ["orders_90d", "spend_90d"], "feature_types": ["float", "float"],
        "gradient_booster": {"name": "gbtree", "model": {
            "gbtree_model_param": {"num_parallel_tree": "1", "num_trees": "1", "size_leaf_vector": "0"},
            "tree_info": [0], "trees": [tree]}},
        "learner_model_param": {"base_score": "5E-1", "boost_from_average": "1", "num_class": "0",
                                "num_feature": "2", "num_target": "1"},
        "objective": {"name": "binary:logistic", "reg_loss_param": {"scale_pos_weight": "1"}}},
        "version": [1, 7, 4]}


class ChangedFeature(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)
        (self.folder / "orders.csv").write_text(ORDERS)
        (self.folder / "model.json").write_text(json.dumps(stump()))

    def scores_of(self, name, definition, seed):
        (self.folder / f"{name}.features").write_text(definition)
        artifact, out = self.folder / f"{name}.mlc", self.folder / f"{name}.csv"
        subprocess.run([COMMAND, "import", self.folder / "model.json", "--from", "xgboost", "--features",
                        self.folder / f"{name}.features", "-o", artifact], check=True, capture_output=True)
        subprocess.run([CHURN, artifact, self.folder / "orders.csv", AS_OF, str(seed), out],
                       check=True, capture_output=True)
        return demo_compare.read_scores(out)

    def test_the_same_definition_gives_the_same_bits_in_another_order_of_arrival(self):
        trained, served = (self.scores_of(f"seed{seed}", DEFINITION, seed) for seed in (1, 2))
        self.assertEqual(len(trained[1]), 3)
        self.assertEqual(demo_compare.differing_bits(trained, served), (0, 0))

    def test_one_feature_changed_is_seen_in_its_column_alone(self):
        changed = DEFINITION.replace("sum(amount) over orders last 90d", "sum(amount) over orders last 89d")
        self.assertNotEqual(changed, DEFINITION)
        trained, served = self.scores_of("trained", DEFINITION, 1), self.scores_of("served", changed, 1)
        feature_bits, margin_bits = demo_compare.differing_bits(trained, served)
        self.assertGreater(feature_bits, 0)
        self.assertEqual(margin_bits, 0)  # the tree does not read that feature
        different = [(customer, column) for customer in trained[1] for column in range(3)
                     if trained[1][customer][column] != served[1][customer][column]]
        self.assertEqual(different, [("2", 1)])

    def test_a_changed_feature_that_the_model_reads_changes_the_margin(self):
        changed = DEFINITION.replace("count() over orders last 90d", "count() over orders last 89d")
        feature_bits, margin_bits = demo_compare.differing_bits(
            self.scores_of("trained", DEFINITION, 1), self.scores_of("served", changed, 1))
        self.assertGreater(feature_bits, 0)
        self.assertGreater(margin_bits, 0)


if __name__ == "__main__":
    COMMAND, CHURN = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
