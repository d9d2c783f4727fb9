// SPDX-License-Identifier: Apache-2.0
// Expected bytes are written by hand from docs/artifact_format.md, "Archive".
#include "artifact/archive.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <vector>

#include "mlcore/base/error.hpp"

namespace {

enum class Colour : std::uint8_t { red = 1, green = 2 };
enum class Unranged : std::uint8_t { one = 1 };

struct Point {
  std::int32_t x = 0;
  std::uint16_t y = 0;
};

struct Polymorphic {
  virtual ~Polymorphic() = default;
};

/// Everything that an archive takes.
struct All {
  bool flag = false;
  std::int8_t small = 0;
  std::uint16_t port = 0;
  std::int64_t big = 0;
  float single = 0;
  double wide = 0;
  Colour colour = Colour::red;
  std::string text;
  std::vector<std::uint32_t> numbers;
  std::vector<Point> points;
  std::array<std::uint8_t, 3> triple{};
  std::map<std::string, std::uint8_t> ages;
};

/// The same bytes as Nest::level deep nesting would have, without a pointer.
struct Nest {
  std::vector<Nest> inside;
};

template <class Archive>
void serialize(Archive& archive, Point& point, const unsigned version) {
  archive& point.x;
  if (version >= 2) archive& point.y;
}

template <class Archive>
void serialize(Archive& archive, All& all, const unsigned /*version*/) {
  archive& all.flag& all.small& all.port& all.big& all.single& all.wide& all.colour;
  archive& all.text& all.numbers& all.points& all.triple& all.ages;
}

template <class Archive>
void serialize(Archive& archive, Nest& nest, const unsigned /*version*/) {
  archive& nest.inside;
}

}  // namespace

BOOST_CLASS_VERSION(Point, 2)
BOOST_CLASS_VERSION(All, 1)
BOOST_CLASS_IMPLEMENTATION(Nest, boost::serialization::object_serializable)

