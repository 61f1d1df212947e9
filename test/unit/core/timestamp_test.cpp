#include "src/core/timestamp.hpp"

#include <gtest/gtest.h>

#include <ctime>
#include <string>

#include "test/unit/core/block_memory.hpp"
#include "test/unit/core/random.hpp"

namespace productgraph::core {
namespace {

constexpr UnixMicros kSecond = kMicrosPerSecond;
constexpr UnixMicros kJanuary = 1'705'314'600 * kSecond;  // 2024-01-15T10:30:00Z

struct Case {
  std::string_view text;
  UnixMicros micros;
};

TEST(Timestamp, ReadsRfc3339) {
  const Case cases[] = {
      {"1970-01-01T00:00:00Z", 0},
      {"2024-01-15T10:30:00Z", kJanuary},
      {"2024-01-15t10:30:00z", kJanuary},
      {"2024-01-15 10:30:00Z", kJanuary},
      {"2024-01-15T10:30:00+00:00", kJanuary},
      {"2024-01-15T10:30:00-00:00", kJanuary},
      {"2024-01-15T16:00:00+05:30", kJanuary},
      {"2024-01-15T02:30:00-08:00", kJanuary},
      {"2024-01-16T10:29:00+23:59", kJanuary},
      {"2024-01-14T10:31:00-23:59", kJanuary},
      {"2024-01-15T10:30:00.5Z", kJanuary + 500'000},
      {"2024-01-15T10:30:00.123Z", kJanuary + 123'000},
      {"2024-01-15T10:30:00.000001Z", kJanuary + 1},
      {"2024-01-15T10:30:00.123456+00:00", kJanuary + 123'456},
      {"2024-01-15T10:30:00.1234569999Z", kJanuary + 123'456},
      {"2024-01-15T10:30:00.999999999999999999999999Z", kJanuary + 999'999},
      {"2024-02-29T00:00:00Z", 1'709'164'800 * kSecond},
      {"2000-02-29T12:00:00Z", 951'825'600 * kSecond},
      {"1969-12-31T23:59:59.75Z", -250'000},
      // A leap second is the first second of the next minute.
      {"2016-12-31T23:59:60Z", 1'483'228'800 * kSecond},
      {"2016-12-31T23:59:60.25Z", 1'483'228'800 * kSecond + 250'000},
      {"2016-12-31T18:59:60-05:00", 1'483'228'800 * kSecond},
      // The years at both ends.
      {"0001-01-01T00:00:00Z", -62'135'596'800 * kSecond},
      {"9999-12-31T23:59:59.999999Z", kLastTimestamp},
      {"9999-12-31T23:59:60Z", kLastTimestamp + 1},
      {"0001-01-01T00:00:00+23:59", (-62'135'596'800 - 86'340) * kSecond},
  };
  for (const Case& c : cases) {
    const std::optional<UnixMicros> time = ParseTimestamp(ExactText(c.text));
    ASSERT_TRUE(time.has_value()) << c.text;
    EXPECT_EQ(*time, c.micros) << c.text;
  }
}

TEST(Timestamp, RefusesEverythingElse) {
  using namespace std::string_view_literals;
  const std::string_view cases[] = {
      ""sv,
      " "sv,
      "Z"sv,
      "2024"sv,
      "2024-01-15"sv,
      "2024-01-15T10:30Z"sv,
      "2024-01-15T10:30:00"sv,
      "2024-01-15T10:30:00.Z"sv,
      "2024-01-15T10:30:00,5Z"sv,
      "2024-01-15T10:30:00 Z"sv,
      " 2024-01-15T10:30:00Z"sv,
      "2024-01-15T10:30:00Z "sv,
      "2024-01-15T10:30:00ZZ"sv,
      "2024-01-15T10:30:00Z\0"sv,
      "2024-01-15T10:30:00+05"sv,
      "2024-01-15T10:30:00+0530"sv,
      "2024-01-15T10:30:00+5:30"sv,
      "2024-01-15T10:30:00+24:00"sv,
      "2024-01-15T10:30:00+05:60"sv,
      "2024-01-15T10:30:00+05:30:00"sv,
      "2024-01-15T10:30:00 UTC"sv,
      "2024-01-15T10:30:00Europe/Berlin"sv,
      "2024-01-15_10:30:00Z"sv,
      "2024-00-15T10:30:00Z"sv,
      "2024-13-15T10:30:00Z"sv,
      "2024-01-00T10:30:00Z"sv,
      "2024-01-32T10:30:00Z"sv,
      "2024-02-30T10:30:00Z"sv,
      "2023-02-29T10:30:00Z"sv,
      "1900-02-29T10:30:00Z"sv,
      "2024-04-31T10:30:00Z"sv,
      "2024-01-15T24:00:00Z"sv,
      "2024-01-15T10:60:00Z"sv,
      "2024-01-15T10:30:61Z"sv,
      "2024-1-15T10:30:00Z"sv,
      "24-01-15T10:30:00Z"sv,
      "0000-01-01T00:00:00Z"sv,
      "10000-01-01T00:00:00Z"sv,
      "-2024-01-15T10:30:00Z"sv,
      "+2024-01-15T10:30:00Z"sv,
      "2024-01-15T-1:30:00Z"sv,
      "2024-01-15T10:30:0xZ"sv,
      "infinity"sv,
      "-infinity"sv,
      "now"sv,
      "epoch"sv,
      "NaN"sv,
      "1705314600000"sv,
      "Mon, 15 Jan 2024 10:30:00 GMT"sv,
      "20240115T103000Z"sv,
      "２０２４-01-15T10:30:00Z"sv,
      "2024-01-15T10:30:00.1234x"sv,
      "2024−01−15T10:30:00Z"sv,
  };
  for (const std::string_view text : cases) EXPECT_FALSE(ParseTimestamp(ExactText(text)).has_value()) << text;
}

TEST(Timestamp, EveryPrefixIsRefused) {
  const std::string_view text = "2024-01-15T10:30:00.123456+05:30";
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(ParseTimestamp(ExactText(text.substr(0, size))).has_value()) << text.substr(0, size);
  }
  EXPECT_TRUE(ParseTimestamp(text).has_value());
}

TEST(Timestamp, AgreesWithTheCLibrary) {
  Random random(1);
  for (int i = 0; i < 20'000; ++i) {
    const std::time_t seconds = static_cast<std::time_t>(random.Next() % 315'537'897'600ull) - 62'135'596'800;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[40];
    std::snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02dZ", parts.tm_year + 1900,
                  parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
    const std::optional<UnixMicros> time = ParseTimestamp(text);
    ASSERT_TRUE(time.has_value()) << text;
    ASSERT_EQ(*time, seconds * kSecond) << text;
  }
}

TEST(Timestamp, ReadsEpochMilliseconds) {
  const Case cases[] = {
      {"0", 0},
      {"-0", 0},
      {"1", 1000},
      {"-1", -1000},
      {"1705314600000", kJanuary},
      {"1705314600000.0", kJanuary},
      {"1.7053146e12", kJanuary},
      {"1705314600000.5", kJanuary + 500},
      // What browsers make of performance.timeOrigin + performance.now(): no microsecond may be lost to the
      // binary fraction.
      {"1705314600000.123", kJanuary + 123},
      {"1705314600000.1", kJanuary + 100},
      {"1705314600000.7", kJanuary + 700},
      {"1705314600123.457", kJanuary + 123'457},
      {"-62135596800000", -62'135'596'800 * kSecond},
      {"253402300799999", kLastTimestamp - 999},
  };
  for (const Case& c : cases) {
    const std::optional<UnixMicros> time = ParseEpochMilliseconds(ExactText(c.text));
    ASSERT_TRUE(time.has_value()) << c.text;
    EXPECT_EQ(*time, c.micros) << c.text;
  }
}

TEST(Timestamp, EveryMicrosecondSurvivesEpochMilliseconds) {
  Random random(2);
  for (int i = 0; i < 20'000; ++i) {
    const UnixMicros micros = static_cast<UnixMicros>(random.Next() % 4'102'444'800'000'000ull);
    char text[40];
    std::snprintf(text, sizeof(text), "%lld.%03d", static_cast<long long>(micros / 1000),
                  static_cast<int>(micros % 1000));
    const std::optional<UnixMicros> time = ParseEpochMilliseconds(text);
    ASSERT_TRUE(time.has_value()) << text;
    ASSERT_EQ(*time, micros) << text;
  }
}

TEST(Timestamp, RefusesEpochMillisecondsOutOfRange) {
  const std::string_view cases[] = {
      "",
      "x",
      "1x",
      "1e400",
      "-1e400",
      "1e300",
      "253402300800000",
      "253402300799999.9999999999",
      "-62135596800001",
      "9223372036854775807",
      "18446744073709551616",
      "1705314600000000",
      "1705314600000000000",
      "inf",
      "nan",
      "0x10",
  };
  for (const std::string_view text : cases) {
    EXPECT_FALSE(ParseEpochMilliseconds(ExactText(text)).has_value()) << text;
  }
  EXPECT_FALSE(ParseEpochMilliseconds(std::string(10'000, '9')).has_value());
}

}  // namespace
}  // namespace productgraph::core
