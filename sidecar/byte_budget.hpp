#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace productgraph::sidecar {

// Bytes of request bodies in memory, over all threads. The total is a metric too, so it lives elsewhere.
class ByteBudget {
 public:
  ByteBudget(std::atomic<std::int64_t>& used, std::int64_t limit) : used_(used), limit_(limit) {}

  bool Take(std::int64_t bytes) {
    if (used_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= limit_) return true;
    Return(bytes);
    return false;
  }
  void Return(std::int64_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t>& used_;
  const std::int64_t limit_;
};

// The share of one request; returned when it is destroyed.
class BudgetShare {
 public:
  explicit BudgetShare(ByteBudget& budget) : budget_(&budget) {}
  BudgetShare(BudgetShare&& other) noexcept
      : budget_(other.budget_), bytes_(std::exchange(other.bytes_, 0)) {}
  BudgetShare& operator=(BudgetShare&&) = delete;
  ~BudgetShare() { budget_->Return(bytes_); }

  // False, and unchanged, when the budget does not allow it.
  bool Resize(std::int64_t bytes) {
    if (bytes > bytes_ && !budget_->Take(bytes - bytes_)) return false;
    if (bytes < bytes_) budget_->Return(bytes_ - bytes);
    bytes_ = bytes;
    return true;
  }

 private:
  ByteBudget* budget_;
  std::int64_t bytes_ = 0;
};

}  // namespace productgraph::sidecar
