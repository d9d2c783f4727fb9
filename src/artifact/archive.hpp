// SPDX-License-Identifier: Apache-2.0
#pragma once

// A portable, bounds-checked pair of Boost.Serialization archives over bytes in memory.
//
//   OutputArchive out;
//   out & make_nvp("model", model);
//   InputArchive in(out.bytes(), "MODL", budget);
//   in & make_nvp("model", model);
//   in.finish();
//
// They implement Boost's Archive concept, so that a class is described once, by a free `serialize`
// and a class version; none of Boost's own archives is used or linked, because those are not
// portable and not safe on untrusted bytes. The bytes, docs/artifact_format.md "Archive": fixed
// widths, little-endian; u64 counts; u32 string lengths; u16 class versions; no pointers.
//
// Every length and count is held against the bytes that are left before memory is taken, and all
// memory taken is charged to a budget.

#include <bit>
#include <boost/mpl/bool.hpp>
#include <boost/serialization/nvp.hpp>
#include <boost/serialization/serialization.hpp>
#include <cstring>
#include <limits>
#include <span>
#include <string_view>
#include <utility>

#include "artifact/archive_types.hpp"
#include "mlcore/base/bytes.hpp"
#include "mlcore/base/number.hpp"

namespace mlcore {

using boost::serialization::make_nvp;

inline constexpr std::uint32_t kArchiveVersion = 1;
inline constexpr int kArchiveDepth = 64;
inline constexpr std::uint32_t kCanonicalNanBits32 = 0x7FC00000u;
inline constexpr std::size_t kArchiveStringLimit = std::size_t{16} << 20;  // a definition's text

template <class T>
constexpr void check_archivable() {
  static_assert(!ActsLikePointer<T>, "mlcore archive: pointers are not archivable");
  static_assert(!std::is_polymorphic_v<T>,
                "mlcore archive: polymorphic classes are not archivable");
  static_assert(kIsArchivable<T>, "mlcore archive: this type is not archivable");
}

/// Throws: invalid_argument/malformed_artifact for what an InputArchive would refuse: a string that
/// is not UTF-8 or is longer than the limit, nesting past the depth.
class OutputArchive {
 public:
  using is_saving = boost::mpl::true_;
  using is_loading = boost::mpl::false_;

  OutputArchive() { writer_.u32(kArchiveVersion); }

  template <class T>
  OutputArchive& operator<<(const T& value) {
    save(value);
    return *this;
  }
  template <class T>
  OutputArchive& operator<<(const boost::serialization::nvp<T>& pair) {
    return *this << pair.const_value();
  }
  template <class T>
  OutputArchive& operator&(const T& value) {
    return *this << value;
  }
  void save_binary(const void* data, std::size_t size) {
    writer_.raw({static_cast<const std::uint8_t*>(data), size});
  }
  template <class T>
  void register_type(const T* = nullptr) noexcept {}
  [[nodiscard]] unsigned get_library_version() const noexcept { return kArchiveVersion; }

  [[nodiscard]] const Bytes& bytes() const noexcept { return writer_.bytes(); }
  [[nodiscard]] Bytes take() noexcept { return writer_.take(); }

 private:
  template <class T>
  void save(const T& value);
  template <class T>
  void save_scalar(T value);
  template <class T>
  void save_class(const T& value);
  void save_string(const std::string& value);
  void enter();

  ByteWriter writer_;
  int depth_ = 0;
};

/// Throws, from every read: data_loss/malformed_artifact naming the section, the member and the
/// byte; unimplemented/newer_format for a class version that is newer than this library.
/// Lifetime: borrows the bytes and the section's name.
class InputArchive {
 public:
  using is_saving = boost::mpl::false_;
  using is_loading = boost::mpl::true_;

  /// `budget`: how many bytes of memory the values read may take.
  InputArchive(ByteView bytes, std::string_view section, std::size_t budget);

