// SPDX-License-Identifier: Apache-2.0
// Compiled, once a case, by the tests named artifact_refuses_*: only REFUSED_nothing may compile.
#include <memory>

#include "artifact/archive.hpp"

struct Versioned {
  std::uint32_t number = 0;
};
struct Unversioned {
  std::uint32_t number = 0;
};
struct Polymorphic {
  virtual ~Polymorphic() = default;
};

template <class Archive>
void serialize(Archive& archive, Versioned& value, const unsigned) {
  archive& value.number;
}
template <class Archive>
void serialize(Archive& archive, Unversioned& value, const unsigned) {
  archive& value.number;
}
BOOST_CLASS_VERSION(Versioned, 1)

#if defined(REFUSED_nothing)
using Refused = Versioned;
#elif defined(REFUSED_pointer)
using Refused = Versioned*;
#elif defined(REFUSED_pointer_in_vector)
using Refused = std::vector<Versioned*>;
#elif defined(REFUSED_unique_ptr)
using Refused = std::unique_ptr<Versioned>;
#elif defined(REFUSED_shared_ptr)
using Refused = std::shared_ptr<Versioned>;
#elif defined(REFUSED_polymorphic)
using Refused = Polymorphic;
#elif defined(REFUSED_unversioned)
using Refused = Unversioned;
#endif

void save_and_load(mlcore::OutputArchive& out, mlcore::InputArchive& in, Refused& value) {
  out << value;
  in >> value;
}
