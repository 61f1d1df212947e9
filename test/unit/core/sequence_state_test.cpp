#include "src/core/sequence_state.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "src/core/sequence_matcher.hpp"
#include "test/unit/core/block_memory.hpp"
#include "test/unit/core/funnel_rows.hpp"

namespace productgraph::core {
namespace {

std::vector<std::uint8_t> Bytes(const SequenceState& state) {
  std::vector<std::uint8_t> bytes(state.SerializedSize());
  state.Serialize(bytes);
  return bytes;
}

// A state with what it points to.
struct Deserialized {
  std::unique_ptr<std::uint8_t[]> bytes;
  std::unique_ptr<SequenceParameters> parameters;
  std::unique_ptr<SequenceState> state;
};

// What the aggregate does with bytes it gets. The copy ends where the bytes end.
Deserialized Deserialize(const std::vector<std::uint8_t>& bytes, std::pmr::memory_resource* memory) {
  Deserialized made;
  made.bytes.reset(new std::uint8_t[bytes.size()]);
  std::copy(bytes.begin(), bytes.end(), made.bytes.get());
  const std::span<const std::uint8_t> span(made.bytes.get(), bytes.size());
  made.parameters = std::make_unique<SequenceParameters>(SequenceState::ReadParameters(span));
  made.state = std::make_unique<SequenceState>(made.parameters.get(), memory);
  made.state->ReadRows(span);
  return made;
}

bool SameRows(std::span<const StepRow> a, std::span<const StepRow> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const StepRow& x, const StepRow& y) { return x.ts == y.ts && x.mask == y.mask; });
}

void ExpectRefused(const std::function<void()>& action) {
  try {
    action();
    ADD_FAILURE() << "nothing thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidParameter);
  }
}

TEST(SequenceState, KeepsOnlyRowsThatMatch) {
  BlockMemory memory;
  const SequenceParameters parameters{"(?1)", 2};
  SequenceState state(&parameters, &memory);
  state.Add(1, 0);
  EXPECT_EQ(state.rows().size(), 0u);
  state.Add(kInfinity, 2);
  EXPECT_EQ(state.rows().size(), 1u);
}

TEST(SequenceState, PartsMergeToTheWholeInEveryShape) {
  Random random(31);
  for (int round = 0; round < 5'000; ++round) {
    BlockMemory memory;
    const int conditions = random.OneIn(5) ? kMaxSteps : random.Between(1, 4);
    const std::string pattern(static_cast<std::size_t>(random.Below(60)), 'p');
    const SequenceParameters parameters{pattern, conditions};
    SequenceState whole(&parameters, &memory);
    std::vector<std::unique_ptr<SequenceState>> parts;
    for (int i = random.Between(1, 5); i > 0; --i)
      parts.push_back(std::make_unique<SequenceState>(&parameters, &memory));
    for (int i = random.Below(30); i > 0; --i) {
      const Micros ts = random.OneIn(20) ? kMinusInfinity : random.Below(10);
      const StepMask mask = static_cast<StepMask>(random.Next()) >> (32 - conditions);
      whole.Add(ts, mask);
      parts[random.Below(static_cast<int>(parts.size()))]->Add(ts, mask);
    }
    while (parts.size() > 1) {
      if (random.OneIn(3)) parts.back()->Sort(StopToken());
      Deserialized part;
      if (random.OneIn(3))
        part.state = std::move(parts.back());
      else
        part = Deserialize(Bytes(*parts.back()), &memory);
      parts.pop_back();
      parts[random.Below(static_cast<int>(parts.size()))]->Merge(*part.state);
    }
    ASSERT_TRUE(parts[0]->parameters() == parameters);
    whole.Sort(StopToken());
    parts[0]->Sort(StopToken());
    ASSERT_TRUE(SameRows(whole.rows(), parts[0]->rows()));
  }
}

