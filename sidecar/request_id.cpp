#include "request_id.hpp"

#include <cstdint>
#include <random>

#include "http_types.hpp"

namespace productgraph::sidecar {
namespace {

constexpr std::size_t kMaxRequestIdBytes = 128;

// Ids must be distinct, not unguessable, so a seeded generator a thread will do.
std::mt19937_64& Generator() {
  thread_local std::mt19937_64 generator = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  return generator;
}

}  // namespace

std::string MakeRequestId() {
  constexpr char kHex[] = "0123456789abcdef";
  std::uint64_t halves[2] = {Generator()(), Generator()()};
  halves[0] = (halves[0] & ~0xf000ULL) | 0x4000ULL;
  halves[1] = (halves[1] & ~(3ULL << 62)) | (2ULL << 62);
  std::string id;
  id.reserve(36);
  for (int i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) id += '-';
    id += kHex[(halves[i / 16] >> (60 - 4 * (i % 16))) & 15];
  }
  return id;
}

std::string RequestIdOrNew(std::string_view sent) {
  if (!sent.empty() && sent.size() <= kMaxRequestIdBytes && IsPrintableAscii(sent)) return std::string(sent);
  return MakeRequestId();
}

}  // namespace productgraph::sidecar
