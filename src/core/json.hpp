// RapidJSON, set up so that it allocates from a std::pmr resource and writes into a std::pmr string.
#pragma once

#include <cstring>
#include <memory_resource>
#include <string>

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

using JsonReader = rapidjson::GenericReader<rapidjson::UTF8<>, rapidjson::UTF8<>, PmrJsonAllocator>;
using JsonWriter = rapidjson::Writer<PmrJsonStream, rapidjson::UTF8<>, rapidjson::UTF8<>, PmrJsonAllocator>;

}  // namespace productgraph::core
