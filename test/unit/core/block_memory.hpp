// Memory for tests: every block apart, so that AddressSanitizer sees its bounds, and able to run out.
#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <memory_resource>
#include <new>
#include <string_view>
#include <unordered_map>

namespace productgraph::core {

class BlockMemory : public std::pmr::memory_resource {
 public:
  static constexpr std::size_t kNever = std::numeric_limits<std::size_t>::max();

  // The allocation of that number, counted from 0, and all after it throw bad_alloc.
  explicit BlockMemory(std::size_t fail_at = kNever) : fail_at_(fail_at) {}
  BlockMemory(const BlockMemory&) = delete;
  BlockMemory& operator=(const BlockMemory&) = delete;
  ~BlockMemory() override {
    for (const auto& [block, alignment] : blocks_) ::operator delete(block, std::align_val_t(alignment));
  }

  std::size_t allocations() const { return allocations_; }
  std::size_t allocated_bytes() const { return allocated_bytes_; }

 private:
  void* do_allocate(std::size_t size, std::size_t alignment) override {
    if (allocations_ >= fail_at_) throw std::bad_alloc();
    void* const block = ::operator new(size, std::align_val_t(alignment));
    blocks_.emplace(block, alignment);
    ++allocations_;
    allocated_bytes_ += size;
    return block;
  }
  void do_deallocate(void* block, std::size_t, std::size_t alignment) override {
    blocks_.erase(block);
    ::operator delete(block, std::align_val_t(alignment));
  }
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

  const std::size_t fail_at_;
  std::size_t allocations_ = 0;
  std::size_t allocated_bytes_ = 0;
  std::unordered_map<void*, std::size_t> blocks_;
};

// A copy of text with nothing after its last byte, not even a zero.
class ExactText {
 public:
  explicit ExactText(std::string_view text) : bytes_(new char[text.size()]), size_(text.size()) {
    text.copy(bytes_.get(), text.size());
  }
  operator std::string_view() const { return {bytes_.get(), size_}; }
  char* data() { return bytes_.get(); }
  std::size_t size() const { return size_; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_;
};

}  // namespace productgraph::core