  template <class T>
  InputArchive& operator>>(T& value) {
    load(value);
    return *this;
  }
  template <class T>
  InputArchive& operator>>(const boost::serialization::nvp<T>& pair) {
    member_ = pair.name();
    return *this >> pair.value();
  }
  template <class T>
  InputArchive& operator&(T&& value) {
    return *this >> value;
  }
  void load_binary(void* data, std::size_t size);
  template <class T>
  void register_type(const T* = nullptr) noexcept {}
  [[nodiscard]] unsigned get_library_version() const noexcept { return kArchiveVersion; }
  void reset_object_address(const void*, const void*) noexcept {}
  void delete_created_pointers() noexcept {}

  [[nodiscard]] std::size_t remaining() const noexcept { return bytes_.size() - at_; }
  /// Nothing is left.
  void finish();

 private:
  template <class T>
  void load(T& value);
  template <class T>
  void load_scalar(T& value);
  template <class T>
  void load_vector(std::vector<T>& values);
  template <class K, class V>
  void load_map(std::map<K, V>& values);
  template <class T>
  void load_class(T& value);
  void load_string(std::string& value);
  template <class T>
  void check_canonical(std::span<const T> values) const;

  [[nodiscard]] const std::uint8_t* take(std::size_t size);
  [[nodiscard]] std::uint64_t unsigned_integer(std::size_t width);
  /// A count of things that take at least `least_size` bytes here and `memory` bytes when read.
  [[nodiscard]] std::size_t count(std::size_t least_size, std::size_t memory);
  void charge(std::size_t count, std::size_t size);
  void check_class_version(std::uint16_t stored, int oldest, int newest) const;
  void enter();
  [[nodiscard]] std::string place() const;
  [[noreturn]] void fail(std::string_view message) const;
  [[noreturn]] void fail_nan() const { fail("a NaN that is not the canonical one"); }
  [[noreturn]] void fail_newer(std::string_view message) const;

