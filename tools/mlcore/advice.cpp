// SPDX-License-Identifier: Apache-2.0
// main() uses advice_for.
#include "advice.hpp"

namespace mlcore::command {
namespace {

struct Advice {
  Reason reason;
  std::string_view text;
};

constexpr Advice kAdvice[] = {
    {Reason::missing_column,
     "correct the CSV; `mlcore inspect REF` lists the columns and types it must have"},
    {Reason::type_mismatch,
     "correct the CSV; `mlcore inspect REF` lists the columns and types it must have"},
    {Reason::null_not_allowed,
     "correct the CSV; `mlcore inspect REF` lists the columns and types it must have"},
    {Reason::duplicate_column,
     "correct the CSV; `mlcore inspect REF` lists the columns and types it must have"},
    {Reason::invalid_utf8, "save the file as UTF-8, for example with `iconv -f latin1 -t utf-8`"},
    {Reason::malformed_csv, "correct the line; fields with , \" or line breaks are quoted"},
    {Reason::empty_input, "give data with at least one row"},
    {Reason::syntax, "correct the definition; docs/language.md is its reference"},
    {Reason::unknown_name, "correct the definition; docs/language.md is its reference"},
    {Reason::duplicate_name, "correct the definition; docs/language.md is its reference"},
    {Reason::type_error, "correct the definition; docs/language.md is its reference"},
    {Reason::needs_state, "give each stream's events with --stream NAME=CSV"},
    {Reason::not_fitted,
     "a definition with `fit` has numbers only after training: give the trained artifact"},
    {Reason::unsupported_model, "this version does not read it; docs/models.md says what it reads"},
    {Reason::unsupported_feature,
     "this version does not compute it; docs/language.md says what it computes"},
    {Reason::malformed_model,
     "check --from, and save the model again with its framework; models of scikit-learn, CatBoost "
     "and ONNX are imported in Python: docs/models.md"},
    {Reason::feature_count,
     "make the definition's `output [...]` list the model's features, in the model's order"},
    {Reason::feature_names,
     "make the definition's `output [...]` list the model's features, in the model's order"},
    {Reason::not_an_artifact,
     "give a .mlc file, or a directory that holds model.mlc; `mlcore import` makes one of another "
     "framework's model"},
    {Reason::truncated, "the file is damaged: copy it again from its source, or train it again"},
    {Reason::checksum, "the file is damaged: copy it again from its source, or train it again"},
    {Reason::malformed_artifact,
     "the file is damaged: copy it again from its source, or train it again"},
    {Reason::newer_format, "install the newer mlcore that the message names"},
    {Reason::proof_failed,
     "do not use this file here: report it with the output of `mlcore inspect REF`"},
    {Reason::file_not_found,
     "check the path; it is relative to the present folder, in a train spec to the spec's"},
    {Reason::io_failure, "check that the path is readable, or writable on a disk with space"},
    {Reason::malformed_spec, "correct the spec; docs/train_spec.md lists its fields"},
    {Reason::no_reference,
     "train it again, or import it with --reference CSV: both store the profile"},
    {Reason::other_model, "compare artifacts that have the same features and outputs"},
    {Reason::label_leak, "move the train dates back or the test dates forward"},
    {Reason::unknown_version, "`mlcore list DIR` lists the versions"},
    {Reason::unknown_alias,
     "`mlcore list DIR` lists the aliases; `mlcore promote DIR@ALIAS --to vN` makes one"},
    {Reason::alias_moved,
     "someone else changed the alias: look with `mlcore list DIR`, then say what it is now with "
     "--expect"},
    {Reason::gate_refused, "nothing was published; correct what the gate names"},
    {Reason::malformed_registry,
     "do not use this version: `mlcore verify DIR` and `mlcore audit verify DIR` say what is "
     "damaged; copy it back from a backup, or roll the alias back"},
    {Reason::unsafe_file,
     "something else put it there: find out what, and move it out of the registry"},
    {Reason::no_previous_version, "give the version with `mlcore promote DIR@ALIAS --to vN`"},
    {Reason::internal_fault, "this is a fault of mlcore: please report it"},
};

}  // namespace

std::string_view advice_for(Reason reason) noexcept {
  for (const Advice& advice : kAdvice) {
    if (advice.reason == reason) return advice.text;
  }
  return {};
}

}  // namespace mlcore::command
