// Serialized states of the pattern and next-node aggregates: refused, or read, written back the same, and
// used.
#include <algorithm>

#include "src/core/next_node.hpp"
#include "src/core/sequence_matcher.hpp"
#include "src/core/sequence_state.hpp"
#include "test/fuzz/require.hpp"

using namespace productgraph::core;

namespace {

void Read(std::span<const std::uint8_t> bytes, SequenceState* state) {
  state->ReadRows(bytes);
}

void Read(std::span<const std::uint8_t> bytes, NextNodeState* state) {
  state->Deserialize(bytes);
}

// The state of the bytes, twice over.
template <class State>
void ReadTwice(std::span<const std::uint8_t> bytes, State* state, State* part) {
  Read(bytes, state);
  REQUIRE(state->SerializedSize() == bytes.size());
  std::vector<std::uint8_t> again(bytes.size());
  state->Serialize(again);
  REQUIRE(std::equal(again.begin(), again.end(), bytes.begin()));
  Read(bytes, part);
  state->Merge(*part);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::uint8_t> bytes(data, size);
  std::pmr::monotonic_buffer_resource memory;
  try {
    const SequenceParameters parameters = SequenceState::ReadParameters(bytes);
    SequenceState state(&parameters, &memory), part(&parameters, &memory);
    ReadTwice(bytes, &state, &part);
    REQUIRE(state.rows().size() == 2 * part.rows().size());
    state.Sort(StopToken());
    const auto pattern = ParsePattern(parameters.pattern, parameters.conditions, &memory);
    CountMatches(pattern, state.rows(), 1'000, StopToken(), &memory);
    LongestMatch(pattern, state.rows(), StopToken(), &memory);
  } catch (const Error& error) {
    REQUIRE(error.code() == ErrorCode::kInvalidParameter);
  }
  try {
    NextNodeState state({}, &memory), part({}, &memory);
    ReadTwice(bytes, &state, &part);
    state.Find(StopToken());
  } catch (const Error& error) {
    REQUIRE(error.code() == ErrorCode::kInvalidParameter);
  }
  return 0;
}
