#pragma once

#include <chrono>
#include <string>
#include <unordered_set>
#include <utility>

namespace productgraph::sidecar {

// The API keys that were used since the database was last told, by their hashes: it is told once a minute, of
// all of them at once, apart from the events. Bounded; of one thread.
class KeyUses {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  using Hashes = std::unordered_set<std::string>;

  void Add(const std::string& key_hash) {
    if (hashes_.size() < kMaxKeys) hashes_.insert(key_hash);
  }
  bool Empty() const { return hashes_.empty(); }
  // When the database is to be told; max() while there is nothing to tell.
  TimePoint DueAt() const { return hashes_.empty() ? TimePoint::max() : due_at_; }
  Hashes Take(TimePoint now) {
    due_at_ = now + kInterval;
    return std::exchange(hashes_, {});
  }

 private:
  static constexpr std::size_t kMaxKeys = 4096;
  static constexpr std::chrono::seconds kInterval{60};

  Hashes hashes_;
  TimePoint due_at_ = TimePoint::min();
};

}  // namespace productgraph::sidecar