TEST(SequenceState, OtherPatternsDoNotCombine) {
  BlockMemory memory;
  const SequenceParameters parameters{"(?1)", 2};
  const SequenceParameters same{std::string_view("(?1) ").substr(0, 4), 2};
  SequenceState state(&parameters, &memory);
  state.Merge(SequenceState(&same, &memory));
  for (const SequenceParameters& other : {SequenceParameters{"(?1) ", 2}, SequenceParameters{"(?1)", 3}}) {
    ExpectRefused([&] { state.Merge(SequenceState(&other, &memory)); });
  }
}

std::vector<std::uint8_t> SomeBytes(std::pmr::memory_resource* memory) {
  const SequenceParameters parameters{"(?1).*(?2)(?t<=5)(?3)", 3};
  SequenceState state(&parameters, memory);
  for (int i = 0; i < 10; ++i) state.Add(i, 1u << (i % 3));
  return Bytes(state);
}

TEST(SequenceState, TruncatedOrExtendedBytesAreRefused) {
  BlockMemory memory;
  const std::vector<std::uint8_t> bytes = SomeBytes(&memory);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ExpectRefused([&] {
      Deserialize({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)}, &memory);
    });
  }
  std::vector<std::uint8_t> longer = bytes;
  for (int i = 0; i < 30; ++i) {
    longer.push_back(1);
    ExpectRefused([&] { Deserialize(longer, &memory); });
  }
}

TEST(SequenceState, CorruptedBytesAreRefusedOrHarmless) {
  BlockMemory memory;
  const std::vector<std::uint8_t> bytes = SomeBytes(&memory);
  Random random(32);
  int refused = 0;
  constexpr int kRounds = 20'000;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<std::uint8_t> forged = bytes;
    for (int i = random.Between(1, 3); i > 0; --i) {
      const int at = random.Below(random.OneIn(2) ? 40 : static_cast<int>(forged.size()));
      forged[at] =
          static_cast<std::uint8_t>(random.OneIn(2) ? random.Next() : forged[at] ^ (1 << random.Below(8)));
    }
    try {
      const Deserialized made = Deserialize(forged, &memory);
      SequenceState* const state = made.state.get();
      ASSERT_EQ(Bytes(*state), forged);
      state->Sort(StopToken());
      const auto pattern = ParsePattern(made.parameters->pattern, made.parameters->conditions, &memory);
      CountMatches(pattern, state->rows(), 100, StopToken(), &memory);
      LongestMatch(pattern, state->rows(), StopToken(), &memory);
    } catch (const Error& error) {
      ++refused;
      ASSERT_EQ(error.code(), ErrorCode::kInvalidParameter);
    }
  }
  EXPECT_GT(refused, kRounds / 4);
  EXPECT_LT(refused, kRounds);
}

TEST(SequenceState, ForgedNumbersOfConditionsAreRefused) {
  BlockMemory memory;
  std::vector<std::uint8_t> bytes = SomeBytes(&memory);
  for (const int conditions : {0, kMaxSteps + 1, 255, 2}) {
    bytes[1] = static_cast<std::uint8_t>(conditions);
    ExpectRefused([&] { Deserialize(bytes, &memory); });
  }
  bytes[1] = kMaxSteps;
  EXPECT_EQ(Deserialize(bytes, &memory).parameters->conditions, kMaxSteps);
}

// Counts of rows near 2^64 must not be trusted.
TEST(SequenceState, ForgedCountsAreRefused) {
  BlockMemory memory;
  const std::vector<std::uint8_t> bytes = SomeBytes(&memory);
  const std::size_t at = bytes.size() - 10 * 12 - 8;
  for (const std::uint64_t count : {std::uint64_t{0}, std::uint64_t{9}, std::uint64_t{11}, ~std::uint64_t{0},
                                    (~std::uint64_t{0}) / 12, (std::uint64_t{1} << 62) + 10}) {
    std::vector<std::uint8_t> forged = bytes;
    std::memcpy(&forged[at], &count, sizeof(count));
    ExpectRefused([&] { Deserialize(forged, &memory); });
  }
}

}  // namespace
}  // namespace productgraph::core
