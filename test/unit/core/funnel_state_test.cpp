#include "src/core/funnel_state.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "test/unit/core/block_memory.hpp"
#include "test/unit/core/funnel_rows.hpp"

namespace productgraph::core {
namespace {

bool SameRows(std::span<const StepRow> a, std::span<const StepRow> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const StepRow& x, const StepRow& y) { return x.ts == y.ts && x.mask == y.mask; });
}

std::vector<std::uint8_t> Bytes(const FunnelState& state) {
  std::vector<std::uint8_t> bytes(state.SerializedSize());
  state.Serialize(bytes);
  return bytes;
}

// A state with its parameters.
struct Deserialized {
  std::unique_ptr<FunnelParameters> parameters;
  std::unique_ptr<FunnelState> state;
};

// What the aggregate does with bytes it gets. The copy ends where the bytes end.
Deserialized Deserialize(const std::vector<std::uint8_t>& bytes, std::pmr::memory_resource* memory) {
  const std::unique_ptr<std::uint8_t[]> exact(new std::uint8_t[bytes.size()]);
  std::copy(bytes.begin(), bytes.end(), exact.get());
  const std::span<const std::uint8_t> span(exact.get(), bytes.size());
  Deserialized made;
  made.parameters = std::make_unique<FunnelParameters>(FunnelState::ReadParameters(span));
  made.state = std::make_unique<FunnelState>(made.parameters.get(), memory);
  made.state->ReadRows(span);
  return made;
}

FunnelParameters SomeParameters() {
  FunnelParameters parameters;
  parameters.options = {5, true};
  parameters.window_months = 1;
  parameters.window_days = 2;
  parameters.window_micros = 3 * kSecond;
  return parameters;
}

std::vector<FunnelParameters> OtherParameters() {
  std::vector<FunnelParameters> others(5, SomeParameters());
  others[0].options.steps = 6;
  others[1].options.once = false;
  others[2].window_months = 0;
  others[3].window_days = 0;
  others[4].window_micros = 0;
  return others;
}

void ExpectInvalidParameter(const std::function<void()>& action) {
  try {
    action();
    ADD_FAILURE() << "nothing thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidParameter);
  }
}

TEST(FunnelState, KeepsOnlyRowsThatMatchAStep) {
  BlockMemory memory;
  const FunnelParameters parameters = SomeParameters();
  FunnelState state(&parameters, &memory);
  state.Add(1, 0);
  EXPECT_EQ(state.rows().size(), 0u);
  state.Add(2, 1);
  EXPECT_EQ(state.rows().size(), 1u);
}

TEST(FunnelState, SortsByTimeAndMask) {
  BlockMemory memory;
  const FunnelParameters parameters = SomeParameters();
  FunnelState state(&parameters, &memory);
  for (const StepRow& row : Rows{{3, 1}, {1, 2}, {kInfinity, 1}, {1, 1}, {kMinusInfinity, 4}, {1, 2}}) {
    state.Add(row.ts, row.mask);
  }
  state.Sort(StopToken());
  const Rows expected = {{kMinusInfinity, 4}, {1, 1}, {1, 2}, {1, 2}, {3, 1}, {kInfinity, 1}};
  EXPECT_TRUE(SameRows(expected, state.rows()));
}

TEST(FunnelState, PartsMergeToTheWhole) {
  Random random(7);
  for (int round = 0; round < 2'000; ++round) {
    BlockMemory memory;
    FunnelParameters parameters;
    parameters.options = {random.Between(1, kMaxSteps), random.OneIn(2)};
    parameters.window_micros = random.Below(20);
    const StepMask all = static_cast<StepMask>((std::uint64_t{1} << parameters.options.steps) - 1);
    FunnelState whole(&parameters, &memory);
    std::deque<FunnelState> parts;
    for (int i = random.Between(1, 5); i > 0; --i) parts.emplace_back(&parameters, &memory);
    for (int i = random.Below(40); i > 0; --i) {
      const Micros ts = random.OneIn(20) ? kInfinity : random.Below(30);
      const StepMask mask = static_cast<StepMask>(random.Next() & random.Next()) & all;
      whole.Add(ts, mask);
      parts[random.Below(static_cast<int>(parts.size()))].Add(ts, mask);
    }
    whole.Sort(StopToken());
    while (parts.size() > 1) {
      if (random.OneIn(3)) parts.back().Sort(StopToken());
      const Deserialized part = Deserialize(Bytes(parts.back()), &memory);
      parts.pop_back();
      parts[random.Below(static_cast<int>(parts.size()))].Merge(*part.state);
    }
    FunnelState& merged = parts.front();
    ASSERT_TRUE(merged.parameters() == parameters);
    merged.Sort(StopToken());
    ASSERT_TRUE(SameRows(whole.rows(), merged.rows()));
    const FunnelWindow window{parameters.window_micros};
    const FunnelChain a = MatchFunnel(whole.rows(), window, parameters.options, StopToken());
    const FunnelChain b = MatchFunnel(merged.rows(), window, parameters.options, StopToken());
    ASSERT_EQ(a.depth, b.depth);
    ASSERT_EQ(a.times, b.times);
  }
}