namespace mlcore {

template <>
struct EnumRange<Colour> : EnumBetween<Colour::red, Colour::green> {};

namespace {

static_assert(kIsArchivable<std::vector<std::map<std::string, std::array<double, 2>>>>);
static_assert(!kIsArchivable<int*>);
static_assert(!kIsArchivable<std::vector<const char*>>);
static_assert(!kIsArchivable<std::unique_ptr<int>>);
static_assert(!kIsArchivable<std::vector<std::shared_ptr<int>>>);
static_assert(!kIsArchivable<int Point::*>);
static_assert(!kIsArchivable<Polymorphic>);
static_assert(!kIsArchivable<std::vector<bool>>);
static_assert(!kIsArchivable<long long> && !kIsArchivable<long double> && !kIsArchivable<char>);
static_assert(!kIsArchivable<Unranged>, "an enum without a range");

constexpr std::size_t kBudget = 1 << 20;

Bytes with_header(std::initializer_list<int> body) {
  Bytes bytes = {1, 0, 0, 0};
  for (const int byte : body) bytes.push_back(static_cast<std::uint8_t>(byte));
  return bytes;
}

template <class T>
Bytes saved(const T& value) {
  OutputArchive archive;
  archive << value;
  return archive.take();
}

template <class T>
T loaded(const Bytes& bytes, std::size_t budget = kBudget) {
  InputArchive archive(bytes, "TEST", budget);
  T value{};
  archive >> value;
  archive.finish();
  return value;
}

/// The error that loading a T gives.
template <class T>
Error refusal(const Bytes& bytes, std::size_t budget = kBudget) {
  try {
    static_cast<void>(loaded<T>(bytes, budget));
  } catch (const Error& error) {
    return error;
  }
  return Error(Code::ok, Reason::none, "accepted");
}

TEST_CASE("archive: each type has the bytes that the specification gives it") {
  CHECK(saved(true) == with_header({1}));
  CHECK(saved(std::int8_t{-2}) == with_header({0xFE}));
  CHECK(saved(std::uint16_t{0x0102}) == with_header({2, 1}));
  CHECK(saved(std::int32_t{-1}) == with_header({255, 255, 255, 255}));
  CHECK(saved(std::uint64_t{1} << 63) == with_header({0, 0, 0, 0, 0, 0, 0, 0x80}));
  CHECK(saved(1.0f) == with_header({0, 0, 0x80, 0x3F}));
  CHECK(saved(-0.0) == with_header({0, 0, 0, 0, 0, 0, 0, 0x80}));
  CHECK(saved(Colour::green) == with_header({2}));
  CHECK(saved(std::string("é")) == with_header({2, 0, 0, 0, 0xC3, 0xA9}));
  CHECK(saved(std::vector<std::uint16_t>{7}) == with_header({1, 0, 0, 0, 0, 0, 0, 0, 7, 0}));
  CHECK(saved(std::array<std::uint8_t, 2>{3, 4}) == with_header({3, 4}));
  CHECK(saved(std::map<std::string, bool>{{"b", true}, {"a", false}}) ==
        with_header({2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 'a', 0, 1, 0, 0, 0, 'b', 1}));
  CHECK(saved(Point{1, 2}) == with_header({2, 0, 1, 0, 0, 0, 2, 0}));
}

TEST_CASE("archive: what is saved is loaded again") {
  All all{true,
          -128,
          65535,
          std::numeric_limits<std::int64_t>::min(),
          1e-45f,
          -0.0,
          Colour::green,
          "naïve",
          {1, 0xFFFFFFFF},
          {{-5, 6}, {7, 8}},
          {9, 10, 11},
          {{"", 1}, {"z", 2}}};
  const Bytes bytes = saved(all);
  const auto again = loaded<All>(bytes);
  CHECK(saved(again) == bytes);
  CHECK(again.big == all.big);
  CHECK(again.single == 1e-45f);
  CHECK(std::signbit(again.wide));
  CHECK(again.points.at(1).x == 7);
  CHECK(again.ages == all.ages);
  CHECK(again.text == "naïve");
}

TEST_CASE("archive: every truncation and one byte more are refused") {
  const Bytes bytes =
      saved(All{true, 1, 2, 3, 4, 5, Colour::red, "text", {1, 2}, {{3, 4}}, {1, 2, 3}, {{"k", 1}}});
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CAPTURE(size);
    const Error error =
        refusal<All>({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)});
    CHECK(error.reason() == Reason::malformed_artifact);
  }
  Bytes longer = bytes;
  longer.push_back(0);
  CHECK(refusal<All>(longer).message() ==
        "section \"TEST\": 1 bytes left over (byte " + std::to_string(bytes.size()) + ")");
}

TEST_CASE("archive: a count is held against the bytes left before memory is taken") {
  const std::uint64_t counts[] = {1,          1u << 31,         0x7FFFFFFF, 0x80000001, 1ull << 32,
                                  1ull << 61, (1ull << 61) + 1, 1ull << 63, ~0ull};
  for (const std::uint64_t count : counts) {
    CAPTURE(count);
    ByteWriter writer;
    writer.u32(1);
    writer.u64(count);
    CHECK(refusal<std::vector<std::uint64_t>>(writer.bytes()).reason() ==
          Reason::malformed_artifact);
    CHECK(refusal<std::vector<std::uint8_t>>(writer.bytes()).reason() ==
          Reason::malformed_artifact);
    CHECK(refusal<std::vector<Point>>(writer.bytes()).reason() == Reason::malformed_artifact);
    CHECK(refusal<std::map<std::string, bool>>(writer.bytes()).reason() ==
          Reason::malformed_artifact);
  }
}

TEST_CASE("archive: memory is charged to the budget") {
  const std::vector<std::string> names(100, "");  // 4 bytes each here, 32 in memory
  const Bytes bytes = saved(names);
  CHECK(loaded<std::vector<std::string>>(bytes, 100 * sizeof(std::string)) == names);
  CHECK(refusal<std::vector<std::string>>(bytes, 100 * sizeof(std::string) - 1).message() ==
        "section \"TEST\": 100 items of 32 bytes in memory, 3199 bytes may be "
        "taken (byte 12)");
  CHECK(refusal<std::string>(saved(std::string(11, 'x')), 10).reason() ==
        Reason::malformed_artifact);
}

