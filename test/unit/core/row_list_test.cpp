#include "src/core/row_list.hpp"

#include <gtest/gtest.h>

#include <csignal>

#include "test/unit/core/block_memory.hpp"
#include "test/unit/core/funnel_rows.hpp"

namespace productgraph::core {
namespace {

std::vector<Micros> Times(const RowList& list) {
  std::vector<Micros> times;
  for (const StepRow& row : list.rows()) times.push_back(row.ts);
  return times;
}

std::vector<std::uint8_t> Bytes(const RowList& list) {
  std::vector<std::uint8_t> bytes(list.SerializedSize());
  ByteWriter writer(bytes);
  list.Serialize(&writer);
  return bytes;
}

TEST(RowList, SortsAgainWhateverWayRowsCome) {
  BlockMemory memory;
  RowList list(&memory), other(&memory);
  list.Add(2, 1);
  list.Add(1, 1);
  list.Sort(StopToken());
  EXPECT_EQ(Times(list), (std::vector<Micros>{1, 2}));
  list.Add(kMinusInfinity, 1);
  list.Sort(StopToken());
  other.Add(0, 1);
  list.Append(other);
  list.Sort(StopToken());
  EXPECT_EQ(Times(list), (std::vector<Micros>{kMinusInfinity, 0, 1, 2}));
  const std::vector<std::uint8_t> bytes = Bytes(other);
  ByteReader reader(bytes);
  list.Read(&reader, 1);
  list.Sort(StopToken());
  EXPECT_EQ(Times(list), (std::vector<Micros>{kMinusInfinity, 0, 0, 1, 2}));
}

TEST(RowList, KeepsTwoRowsInsideAndMoreInBlocksThatDouble) {
  BlockMemory memory;
  RowList list(&memory);
  EXPECT_LE(sizeof(RowList), 48u);
  list.Add(0, 1);
  list.Add(1, 1);
  EXPECT_EQ(memory.allocations(), 0u);
  for (int i = 2; i < 1'000; ++i) {
    list.Add(i, 1);
    ASSERT_EQ(list.rows().back().ts, i);
  }
  EXPECT_EQ(memory.allocations(), 9u) << "of 4 to 1024 rows";
  for (int i = 0; i < 1'000; ++i) ASSERT_EQ(list.rows()[i].ts, i);
}

TEST(RowList, AppendsAcrossAllSizes) {
  for (int left = 0; left < 20; ++left) {
    for (int right = 0; right < 20; ++right) {
      BlockMemory memory;
      RowList list(&memory), other(&memory);
      for (int i = 0; i < left; ++i) list.Add(i, 1);
      for (int i = 0; i < right; ++i) other.Add(left + i, 1);
      list.Append(other);
      list.Add(left + right, 1);
      std::vector<Micros> expected;
      for (int i = 0; i <= left + right; ++i) expected.push_back(i);
      ASSERT_EQ(Times(list), expected) << left << " and " << right;
      ASSERT_EQ(other.rows().size(), static_cast<std::size_t>(right));
    }
  }
}

TEST(RowList, ARowThatDoesNotFitChangesNothing) {
  BlockMemory memory(1);
  RowList list(&memory);
  for (int i = 0; i < 4; ++i) list.Add(i, 1);
  EXPECT_THROW(list.Add(4, 1), std::bad_alloc);
  EXPECT_EQ(Times(list), (std::vector<Micros>{0, 1, 2, 3}));
}

TEST(RowList, ASortThatWasStoppedIsDoneAgain) {
  const volatile std::sig_atomic_t stop = 1;
  BlockMemory memory;
  RowList list(&memory);
  for (int i = 0; i < 100'000; ++i) list.Add((i * 7919LL) % 100'000, 1);
  EXPECT_THROW(list.Sort(StopToken(&stop)), Error);
  list.Sort(StopToken());
  for (std::size_t i = 0; i < list.rows().size(); ++i)
    ASSERT_EQ(list.rows()[i].ts, static_cast<Micros>(i)) << "no row lost or doubled";
}

TEST(RowList, ReadsMasksOfTheConditionsOnly) {
  BlockMemory memory;
  for (int conditions = 1; conditions <= kMaxSteps; ++conditions) {
    RowList list(&memory);
    list.Add(1, StepMask{1} << (conditions - 1));
    const std::vector<std::uint8_t> bytes = Bytes(list);
    RowList copy(&memory);
    ByteReader reader(bytes);
    copy.Read(&reader, conditions);
    EXPECT_EQ(copy.rows()[0].mask, StepMask{1} << (conditions - 1));
    if (conditions == 1) continue;
    ByteReader again(bytes);
    EXPECT_THROW(RowList(&memory).Read(&again, conditions - 1), Error);
  }
}

}  // namespace
}  // namespace productgraph::core
