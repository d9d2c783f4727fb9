// SPDX-License-Identifier: Apache-2.0
#pragma once

// A buffer that Python lends: the short way to a numpy array's numbers, several times shorter than
// nanobind's by DLPack.
//
//   const Lent lent(values);
//   if (lent.kind(1) == 'd') use(static_cast<const double*>(lent.data()), lent.shape()[0]);

#include <nanobind/nanobind.h>

#include <string_view>

namespace mlcore_python {

/// Empty where the object lends none without gaps.
class Lent {
 public:
  explicit Lent(nanobind::handle object, int flags = 0) {
    is_held_ = PyObject_CheckBuffer(object.ptr()) != 0 &&
               PyObject_GetBuffer(object.ptr(), &view_, PyBUF_FORMAT | PyBUF_ND | flags) == 0;
    if (!is_held_) PyErr_Clear();
  }
  ~Lent() {
    if (is_held_) PyBuffer_Release(&view_);
  }
  Lent(const Lent&) = delete;
  Lent& operator=(const Lent&) = delete;

  /// 'd' for so many dimensions of doubles, 'f' for floats, else 0.
  [[nodiscard]] char kind(int dimensions) const {
    if (!is_held_ || view_.ndim != dimensions || view_.format == nullptr) return 0;
    const std::string_view format(view_.format);
    return format == "d" || format == "f" ? format[0] : '\0';
  }
  [[nodiscard]] void* data() const { return view_.buf; }
  [[nodiscard]] const Py_ssize_t* shape() const { return view_.shape; }

 private:
  Py_buffer view_ = {};
  bool is_held_ = false;
};

}  // namespace mlcore_python