  ByteView bytes_;
  std::string_view section_;
  std::size_t budget_;
  std::size_t at_ = 0;
  int depth_ = 0;
  const char* member_ = "";
};

// --- saving

template <class T>
void OutputArchive::save(const T& value) {
  check_archivable<T>();
  if constexpr (std::is_arithmetic_v<T>) {
    save_scalar(value);
  } else if constexpr (std::is_enum_v<T>) {
    save_scalar(static_cast<std::underlying_type_t<T>>(value));
  } else if constexpr (std::same_as<T, std::string>) {
    save_string(value);
  } else if constexpr (kIsVector<T>) {
    writer_.u64(value.size());
    enter();
    for (const auto& element : value) save(element);
    --depth_;
  } else if constexpr (kIsArray<T>) {
    for (const auto& element : value) save(element);
  } else if constexpr (kIsMap<T>) {
    writer_.u64(value.size());
    enter();
    for (const auto& [key, mapped] : value) {
      save(key);
      save(mapped);
    }
    --depth_;
  } else {
    save_class(value);
  }
}

template <class T>
void OutputArchive::save_scalar(T value) {
  if constexpr (std::same_as<T, float>) {
    writer_.u32(value == value ? std::bit_cast<std::uint32_t>(value) : kCanonicalNanBits32);
  } else if constexpr (std::same_as<T, double>) {
    writer_.f64(canonical(value));
  } else if constexpr (sizeof(T) == 1) {
    writer_.u8(static_cast<std::uint8_t>(value));
  } else if constexpr (sizeof(T) == 2) {
    writer_.u16(static_cast<std::uint16_t>(value));
  } else if constexpr (sizeof(T) == 4) {
    writer_.u32(static_cast<std::uint32_t>(value));
  } else {
    writer_.u64(static_cast<std::uint64_t>(value));
  }
}

template <class T>
void OutputArchive::save_class(const T& value) {
  if constexpr (kHasClassVersion<T>) {
    static_assert(kClassVersion<T> >= 1, "mlcore archive: the class has no BOOST_CLASS_VERSION");
    writer_.u16(kClassVersion<T>);
  }
  enter();
  // Boost's `serialize` takes a mutable object in both directions and only reads it here.
  boost::serialization::serialize_adl(*this, const_cast<T&>(value), kClassVersion<T>);
  --depth_;
}

// --- loading

template <class T>
void InputArchive::load(T& value) {
  check_archivable<T>();
  if constexpr (std::is_arithmetic_v<T>) {
    load_scalar(value);
  } else if constexpr (std::is_enum_v<T>) {
    std::underlying_type_t<T> number{};
    load_scalar(number);
    if (number < static_cast<std::underlying_type_t<T>>(EnumRange<T>::first) ||
        number > static_cast<std::underlying_type_t<T>>(EnumRange<T>::last)) {
      fail("a number that names nothing");
    }
    value = static_cast<T>(number);
  } else if constexpr (std::same_as<T, std::string>) {
    load_string(value);
  } else if constexpr (kIsVector<T>) {
    load_vector(value);
  } else if constexpr (kIsArray<T>) {
    for (auto& element : value) load(element);
  } else if constexpr (kIsMap<T>) {
    load_map(value);
  } else {
    load_class(value);
  }
}

template <class T>
void InputArchive::load_scalar(T& value) {
  if constexpr (std::same_as<T, bool>) {
    const std::uint64_t number = unsigned_integer(1);
    if (number > 1) fail("a boolean other than 0 and 1");
    value = number == 1;
  } else if constexpr (std::same_as<T, float>) {
    value = std::bit_cast<float>(static_cast<std::uint32_t>(unsigned_integer(4)));
    check_canonical(std::span<const T>(&value, 1));
  } else if constexpr (std::same_as<T, double>) {
    value = std::bit_cast<double>(unsigned_integer(8));
    check_canonical(std::span<const T>(&value, 1));
  } else {
    value = static_cast<T>(unsigned_integer(sizeof(T)));
  }
}

template <class T>
void InputArchive::load_vector(std::vector<T>& values) {
  const std::size_t size = count(least_encoded_size<T>(), sizeof(T));
  values.clear();
  enter();
  if constexpr ((FixedInteger<T> || FixedFloat<T>)&&std::endian::native == std::endian::little) {
    values.resize(size);
    load_binary(values.data(), size * sizeof(T));
    if constexpr (FixedFloat<T>) check_canonical(std::span<const T>(values));
  } else {
    values.reserve(size);
    for (std::size_t i = 0; i < size; ++i) load(values.emplace_back());
  }
  --depth_;
}

/// In integers and without a branch, which compilers make vectors of.
template <class T>
void InputArchive::check_canonical(std::span<const T> values) const {
  using Bits = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
  constexpr Bits kMagnitude = std::numeric_limits<Bits>::max();
  constexpr auto kInfinity = std::bit_cast<Bits>(std::numeric_limits<T>::infinity());
  constexpr auto kNan = static_cast<Bits>(sizeof(T) == 4 ? kCanonicalNanBits32 : kCanonicalNanBits);
  Bits others = 0;
  for (const T value : values) {
    const auto bits = std::bit_cast<Bits>(value);
    others |= static_cast<Bits>((bits & kMagnitude) > kInfinity) & static_cast<Bits>(bits != kNan);
  }
  if (others != 0) fail_nan();
}

template <class K, class V>
void InputArchive::load_map(std::map<K, V>& values) {
  constexpr std::size_t kNodeOverhead = 48;
  const std::size_t size = count(least_encoded_size<K>() + least_encoded_size<V>(),
                                 sizeof(std::pair<const K, V>) + kNodeOverhead);
  values.clear();
  enter();
  for (std::size_t i = 0; i < size; ++i) {
    K key{};
    load(key);
    if (!values.empty() && !(values.rbegin()->first < key)) fail("map keys that do not ascend");
    load(values.emplace_hint(values.end(), std::move(key), V{})->second);
  }
  --depth_;
}

template <class T>
void InputArchive::load_class(T& value) {
  int version = 0;
  if constexpr (kHasClassVersion<T>) {
    static_assert(kClassVersion<T> >= 1, "mlcore archive: the class has no BOOST_CLASS_VERSION");
    const auto stored = static_cast<std::uint16_t>(unsigned_integer(2));
    check_class_version(stored, kOldestClassVersion<T>, kClassVersion<T>);
    version = stored;
  }
  enter();
  boost::serialization::serialize_adl(*this, value, static_cast<unsigned>(version));
  --depth_;
}

}  // namespace mlcore
