#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace productgraph::bench {

// One step of SplitMix64. Also how independent streams are derived: Mix(Mix(seed, user), day).
constexpr std::uint64_t Mix(std::uint64_t state, std::uint64_t value = 0) {
  std::uint64_t z = state + 0x9e3779b97f4a7c15ULL * (value + 1);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

// Integers only, and no std distribution: those give other numbers with another standard library.
class Random {
 public:
  explicit constexpr Random(std::uint64_t seed) : state_(seed) {}

  constexpr std::uint64_t Next() {
    const std::uint64_t result = Mix(state_);
    state_ += 0x9e3779b97f4a7c15ULL;
    return result;
  }

  // 0 .. bound - 1
  constexpr std::uint32_t Below(std::uint32_t bound) {
    return static_cast<std::uint32_t>(((Next() >> 32) * bound) >> 32);
  }

  // Both ends included.
  constexpr std::int64_t Between(std::int64_t low, std::int64_t high) {
    return low + Below(static_cast<std::uint32_t>(high - low + 1));
  }

  constexpr bool Chance(std::uint32_t permille) { return Below(1000) < permille; }

  // Mostly near low with a long tail to high: the shape of latencies and of reading times. Half of all
  // answers lie in the lowest eighth of the range.
  constexpr std::int64_t Tailed(std::int64_t low, std::int64_t high) {
    const std::uint64_t u = Below(1 << 16);
    const std::uint64_t cube = (u * u * u) >> 16;  // of 2^32
    return low + static_cast<std::int64_t>((static_cast<std::uint64_t>(high - low) * cube) >> 32);
  }

  // An index, drawn with these weights.
  constexpr std::size_t Weighted(std::span<const std::uint16_t> weights) {
    std::uint32_t total = 0;
    for (const std::uint16_t weight : weights) total += weight;
    std::uint32_t rest = Below(total);
    std::size_t index = 0;
    while (rest >= weights[index]) rest -= weights[index++];
    return index;
  }

 private:
  std::uint64_t state_;
};

}  // namespace productgraph::bench
