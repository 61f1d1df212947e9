// Fixed-size values to and from bytes, in the byte order of the machine: for states that travel between
// processes of one server only.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

#include "src/core/error.hpp"

namespace productgraph::core {

[[noreturn]] inline void ThrowCorruptState() {
  throw Error(ErrorCode::kInvalidParameter, "corrupted state of an aggregate");
}

// Writes into bytes that are known to be enough.
class ByteWriter {
 public:
  explicit ByteWriter(std::span<std::uint8_t> bytes) : at_(bytes.data()) {}

  template <class T>
  void Put(T value) {
    static_assert(std::is_trivially_copyable_v<T>);
    std::memcpy(at_, &value, sizeof(value));
    at_ += sizeof(value);
  }
  void PutText(std::string_view text) {
    if (!text.empty()) std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }

 private:
  std::uint8_t* at_;
};

// Reads bytes of any origin: throws Error(kInvalidParameter) where there are too few.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::uint8_t> bytes) : left_(bytes) {}

  template <class T>
  T Get() {
    static_assert(std::is_trivially_copyable_v<T>);
    T value;
    if (left_.size() < sizeof(value)) ThrowCorruptState();
    std::memcpy(&value, left_.data(), sizeof(value));
    left_ = left_.subspan(sizeof(value));
    return value;
  }
  // Points into the bytes.
  std::string_view GetText(std::size_t size) {
    if (left_.size() < size) ThrowCorruptState();
    const std::string_view text(reinterpret_cast<const char*>(left_.data()), size);
    left_ = left_.subspan(size);
    return text;
  }
  std::size_t left() const { return left_.size(); }

 private:
  std::span<const std::uint8_t> left_;
};

}  // namespace productgraph::core
