// RapidJSON, set up so that it allocates from a std::pmr resource and writes into a std::pmr string.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <string>
#include <string_view>

// An assertion of the library must never abort the process that hosts us.
#ifndef RAPIDJSON_ASSERT
#include <stdexcept>
#define RAPIDJSON_ASSERT(condition)                                     \
  do {                                                                  \
    if (!(condition)) throw std::logic_error("rapidjson: " #condition); \
  } while (0)
#endif

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
#include <rapidjson/writer.h>

namespace productgraph::core {

// RapidJSON's allocator concept over a memory resource that frees all at once (it never frees single blocks).
class PmrJsonAllocator {
 public:
  static const bool kNeedFree = false;

  PmrJsonAllocator() : memory_(std::pmr::get_default_resource()) {}
  explicit PmrJsonAllocator(std::pmr::memory_resource* memory) : memory_(memory) {}

  void* Malloc(std::size_t size) { return size ? memory_->allocate(size) : nullptr; }
  void* Realloc(void* old, std::size_t old_size, std::size_t new_size) {
    if (new_size == 0) return nullptr;
    if (new_size <= old_size) return old;
    void* const block = memory_->allocate(new_size);
    if (old_size) std::memcpy(block, old, old_size);
    return block;
  }
  static void Free(void*) {}

 private:
  std::pmr::memory_resource* memory_;
};

// RapidJSON's output stream over a string.
class PmrJsonStream {
 public:
  using Ch = char;
  explicit PmrJsonStream(std::pmr::string* text) : text_(text) {}
  void Put(char c) { text_->push_back(c); }
  void Flush() {}

 private:
  std::pmr::string* text_;
};

// A document to read.
struct JsonText : rapidjson::MemoryStream {
  explicit JsonText(std::string_view json) : MemoryStream(json.data(), json.size()) {}
};

// The first byte of a JSON string, from `begin` on, that does not stand for itself: a quote, a backslash or a
// control character; else `end`.
inline const char* FindSpecial(const char* begin, const char* end) {
  constexpr std::uint64_t kOnes = 0x0101010101010101u;
  constexpr std::uint64_t kHighBits = 0x80 * kOnes;
  // Whether a byte is less than `limit`, at most 0x80: exact up to the first such byte.
  const auto has_less = [](std::uint64_t word, std::uint64_t limit) {
    return (word - limit * kOnes) & ~word & kHighBits;
  };
  for (std::uint64_t word; end - begin >= static_cast<std::ptrdiff_t>(sizeof(word)); begin += sizeof(word)) {
    std::memcpy(&word, begin, sizeof(word));
    if (has_less(word, 0x20) | has_less(word ^ ('"' * kOnes), 1) | has_less(word ^ ('\\' * kOnes), 1)) break;
  }
  while (begin != end && *begin != '"' && *begin != '\\' && static_cast<unsigned char>(*begin) >= 0x20)
    ++begin;
  return begin;
}

using JsonReader = rapidjson::GenericReader<rapidjson::UTF8<>, rapidjson::UTF8<>, PmrJsonAllocator>;
using JsonWriter = rapidjson::Writer<PmrJsonStream, rapidjson::UTF8<>, rapidjson::UTF8<>, PmrJsonAllocator>;

}  // namespace productgraph::core

// What the library offers for streams that can be looked through faster than byte by byte.
template <>
template <>
inline void productgraph::core::JsonReader::ScanCopyUnescapedString(productgraph::core::JsonText& text,
                                                                    StackStream<char>& target) {
  const char* const special = productgraph::core::FindSpecial(text.src_, text.end_);
  const auto size = static_cast<SizeType>(special - text.src_);
  if (size > 0) std::memcpy(target.Push(size), text.src_, size);
  text.src_ = special;
}
