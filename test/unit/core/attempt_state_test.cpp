// What the state of attempts has that the state of a funnel has not: its options, and rows of no condition.
#include <gtest/gtest.h>

#include "src/core/funnel_state.hpp"
#include "test/unit/core/block_memory.hpp"
#include "test/unit/core/funnel_rows.hpp"

namespace productgraph::core {
namespace {

std::vector<std::uint8_t> Bytes(const AttemptState& state) {
  std::vector<std::uint8_t> bytes(state.SerializedSize());
  state.Serialize(bytes);
  return bytes;
}

AttemptParameters RandomParameters(Random* random) {
  AttemptParameters parameters;
  AttemptOptions& options = parameters.options;
  options.steps = random->Between(1, 8);
  options.order = static_cast<StepOrder>(random->Below(3));
  options.per_step = options.order == StepOrder::kStrict && random->OneIn(2);
  if (options.order != StepOrder::kAny && options.steps == 8) options.optional = 0b0110'0000;
  for (int i = random->Below(3); i > 0 && options.steps > 1; --i)
    options.excluded[options.exclusions++] = {1, static_cast<std::uint8_t>(options.steps)};
  parameters.window_micros = random->Below(20);
  parameters.window_days = random->Below(3);
  return parameters;
}

TEST(AttemptState, PartsMergeToTheWhole) {
  Random random(31);
  for (int round = 0; round < 2'000; ++round) {
    BlockMemory memory;
    const AttemptParameters parameters = RandomParameters(&random);
    const StepMask all = static_cast<StepMask>((std::uint64_t{1} << parameters.options.conditions()) - 1);
    AttemptState whole(&parameters, &memory), merged(&parameters, &memory), part(&parameters, &memory);
    for (int i = random.Below(40); i > 0; --i) {
      const Micros ts = random.Below(30);
      const StepMask mask = static_cast<StepMask>(random.Next() & random.Next()) & all;
      whole.Add(ts, mask);
      (random.OneIn(2) ? merged : part).Add(ts, mask);
    }
    const std::vector<std::uint8_t> bytes = Bytes(part);
    const AttemptParameters read = AttemptState::ReadParameters(bytes);
    AttemptState copy(&read, &memory);
    copy.ReadRows(bytes);
    ASSERT_TRUE(copy.parameters() == parameters);
    merged.Merge(copy);
    whole.Sort(StopToken());
    merged.Sort(StopToken());
    ASSERT_EQ(whole.rows().size(), merged.rows().size());
    const auto best = [&](const AttemptState& state) {
      return BestAttempt(state.rows(), {parameters.window_micros}, parameters.options, &memory, StopToken());
    };
    ASSERT_EQ(best(whole).depth, best(merged).depth);
    ASSERT_EQ(best(whole).times, best(merged).times);
  }
}

TEST(AttemptState, StrictOrderKeepsAllRows) {
  BlockMemory memory;
  const AttemptParameters parameters;
  AttemptState ordered(&parameters, &memory);
  ordered.Add(1, 0);
  EXPECT_EQ(ordered.rows().size(), 0u);
  AttemptParameters strict_parameters;
  strict_parameters.options.order = StepOrder::kStrict;
  AttemptState strict(&strict_parameters, &memory);
  strict.Add(1, 0);
  EXPECT_EQ(strict.rows().size(), 1u);
  EXPECT_THROW(strict.Merge(ordered), Error);
}

TEST(AttemptState, CorruptedBytesAreRefusedOrHarmless) {
  Random random(32);
  int refused = 0;
  constexpr int kRounds = 20'000;
  for (int round = 0; round < kRounds; ++round) {
    BlockMemory memory;
    const AttemptParameters parameters = RandomParameters(&random);
    AttemptState state(&parameters, &memory);
    for (int i = 0; i < 5; ++i) state.Add(i, 1);
    std::vector<std::uint8_t> bytes = Bytes(state);
    if (random.OneIn(4)) bytes.resize(static_cast<std::size_t>(random.Below(static_cast<int>(bytes.size()))));
    for (int i = random.Between(1, 3); i > 0 && !bytes.empty(); --i) {
      const int size = static_cast<int>(bytes.size());
      bytes[random.Below(random.OneIn(2) ? std::min(size, 12) : size)] =
          static_cast<std::uint8_t>(random.Next());
    }
    try {
      const AttemptParameters read = AttemptState::ReadParameters(bytes);
      AttemptState copy(&read, &memory);
      copy.ReadRows(bytes);
      ASSERT_EQ(copy.parameters().options.Problem(), nullptr);
      copy.Sort(StopToken());
      const AttemptOptions& options = copy.parameters().options;
      ASSERT_LE(BestAttempt(copy.rows(), {9}, options, &memory, StopToken()).depth, options.steps);
    } catch (const Error& error) {
      ASSERT_EQ(error.code(), ErrorCode::kInvalidParameter);
      ++refused;
    }
  }
  EXPECT_GT(refused, kRounds / 3);
  EXPECT_LT(refused, kRounds);
}

}  // namespace
}  // namespace productgraph::core