TEST_CASE("archive: values outside their type are refused") {
  struct Case {
    const char* name;
    Error error;
  };
  const Case cases[] = {
      {"a boolean of 2", refusal<bool>(with_header({2}))},
      {"an enum below its range", refusal<Colour>(with_header({0}))},
      {"an enum past its range", refusal<Colour>(with_header({3}))},
      {"a NaN with a payload", refusal<float>(with_header({1, 0, 0xC0, 0x7F}))},
      {"a negative NaN", refusal<float>(with_header({0, 0, 0xC0, 0xFF}))},
      {"a NaN with a payload", refusal<double>(with_header({1, 0, 0, 0, 0, 0, 0xF8, 0x7F}))},
      {"a NaN with a payload in a list",
       refusal<std::vector<float>>(with_header({1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0xC0, 0x7F}))},
      {"a string that is not UTF-8", refusal<std::string>(with_header({1, 0, 0, 0, 0xFF}))},
      {"a string past 16 MiB", refusal<std::string>(with_header({1, 0, 0, 1}))},
      {"map keys that repeat",
       refusal<std::map<std::uint8_t, bool>>(with_header({2, 0, 0, 0, 0, 0, 0, 0, 5, 1, 5, 1}))},
      {"map keys that descend",
       refusal<std::map<std::uint8_t, bool>>(with_header({2, 0, 0, 0, 0, 0, 0, 0, 5, 1, 4, 1}))},
  };
  for (const Case& test : cases) {
    CAPTURE(test.name);
    CHECK(test.error.code() == Code::data_loss);
    CHECK(test.error.reason() == Reason::malformed_artifact);
  }
  CHECK(refusal<std::string>(with_header({1, 0, 0, 1})).message() ==
        "section \"TEST\": a string of 16777217 bytes, the limit is 16777216 "
        "(byte 8)");
}

TEST_CASE("archive: every NaN is saved as the canonical one") {
  const float negative = std::bit_cast<float>(0xFFC00001u);
  CHECK(saved(negative) == with_header({0, 0, 0xC0, 0x7F}));
  const double signalling = std::bit_cast<double>(std::uint64_t{0x7FF0000000000001});
  CHECK(saved(signalling) == with_header({0, 0, 0, 0, 0, 0, 0xF8, 0x7F}));
  CHECK(std::isnan(loaded<double>(saved(signalling))));
  const auto list = loaded<std::vector<float>>(saved(std::vector<float>{1.5f, negative}));
  CHECK(list.at(0) == 1.5f);
  CHECK(std::bit_cast<std::uint32_t>(list.at(1)) == 0x7FC00000u);
}

TEST_CASE("archive: a NaN that is not the canonical one is refused, wherever it stands") {
  const auto check = [](auto canonical, auto other) {
    using Number = decltype(canonical);
    for (const std::size_t size : {1u, 4u, 37u}) {
      for (std::size_t at = 0; at < size; ++at) {
        CAPTURE(at);
        const std::vector<Number> values(size, canonical);
        Bytes bytes = saved(values);
        CHECK(loaded<std::vector<Number>>(bytes).size() == size);
        std::memcpy(bytes.data() + bytes.size() - (size - at) * sizeof other, &other, sizeof other);
        CHECK(refusal<std::vector<Number>>(bytes).message().starts_with(
            "section \"TEST\": a NaN that is not the canonical one"));
        bytes.erase(bytes.begin() + 4, bytes.begin() + 12);  // the count: one number
        if (size == 1) CHECK(refusal<Number>(bytes).reason() == Reason::malformed_artifact);
      }
    }
  };
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  constexpr double kWideNan = std::numeric_limits<double>::quiet_NaN();
  for (const std::uint32_t other : {0x7F800001u, 0x7FC00001u, 0xFFC00000u, 0xFFFFFFFFu}) {
    check(kNan, other);
  }
  for (const std::uint64_t other :
       {0x7FF0000000000001u, 0x7FF8000000000001u, 0xFFF8000000000000u}) {
    check(kWideNan, other);
  }
  const std::vector<double> infinite = {std::numeric_limits<double>::infinity(),
                                        -std::numeric_limits<double>::infinity(), -0.0};
  CHECK(loaded<std::vector<double>>(saved(infinite)) == infinite);
}

