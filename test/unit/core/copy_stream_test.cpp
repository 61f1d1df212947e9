#include "src/core/copy_stream.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <optional>

#include "test/unit/core/ingest_rows.hpp"
#include "test/unit/core/random.hpp"

namespace productgraph::core {
namespace {

constexpr std::size_t kColumns = kFieldCount + 3;
constexpr std::size_t kFirstField = 2;

std::string ReadAll(CopyStream* stream, Random* random, int most) {
  std::string all;
  std::vector<char> target(static_cast<std::size_t>(most));
  for (;;) {
    const std::size_t room = static_cast<std::size_t>(random->Between(1, most));
    const std::size_t size = stream->Read({target.data(), room});
    all.append(target.data(), size);
    if (size == 0) return all;
    EXPECT_LE(size, room);
  }
}

// What a COPY file says, read as PostgreSQL documents the format.
class CopyFile {
 public:
  explicit CopyFile(std::string bytes) : bytes_(std::move(bytes)) {
    EXPECT_EQ(Take(11), std::string("PGCOPY\n\377\r\n\0", 11));
    EXPECT_EQ(TakeInt(4), 0);
    EXPECT_EQ(TakeInt(4), 0);
    for (std::int64_t columns = TakeInt(2); columns != -1; columns = TakeInt(2)) {
      std::vector<std::optional<std::string>> row;
      for (std::int64_t i = 0; i < columns; ++i) {
        const std::int64_t size = TakeInt(4);
        row.push_back(size < 0 ? std::nullopt : std::optional(Take(static_cast<std::size_t>(size))));
      }
      rows.push_back(row);
    }
    EXPECT_EQ(at_, bytes_.size()) << "nothing after the end";
  }

  static std::int64_t Int(const std::string& bytes) {
    std::uint64_t value = (bytes[0] & 0x80) ? ~std::uint64_t{0} : 0;
    for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
    return static_cast<std::int64_t>(value);
  }

  std::vector<std::vector<std::optional<std::string>>> rows;

 private:
  std::string Take(std::size_t size) {
    EXPECT_LE(at_ + size, bytes_.size());
    const std::string taken = bytes_.substr(at_, size);
    at_ += size;
    return taken;
  }
  std::int64_t TakeInt(std::size_t size) { return Int(Take(size)); }

  std::string bytes_;
  std::size_t at_ = 0;
};

const std::optional<std::string>& Field(const std::vector<std::optional<std::string>>& row, FieldId field) {
  return row[kFirstField + static_cast<std::size_t>(field)];
}

TEST(CopyStream, WritesEachTypeInItsColumn) {
  IngestRows made;
  const ProjectLookup* const project = made.AddProject("shop");
  Event* const event = made.AddEvent(project);
  made.Put(event, FieldId::kEventId, "e1");
  made.PutInteger(event, FieldId::kEventTimestamp, kPostgresEpoch + 5);
  made.PutInteger(event, FieldId::kEventSequence, -3);
  made.PutInteger(event, FieldId::kApiStatusCode, 503);
  made.PutNumber(event, FieldId::kDurationMs, -1.5);
  made.Put(event, FieldId::kMetadata, R"({"a":1})");
  event->attributes = R"({"b":2})";
  made.AddEvent(project, false);
  Random random(1);
  CopyStream stream(made.rows(), kPostgresEpoch - 1, std::pmr::get_default_resource());
  const CopyFile file(ReadAll(&stream, &random, 100));
  ASSERT_EQ(file.rows.size(), 1u) << "a row that is not stored is left out";
  const auto& row = file.rows[0];
  ASSERT_EQ(row.size(), kColumns);
  EXPECT_EQ(row[0], std::string(16, 7));
  EXPECT_EQ(CopyFile::Int(*row[1]), -1);
  EXPECT_EQ(Field(row, FieldId::kEventId), "e1");
  EXPECT_EQ(CopyFile::Int(*Field(row, FieldId::kEventTimestamp)), 5);
  EXPECT_EQ(CopyFile::Int(*Field(row, FieldId::kEventSequence)), -3);
  EXPECT_EQ(Field(row, FieldId::kApiStatusCode)->size(), 4u);
  EXPECT_EQ(CopyFile::Int(*Field(row, FieldId::kApiStatusCode)), 503);
  EXPECT_EQ(std::bit_cast<double>(CopyFile::Int(*Field(row, FieldId::kDurationMs))), -1.5);
  EXPECT_EQ(Field(row, FieldId::kMetadata), "\x01{\"a\":1}");
  EXPECT_EQ(row.back(), "\x01{\"b\":2}");
  EXPECT_EQ(Field(row, FieldId::kUserId), std::nullopt);
}

TEST(CopyStream, NothingToStoreIsAnEmptyFile) {
  Random random(2);
  CopyStream stream({}, 0, std::pmr::get_default_resource());
  EXPECT_EQ(CopyFile(ReadAll(&stream, &random, 3)).rows.size(), 0u);
}

TEST(CopyStream, IsTheSameInWhateverPortionsItIsRead) {
  Random random(3);
  IngestRows made;
  const ProjectLookup* const project = made.AddProject("shop");
  std::size_t stored = 0;
  for (int i = 0; i < 50; ++i) {
    const bool is_stored = !random.OneIn(4);
    stored += is_stored;
    Event* const event = made.AddEvent(project, is_stored);
    made.Put(event, FieldId::kEventId, std::to_string(i));
    made.Put(event, FieldId::kErrorStack, std::string(static_cast<std::size_t>(random.Below(5'000)), 'x'));
    if (random.OneIn(2)) made.Put(event, FieldId::kUserId, "");
  }
  CopyStream whole(made.rows(), 0, std::pmr::get_default_resource());
  const std::string expected = ReadAll(&whole, &random, 1'000'000);
  EXPECT_EQ(CopyFile(expected).rows.size(), stored);
  for (const int most : {1, 7, 4'096}) {
    CopyStream stream(made.rows(), 0, std::pmr::get_default_resource());
    ASSERT_EQ(ReadAll(&stream, &random, most), expected);
  }
}

}  // namespace
}  // namespace productgraph::core
