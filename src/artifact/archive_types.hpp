// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which types an archive takes. Everything else is refused at compile time.
//
//   template <>
//   struct EnumRange<Link> : EnumBetween<Link::identity, Link::hinge> {};
//   static_assert(kIsArchivable<std::vector<Link>>);
//   static_assert(!kIsArchivable<Link*>);
//
// Taken: bool, integers and floats of fixed width, enums with an EnumRange, std::string,
// std::vector, std::array, std::map, and classes with a boost::serialization `serialize` and a
// class version. Refused: pointers and what acts like one, polymorphic classes, unions, `long
// long`, `char`, `long double`, std::vector<bool>. With no pointer there is no object identity in
// the bytes, so nothing in them can alias, confuse types or choose a class.

#include <array>
#include <boost/serialization/level.hpp>
#include <boost/serialization/version.hpp>
#include <concepts>
#include <cstdint>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

namespace mlcore {

/// The values of an enum that a file may hold. Requires: they are consecutive.
template <class E>
struct EnumRange;

template <auto kFirst, auto kLast>
struct EnumBetween {
  static constexpr auto first = kFirst;
  static constexpr auto last = kLast;
};

template <class T, class... Choices>
concept OneOf = (std::same_as<T, Choices> || ...);

template <class T>
concept FixedInteger = OneOf<T, std::uint8_t, std::uint16_t, std::uint32_t, std::uint64_t,
                             std::int8_t, std::int16_t, std::int32_t, std::int64_t>;
template <class T>
concept FixedFloat = OneOf<T, float, double>;

template <class T>
concept ActsLikePointer = std::is_pointer_v<T> || std::is_member_pointer_v<T> ||
    std::is_null_pointer_v<T> || requires(T& value) {
  value.operator->();
};

template <class T>
concept RangedEnum = std::is_enum_v<T> && FixedInteger<std::underlying_type_t<T>> && requires {
  EnumRange<T>::last;
};

template <class T>
concept PlainClass = std::is_class_v<T> && !std::is_polymorphic_v<T> && !ActsLikePointer<T>;

template <class T>
inline constexpr bool kIsArchivable =
    std::same_as<T, bool> || FixedInteger<T> || FixedFloat<T> || RangedEnum<T> || PlainClass<T>;
template <class T>
inline constexpr bool kIsArchivable<std::vector<T>> = kIsArchivable<T> && !std::same_as<T, bool>;
template <class T, std::size_t kSize>
inline constexpr bool kIsArchivable<std::array<T, kSize>> = kIsArchivable<T>;
template <class K, class V>
inline constexpr bool kIsArchivable<std::map<K, V>> = kIsArchivable<K>&& kIsArchivable<V>;

/// The container overloads of the archives.
template <class T>
inline constexpr bool kIsVector = false;
template <class T>
inline constexpr bool kIsVector<std::vector<T>> = true;
template <class T>
inline constexpr bool kIsArray = false;
template <class T, std::size_t kSize>
inline constexpr bool kIsArray<std::array<T, kSize>> = true;
template <class T>
inline constexpr bool kIsMap = false;
template <class K, class V>
inline constexpr bool kIsMap<std::map<K, V>> = true;

/// An evolving class has its version before it; one of level object_serializable has none.
template <class T>
inline constexpr bool kHasClassVersion =
    boost::serialization::implementation_level<T>::value == boost::serialization::object_class_info;
template <class T>
inline constexpr int kClassVersion = boost::serialization::version<T>::value;
/// The oldest class version that `serialize` still reads.
template <class T>
inline constexpr int kOldestClassVersion = 1;

/// The fewest bytes that an encoded T takes, at least 1, so that a count can be held against the
/// bytes that are left before anything is reserved.
template <class T>
[[nodiscard]] constexpr std::size_t least_encoded_size() {
  if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
    return sizeof(T);
  } else if constexpr (std::same_as<T, std::string>) {
    return 4;
  } else if constexpr (kIsVector<T> || kIsMap<T>) {
    return 8;
  } else if constexpr (kIsArray<T>) {
    return std::tuple_size_v<T> == 0
               ? 1
               : std::tuple_size_v<T> * least_encoded_size<typename T::value_type>();
  } else {
    return kHasClassVersion<T> ? 2 : 1;
  }
}

}  // namespace mlcore
