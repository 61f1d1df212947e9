// Every allocation of the pattern and next-node kernels fails in turn: bad_alloc, and nothing else.
#include <gtest/gtest.h>

#include <functional>
#include <memory_resource>
#include <string>

#include "src/core/next_node.hpp"
#include "src/core/sequence_matcher.hpp"
#include "src/core/sequence_state.hpp"
#include "test/unit/core/block_memory.hpp"
#include "test/unit/core/funnel_rows.hpp"

namespace productgraph::core {
namespace {

void FailEachAllocation(const std::function<void(std::pmr::memory_resource*)>& action) {
  // Whoever forgets the memory resource allocates from the default one.
  std::pmr::memory_resource* const before = std::pmr::set_default_resource(std::pmr::null_memory_resource());
  BlockMemory enough;
  action(&enough);
  EXPECT_GT(enough.allocations(), 0u);
  for (std::size_t n = 0; n < enough.allocations(); ++n) {
    BlockMemory memory(n);
    EXPECT_THROW(action(&memory), std::bad_alloc) << "allocation " << n << " of " << enough.allocations();
  }
  std::pmr::set_default_resource(before);
}

constexpr std::string_view kPattern = "(?1)(?t<=400)(?t!=3)(?2).*(?1)(?t>=2)(?2).(?t==2)(?1)";

Rows SomeRows() {
  Rows rows;
  for (int i = 0; i < 500; ++i) rows.push_back({i * kSecond, StepMask{1} << (i % 2)});
  return rows;
}

TEST(SequenceMemory, Patterns) {
  FailEachAllocation(
      [](std::pmr::memory_resource* memory) { EXPECT_EQ(ParsePattern(kPattern, 2, memory).size(), 6u); });
  FailEachAllocation([](std::pmr::memory_resource* memory) {
    try {
      ParsePattern("(?1)(?7)", 2, memory);
      ADD_FAILURE();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidParameter);
    }
  });
}

TEST(SequenceMemory, CountMatchesAndLongestMatch) {
  const Rows rows = SomeRows();
  const auto pattern = ParsePattern(kPattern, 2, std::pmr::new_delete_resource());
  FailEachAllocation([&](std::pmr::memory_resource* memory) {
    EXPECT_GT(CountMatches(pattern, rows, 1'000, StopToken(), memory), 0);
  });
  FailEachAllocation([&](std::pmr::memory_resource* memory) {
    EXPECT_EQ(LongestMatch(pattern, rows, StopToken(), memory).size(), 5u);
  });
}

TEST(SequenceMemory, StateOfPatterns) {
  FailEachAllocation([](std::pmr::memory_resource* memory) {
    const SequenceParameters parameters{kPattern, 2};
    SequenceState state(&parameters, memory);
    SequenceState other(&parameters, memory);
    for (const StepRow& row : SomeRows()) {
      state.Add(row.ts, row.mask);
      other.Add(-row.ts, row.mask);
    }
    state.Merge(other);
    state.Sort(StopToken());
    std::vector<std::uint8_t> bytes(state.SerializedSize());
    state.Serialize(bytes);
    const SequenceParameters read = SequenceState::ReadParameters(bytes);
    SequenceState copy(&read, memory);
    copy.ReadRows(bytes);
    EXPECT_EQ(copy.rows().size(), 1'000u);
  });
}

TEST(SequenceMemory, StateOfNextNodes) {
  FailEachAllocation([](std::pmr::memory_resource* memory) {
    const NextNodeParameters parameters{true, NodeBase::kFirstMatch, 2};
    NextNodeState state(parameters, memory);
    NextNodeState other(parameters, memory);
    for (int i = 0; i < 100; ++i) {
      state.Add(i, i % 2 ? "a value of some length" : "", true, 3);
      other.Add(1'000 - i, "x", false, 1);
    }
    state.Merge(other);
    std::vector<std::uint8_t> bytes(state.SerializedSize());
    state.Serialize(bytes);
    NextNodeState copy({}, memory);
    copy.Deserialize(bytes);
    EXPECT_EQ(copy.Find(StopToken()), "");
  });
}

}  // namespace
}  // namespace productgraph::core
