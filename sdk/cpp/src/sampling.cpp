#include "sampling.hpp"

#include <cstdint>

namespace productgraph {
namespace {

// FNV-1a with the finalizer of MurmurHash3.
std::uint32_t Hash(std::string_view text) {
  std::uint32_t hash = 0x811C9DC5u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193u;
  hash = (hash ^ hash >> 16) * 0x85EBCA6Bu;
  hash = (hash ^ hash >> 13) * 0xC2B2AE35u;
  return hash ^ hash >> 16;
}

}  // namespace

bool IsInSample(std::string_view session_id, double rate) {
  if (session_id.empty()) return rate > 0;
  return Hash(session_id) < rate * 4294967296.0;
}

}  // namespace productgraph
