// Serialized states of attempts at a funnel: refused, or read and written back the same, and walked.
#include <algorithm>

#include "src/core/funnel_state.hpp"
#include "test/fuzz/require.hpp"

using namespace productgraph::core;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::uint8_t> bytes(data, size);
  std::pmr::monotonic_buffer_resource memory;
  try {
    const AttemptParameters parameters = AttemptState::ReadParameters(bytes);
    AttemptState state(&parameters, &memory);
    state.ReadRows(bytes);
    REQUIRE(state.SerializedSize() == size);
    std::vector<std::uint8_t> again(size);
    state.Serialize(again);
    REQUIRE(std::equal(again.begin(), again.end(), bytes.begin()));
    const AttemptOptions& options = state.parameters().options;
    REQUIRE(options.Problem() == nullptr);
    const FunnelWindow window{state.parameters().window_micros};
    state.Sort(StopToken());
    const FunnelChain best = BestAttempt(state.rows(), window, options, &memory, StopToken());
    REQUIRE(best.depth <= options.steps);
    int deepest = 0;
    ForEachAttempt(state.rows(), window, options, &memory, StopToken(), [&](const FunnelChain& chain) {
      REQUIRE(chain.depth > 0 && !(chain.skipped & 1));
      deepest = std::max(deepest, chain.depth);
      Micros before = chain.times[0];
      for (int i = 0; i < chain.depth; ++i) {
        if (chain.skipped >> i & 1) continue;
        REQUIRE(before <= chain.times[i]);
        before = chain.times[i];
      }
    });
    // Attempts that may overlap go no less deep than those that may not.
    REQUIRE(deepest <= best.depth);
  } catch (const Error& error) {
    REQUIRE(error.code() == ErrorCode::kInvalidParameter);
  }
  return 0;
}
