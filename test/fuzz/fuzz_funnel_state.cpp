// Serialized states of funnel aggregates: refused, or read and written back the same.
#include <algorithm>

#include "src/core/funnel_state.hpp"
#include "test/fuzz/require.hpp"

using namespace productgraph::core;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::uint8_t> bytes(data, size);
  std::pmr::monotonic_buffer_resource memory;
  try {
    const FunnelParameters parameters = FunnelState::ReadParameters(bytes);
    FunnelState state(&parameters, &memory);
    state.ReadRows(bytes);
    REQUIRE(state.SerializedSize() == size);
    std::vector<std::uint8_t> again(size);
    state.Serialize(again);
    REQUIRE(std::equal(again.begin(), again.end(), bytes.begin()));
    FunnelState twice(&parameters, &memory);
    twice.Merge(state);
    twice.Merge(state);
    const FunnelOptions& options = parameters.options;
    const FunnelWindow window{parameters.window_micros};
    state.Sort(StopToken());
    twice.Sort(StopToken());
    const FunnelChain chain = MatchFunnel(state.rows(), window, options, StopToken());
    REQUIRE(chain.depth <= options.steps);
    for (int i = 1; i < chain.depth; ++i) {
      REQUIRE(chain.times[i - 1] <= chain.times[i]);
      REQUIRE(chain.times[i] <= AddMicros(chain.times[0], window.length));
    }
    // More rows never harm, unless repeats are what ends the scan.
    REQUIRE(options.strict_deduplication ||
            MatchFunnel(twice.rows(), window, options, StopToken()).depth >= chain.depth);
  } catch (const Error& error) {
    REQUIRE(error.code() == ErrorCode::kInvalidParameter);
  }
  return 0;
}