TEST(FunnelState, OtherParametersDoNotCombine) {
  BlockMemory memory;
  const FunnelParameters parameters = SomeParameters();
  FunnelState state(&parameters, &memory);
  const FunnelParameters same = SomeParameters();
  state.Merge(FunnelState(&same, &memory));
  for (const FunnelParameters& other : OtherParameters()) {
    EXPECT_FALSE(other == parameters);
    ExpectInvalidParameter([&] { state.Merge(FunnelState(&other, &memory)); });
  }
}

TEST(FunnelState, ParametersSurvive) {
  BlockMemory memory;
  for (FunnelParameters parameters : OtherParameters()) {
    parameters.window_micros += kInfinity - 5 * kSecond;
    const Deserialized copy = Deserialize(Bytes(FunnelState(&parameters, &memory)), &memory);
    EXPECT_TRUE(copy.state->parameters() == parameters);
    EXPECT_EQ(copy.state->rows().size(), 0u);
  }
}

std::vector<std::uint8_t> SomeBytes(std::pmr::memory_resource* memory) {
  const FunnelParameters parameters = SomeParameters();
  FunnelState state(&parameters, memory);
  for (int i = 0; i < 10; ++i) state.Add(i, 1u << (i % 5));
  return Bytes(state);
}

TEST(FunnelState, TruncatedOrExtendedBytesAreRefused) {
  BlockMemory memory;
  const std::vector<std::uint8_t> bytes = SomeBytes(&memory);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ExpectInvalidParameter([&] {
      Deserialize({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)}, &memory);
    });
  }
  std::vector<std::uint8_t> longer = bytes;
  for (int i = 0; i < 30; ++i) {
    longer.push_back(1);
    ExpectInvalidParameter([&] { Deserialize(longer, &memory); });
  }
}

TEST(FunnelState, BytesOfAnotherMeaningAreRefused) {
  BlockMemory memory;
  const FunnelParameters parameters = SomeParameters();
  FunnelState state(&parameters, &memory);
  state.Add(1, 1u << 4);
  const std::vector<std::uint8_t> bytes = Bytes(state);
  const auto with = [&](std::size_t at, std::uint8_t value) {
    std::vector<std::uint8_t> forged = bytes;
    forged.at(at) = value;
    return forged;
  };
  EXPECT_EQ(Deserialize(with(1, 32), &memory).state->parameters().options.steps, 32);
  ExpectInvalidParameter([&] { Deserialize(with(0, 2), &memory); });     // version
  ExpectInvalidParameter([&] { Deserialize(with(1, 0), &memory); });     // no steps
  ExpectInvalidParameter([&] { Deserialize(with(1, 33), &memory); });    // too many
  ExpectInvalidParameter([&] { Deserialize(with(1, 4), &memory); });     // fewer than a row matches
  ExpectInvalidParameter([&] { Deserialize(with(2, 0xFF), &memory); });  // modes that there are not
}

TEST(FunnelState, CorruptedBytesAreRefusedOrHarmless) {
  BlockMemory memory;
  const std::vector<std::uint8_t> bytes = SomeBytes(&memory);
  Random random(8);
  int refused = 0;
  constexpr int kRounds = 20'000;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<std::uint8_t> forged = bytes;
    for (int i = random.Between(1, 3); i > 0; --i) {
      // The header more often, it is smaller than the rows.
      const int at = random.Below(random.OneIn(2) ? 27 : static_cast<int>(forged.size()));
      forged[at] =
          static_cast<std::uint8_t>(random.OneIn(2) ? random.Next() : forged[at] ^ (1 << random.Below(8)));
    }
    try {
      const Deserialized made = Deserialize(forged, &memory);
      FunnelState* const state = made.state.get();
      ASSERT_GE(state->parameters().options.steps, 1);
      ASSERT_LE(state->parameters().options.steps, kMaxSteps);
      state->Sort(StopToken());
      const FunnelChain chain = MatchFunnel(state->rows(), {state->parameters().window_micros},
                                            state->parameters().options, StopToken());
      ASSERT_LE(chain.depth, state->parameters().options.steps);
      ASSERT_EQ(Bytes(*state).size(), forged.size());
    } catch (const Error& error) {
      ++refused;
      ASSERT_EQ(error.code(), ErrorCode::kInvalidParameter);
    }
  }
  EXPECT_GT(refused, kRounds / 4);
  EXPECT_LT(refused, kRounds);
}

}  // namespace
}  // namespace productgraph::core
