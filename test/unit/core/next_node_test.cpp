#include "src/core/next_node.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <tuple>

#include "src/core/error.hpp"
#include "test/unit/core/block_memory.hpp"
#include "test/unit/core/funnel_rows.hpp"

namespace productgraph::core {
namespace {

struct Node {
  Micros ts;
  std::string value;
  bool can_be_base;
  StepMask mask;
};

using Nodes = std::vector<Node>;

std::optional<std::string> Find(const NextNodeParameters& parameters, const Nodes& nodes) {
  BlockMemory memory;
  NextNodeState state(parameters, &memory);
  for (const Node& node : nodes) state.Add(node.ts, ExactText(node.value), node.can_be_base, node.mask);
  const std::optional<std::string_view> found = state.Find(StopToken());
  return found ? std::optional<std::string>(*found) : std::nullopt;
}

// Letters that happen at 1, 2, 3 …; the steps are letters, too.
Nodes LetterNodes(std::string_view letters, std::string_view steps) {
  Nodes nodes;
  for (const StepRow& row : LetterRows(letters, steps))
    nodes.push_back({row.ts, std::string(1, letters[nodes.size()]), true, row.mask});
  return nodes;
}

std::string AfterHead(std::string_view letters, std::string_view steps) {
  const NextNodeParameters parameters{true, NodeBase::kHead, static_cast<int>(steps.size())};
  return Find(parameters, LetterNodes(letters, steps)).value_or("-");
}

TEST(NextNode, AnswersTheVectorsOfTheSpecification) {
  const std::tuple<const char*, const char*, const char*, const char*> users[] = {
      {"ABCD", "B", "C", "-"}, {"BBDC", "-", "-", "B"}, {"AB", "B", "-", "-"}, {"AAABC", "A", "-", "-"}};
  for (const auto& [letters, after_a, after_ab, after_b] : users) {
    EXPECT_EQ(AfterHead(letters, "A"), after_a) << letters;
    EXPECT_EQ(AfterHead(letters, "AB"), after_ab) << letters;
    EXPECT_EQ(AfterHead(letters, "B"), after_b) << letters;
  }
}

TEST(NextNode, BeginsAtItsBaseAndGoesInItsDirection) {
  const auto find = [](bool forward, NodeBase base) {
    return Find({forward, base, 1}, LetterNodes("CABDAEA", "A")).value_or("-");
  };
  EXPECT_EQ(find(true, NodeBase::kHead), "-");
  EXPECT_EQ(find(true, NodeBase::kFirstMatch), "B");
  EXPECT_EQ(find(true, NodeBase::kLastMatch), "-");
  EXPECT_EQ(find(false, NodeBase::kTail), "E");
  EXPECT_EQ(find(false, NodeBase::kFirstMatch), "C");
  EXPECT_EQ(find(false, NodeBase::kLastMatch), "E");
}

TEST(NextNode, NeedsTheBaseCondition) {
  Nodes nodes = LetterNodes("ABAC", "A");
  nodes[0].can_be_base = false;
  EXPECT_EQ(Find({true, NodeBase::kHead, 1}, nodes), std::nullopt);
  EXPECT_EQ(Find({true, NodeBase::kFirstMatch, 1}, nodes), "C");
}

TEST(NextNode, TakesEmptyValuesInfiniteTimesAndTies) {
  EXPECT_EQ(Find({true, NodeBase::kHead, 1}, {{kInfinity, "", false, 0}, {kMinusInfinity, "a", true, 1}}),
            "");
  EXPECT_EQ(Find({true, NodeBase::kHead, 1}, {{1, "b", false, 0}, {1, "a", true, 1}}), "b");
  EXPECT_EQ(Find({true, NodeBase::kHead, 1}, {{1, "\xC3\xA4", false, 0}, {1, "z", true, 1}}), "\xC3\xA4")
      << "values compare as bytes";
  EXPECT_EQ(Find({true, NodeBase::kHead, 1}, {}), std::nullopt);
}

// The definition, on a list that is turned round for the other direction.
std::optional<std::string> NaiveFind(const NextNodeParameters& parameters, Nodes nodes) {
  std::sort(nodes.begin(), nodes.end(), [](const Node& a, const Node& b) {
    return std::tie(a.ts, a.value, a.mask, a.can_be_base) < std::tie(b.ts, b.value, b.mask, b.can_be_base);
  });
  std::vector<std::size_t> bases;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const bool at_end = parameters.base == NodeBase::kHead ? i == 0 : i + 1 == nodes.size();
    const bool matches =
        parameters.base == NodeBase::kHead || parameters.base == NodeBase::kTail ? at_end : nodes[i].mask & 1;
    if (matches && nodes[i].can_be_base) bases.push_back(i);
  }
  if (bases.empty()) return std::nullopt;
  std::size_t base = parameters.base == NodeBase::kLastMatch ? bases.back() : bases.front();
  if (!parameters.forward) {
    std::reverse(nodes.begin(), nodes.end());
    base = nodes.size() - 1 - base;
  }
  for (int step = 0; step < parameters.steps; ++step) {
    if (base + step >= nodes.size() || !(nodes[base + step].mask >> step & 1)) return std::nullopt;
  }
  const std::size_t next = base + static_cast<std::size_t>(parameters.steps);
  return next < nodes.size() ? std::optional(nodes[next].value) : std::nullopt;
}

NextNodeParameters RandomParameters(Random* random) {
  return {random->OneIn(2), static_cast<NodeBase>(random->Below(4)), random->Between(1, 3)};
}

Nodes RandomNodes(Random* random, int most) {
  Nodes nodes;
  for (int i = random->Below(most + 1); i > 0; --i) {
    static const char* const kValues[] = {"", "a", "b", "a long value that needs memory of its own"};
    nodes.push_back({random->Below(12), kValues[random->Below(4)], !random->OneIn(4),
                     static_cast<StepMask>(random->Next() | random->Next()) & 7});
  }
  return nodes;
}

TEST(NextNode, EqualsTheNaiveSearchOnRandomRows) {
  Random random(21);
  int found = 0;
  for (int i = 0; i < 60'000; ++i) {
    const NextNodeParameters parameters = RandomParameters(&random);
    const Nodes nodes = RandomNodes(&random, 8);
    const std::optional<std::string> expected = NaiveFind(parameters, nodes);
    ASSERT_EQ(Find(parameters, nodes), expected) << "round " << i;
    found += expected.has_value();
  }
  EXPECT_GT(found, 10'000);
}

TEST(NextNode, StopsWhenAsked) {
  const volatile std::sig_atomic_t stop = 1;
  BlockMemory memory;
  NextNodeState state({}, &memory);
  for (int i = 0; i < 40'000; ++i) state.Add((i * 7919) % 40'000, "v", true, 1);
  EXPECT_THROW(state.Find(StopToken(&stop)), Error);
  EXPECT_EQ(state.Find(StopToken()), "v") << "and can go on afterwards";
}

std::vector<std::uint8_t> Bytes(const NextNodeState& state) {
  std::vector<std::uint8_t> bytes(state.SerializedSize());
  state.Serialize(bytes);
  return bytes;
}

std::unique_ptr<NextNodeState> Deserialize(const std::vector<std::uint8_t>& bytes,
                                           std::pmr::memory_resource* memory) {
  const std::unique_ptr<std::uint8_t[]> exact(new std::uint8_t[bytes.size()]);
  std::copy(bytes.begin(), bytes.end(), exact.get());
  auto state = std::make_unique<NextNodeState>(NextNodeParameters(), memory);
  state->Deserialize({exact.get(), bytes.size()});
  return state;
}

TEST(NextNodeState, PartsMergeToTheWholeInEveryShape) {
  Random random(22);
  for (int round = 0; round < 5'000; ++round) {
    BlockMemory memory;
    const NextNodeParameters parameters = RandomParameters(&random);
    const Nodes nodes = RandomNodes(&random, 12);
    std::vector<std::unique_ptr<NextNodeState>> parts;
    for (int i = random.Between(1, 4); i > 0; --i)
      parts.push_back(std::make_unique<NextNodeState>(parameters, &memory));
    for (const Node& node : nodes) {
      parts[random.Below(static_cast<int>(parts.size()))]->Add(node.ts, node.value, node.can_be_base,
                                                               node.mask);
    }
    while (parts.size() > 1) {
      if (random.OneIn(3)) parts.back()->Find(StopToken());
      const auto part =
          random.OneIn(3) ? std::move(parts.back()) : Deserialize(Bytes(*parts.back()), &memory);
      parts.pop_back();
      parts[random.Below(static_cast<int>(parts.size()))]->Merge(*part);
    }
    ASSERT_TRUE(parts[0]->parameters() == parameters);
    const std::optional<std::string_view> found = parts[0]->Find(StopToken());
    const std::optional<std::string> expected = NaiveFind(parameters, nodes);
    ASSERT_EQ(found.has_value(), expected.has_value());
    if (found) {
      ASSERT_EQ(*found, *expected);
    }
  }
}

void ExpectRefused(const std::function<void()>& action) {
  try {
    action();
    ADD_FAILURE() << "nothing thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidParameter);
  }
}

TEST(NextNodeState, OtherParametersDoNotCombine) {
  BlockMemory memory;
  NextNodeState state({true, NodeBase::kHead, 2}, &memory);
  state.Merge(NextNodeState({true, NodeBase::kHead, 2}, &memory));
  for (const NextNodeParameters& other :
       {NextNodeParameters{false, NodeBase::kHead, 2}, NextNodeParameters{true, NodeBase::kFirstMatch, 2},
        NextNodeParameters{true, NodeBase::kHead, 3}}) {
    ExpectRefused([&] { state.Merge(NextNodeState(other, &memory)); });
  }
}

TEST(NextNodeState, ForgedHeadersAreRefused) {
  BlockMemory memory;
  const std::vector<std::uint8_t> bytes = Bytes(NextNodeState({true, NodeBase::kTail, 2}, &memory));
  const std::pair<std::size_t, int> forged[] = {{0, 0}, {0, 2}, {1, 2}, {2, 4}, {3, 0}, {3, kMaxSteps + 1}};
  for (const auto& [place, value] : forged) {
    std::vector<std::uint8_t> other = bytes;
    other[place] = static_cast<std::uint8_t>(value);
    ExpectRefused([&] { Deserialize(other, &memory); });
  }
}

TEST(NextNodeState, TruncatedAndCorruptedBytesAreRefusedOrHarmless) {
  BlockMemory memory;
  NextNodeState state({true, NodeBase::kLastMatch, 3}, &memory);
  std::vector<std::size_t> ends{state.SerializedSize()};  // where the bytes could end as well
  for (int i = 0; i < 6; ++i) {
    state.Add(i, std::string(static_cast<std::size_t>(i), 'x'), i % 2, 7);
    ends.push_back(state.SerializedSize());
  }
  const std::vector<std::uint8_t> bytes = Bytes(state);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::vector<std::uint8_t> part(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    if (std::find(ends.begin(), ends.end(), size) != ends.end())
      EXPECT_EQ(Bytes(*Deserialize(part, &memory)), part);
    else
      ExpectRefused([&] { Deserialize(part, &memory); });
  }
  Random random(23);
  int refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::vector<std::uint8_t> forged = bytes;
    for (int i = random.Between(1, 2); i > 0; --i) {
      const int at = random.Below(random.OneIn(3) ? 4 : static_cast<int>(forged.size()));
      forged[at] = static_cast<std::uint8_t>(forged[at] ^ 1 << random.Below(8));
    }
    try {
      const auto copy = Deserialize(forged, &memory);
      ASSERT_EQ(Bytes(*copy), forged);
      copy->Find(StopToken());
    } catch (const Error& error) {
      ++refused;
      ASSERT_EQ(error.code(), ErrorCode::kInvalidParameter);
    }
  }
  EXPECT_GT(refused, 2'000);
  EXPECT_LT(refused, 18'000);
}

}  // namespace
}  // namespace productgraph::core
