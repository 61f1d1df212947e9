// What a project keeps out of its store: patterns in text, and fields by name.
#pragma once

#include <array>
#include <memory_resource>
#include <span>
#include <string_view>
#include <vector>

#include "src/core/event_fields.hpp"
#include "src/core/keyed_hash.hpp"
#include "src/core/sensitive_text.hpp"

namespace productgraph::core {

enum class FieldAction : std::uint8_t {
  kKeep,
  kDrop,  // as if it had not been sent
  kHash,  // HashText() of a text or number; of an object or array, of each one in it
  kMask,  // kMaskText for whatever there is
};

inline constexpr std::string_view kMaskText = "[masked]";

// As written. A field is named as in JSON: one of kFields ("user.id"), "metadata.KEY" or "metadata.KEY.KEY"
// for what lies in metadata, likewise below ui.state.before and ui.state.after, the name of a field we do not
// know, or
// "*.KEY" for that key anywhere in metadata, states and unknown fields. Elements of arrays have the array's
// name.
struct RedactionOptions {
  std::span<const std::string_view> patterns;
  std::span<const std::string_view> drop_fields;
  std::span<const std::string_view> hash_fields;
  std::span<const std::string_view> mask_fields;
  HashSecret secret{};
};

// The same, ready for use. The names must outlive it.
class RedactionRules {
 public:
  // Throws Error(kInvalidParameter), which tells what is possible, for unknown patterns, fields named twice
  // or empty, fields that make an event (they cannot be dropped or masked), and fields without text (they can
  // be dropped only). Messages are allocated from `memory`.
  RedactionRules(const RedactionOptions& options, std::pmr::memory_resource* memory);

  bool empty() const { return patterns_.empty() && names_ == 0; }
  Patterns patterns() const { return patterns_; }
  const HashSecret& secret() const { return secret_; }
  FieldAction ActionOf(FieldId field) const { return fields_[static_cast<int>(field)]; }
  // Whether anything but whole fields of kFields is named.
  bool has_paths() const { return !paths_.empty(); }
  // Of a place in metadata, a state or an unknown field, "metadata.a.b".
  FieldAction ActionOf(std::string_view path) const;

 private:
  struct Path {
    std::string_view path;  // ".KEY" when anywhere
    bool anywhere;
    FieldAction action;
  };

  void AddField(std::string_view name, FieldAction action, std::pmr::memory_resource* memory);
  void AddPath(std::string_view name, FieldAction action, std::pmr::memory_resource* memory);

  Patterns patterns_;
  HashSecret secret_;
  std::array<FieldAction, kFieldCount> fields_{};
  std::pmr::vector<Path> paths_;
  int names_ = 0;
};

}  // namespace productgraph::core
