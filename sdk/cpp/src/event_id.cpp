#include "event_id.hpp"

#include <unistd.h>

#include <algorithm>
#include <random>

namespace productgraph {
namespace {

void WriteHex(std::uint64_t value, int digits, char* out) {
  for (int i = digits - 1; i >= 0; --i, value >>= 4) out[i] = "0123456789abcdef"[value & 15];
}

}  // namespace

std::uint64_t EventIds::Random() {
  if (random_left_ == 0) {
    if (getentropy(random_.data(), sizeof random_) != 0) {
      std::random_device device;
      for (std::uint64_t& word : random_) word = std::uint64_t{device()} << 32 | device();
    }
    random_left_ = random_.size();
  }
  return random_[--random_left_];
}

std::string EventIds::Next(std::chrono::system_clock::time_point now) {
  const auto since_1970 =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
  const auto millis = static_cast<std::uint64_t>(std::max<std::int64_t>(since_1970, 0));
  std::uint64_t random;
  std::uint64_t order;
  {
    const std::lock_guard lock(mutex_);
    random = Random();
    // Each millisecond starts its count anywhere in the lower half, so that there is room above.
    order = last_ = std::max(last_ + 1, millis << 12 | (random & 0x7FF));
    random = Random();
  }
  std::string id(36, '-');
  WriteHex(order >> 28, 8, &id[0]);
  WriteHex(order >> 12, 4, &id[9]);
  WriteHex(0x7000 | (order & 0xFFF), 4, &id[14]);
  WriteHex(0x8000 | (random >> 48 & 0x3FFF), 4, &id[19]);
  WriteHex(random, 12, &id[24]);
  return id;
}

}  // namespace productgraph