TEST_CASE("archive: a class version decides what is read, and a newer one is refused by name") {
  CHECK(loaded<Point>(with_header({1, 0, 5, 0, 0, 0})).x == 5);  // version 1 had no y
  CHECK(loaded<Point>(with_header({2, 0, 5, 0, 0, 0, 6, 0})).y == 6);
  CHECK(refusal<Point>(with_header({0, 0, 5, 0, 0, 0})).reason() == Reason::malformed_artifact);
  const Error newer = refusal<Point>(with_header({3, 0, 5, 0, 0, 0, 6, 0}));
  CHECK(newer.code() == Code::unimplemented);
  CHECK(newer.reason() == Reason::newer_format);
  CHECK(newer.message() == "section \"TEST\": class version 3, this library reads 1 to 2");
  CHECK(refusal<Point>(with_header({0, 1, 5, 0, 0, 0, 6, 0})).reason() == Reason::newer_format);
}

TEST_CASE("archive: a newer archive version is refused as such, none at all as malformed") {
  CHECK(refusal<bool>({2, 0, 0, 0, 1}).reason() == Reason::newer_format);
  CHECK(refusal<bool>({0, 0, 0, 0, 1}).reason() == Reason::malformed_artifact);
}

TEST_CASE("archive: an error names the member that was being read") {
  OutputArchive out;
  std::uint8_t one = 1;
  out& make_nvp("first", one);
  InputArchive in(out.bytes(), "TEST", kBudget);
  std::uint8_t first = 0;
  in& make_nvp("first", first);
  CHECK(first == 1);
  std::uint32_t second = 0;
  CHECK_THROWS_WITH(in & make_nvp("second", second),
                    "section \"TEST\", second: 4 bytes are needed, 0 are left (byte 5)");
}

/// `levels` of nests inside each other: every one but the last holds one more.
Bytes nested_bytes(int levels) {
  ByteWriter writer;
  writer.u32(1);
  for (int i = 1; i < levels; ++i) writer.u64(1);
  writer.u64(0);
  return writer.take();
}

TEST_CASE("archive: nesting stops at the limit, in both directions") {
  const int deepest = kArchiveDepth / 2;  // a class and its vector are a level each
  CHECK(loaded<Nest>(nested_bytes(deepest)).inside.size() == 1);
  CHECK(refusal<Nest>(nested_bytes(deepest + 1)).message() ==
        "section \"TEST\": nested deeper than 64 (byte 260)");
  CHECK(refusal<Nest>(nested_bytes(100'000)).reason() == Reason::malformed_artifact);

  Nest nest;
  for (int i = 1; i < deepest; ++i) {
    Nest outer;
    outer.inside.push_back(std::move(nest));
    nest = std::move(outer);
  }
  CHECK(saved(nest) == nested_bytes(deepest));
  Nest outer;
  outer.inside.push_back(std::move(nest));
  CHECK_THROWS_AS(static_cast<void>(saved(outer)), Error);
}

TEST_CASE("archive: what could not be loaded is not saved") {
  CHECK_THROWS_AS(static_cast<void>(saved(std::string("\xFF"))), Error);
  CHECK_THROWS_AS(static_cast<void>(saved(std::string(kArchiveStringLimit + 1, 'x'))), Error);
  const std::string longest(kArchiveStringLimit, 'x');
  CHECK(loaded<std::string>(saved(longest), kArchiveStringLimit) == longest);
}

}  // namespace
}  // namespace mlcore
