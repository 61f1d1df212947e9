#include "src/core/redaction_rules.hpp"

#include <algorithm>

#include "src/core/arena_text.hpp"
#include "src/core/error.hpp"

namespace productgraph::core {
namespace {

constexpr int kMaxNames = 100;
constexpr std::size_t kMaxNameSize = 1024;  // bytes

[[noreturn]] void Fail(std::pmr::memory_resource* memory, std::initializer_list<std::string_view> parts,
                       const char* hint) {
  const std::string_view message = JoinText(memory, parts);
  throw Error(ErrorCode::kInvalidParameter, JoinText(memory, {message, std::string_view("\0", 1)}).data(),
              hint);
}

bool HoldsText(const FieldSpec& spec) {
  return spec.type == FieldType::kIdentifier || spec.type == FieldType::kText ||
         spec.type == FieldType::kJsonText;
}

void CheckField(const FieldSpec& spec, FieldAction action, std::pmr::memory_resource* memory) {
  const bool identity = spec.id == FieldId::kEventId || spec.id == FieldId::kSessionId;
  if (spec.required && !(identity && action == FieldAction::kHash)) {
    Fail(memory, {"field \"", spec.name, "\" cannot be redacted in this way"},
         "Events need event_id, project_id, session.id, event.type and event.timestamp; of these, event_id "
         "and "
         "session.id can be hashed.");
  }
  if (action != FieldAction::kDrop && !HoldsText(spec)) {
    Fail(memory, {"field \"", spec.name, "\" holds no text"}, "It can be dropped only.");
  }
  if (action == FieldAction::kHash && spec.limit != 0 && spec.limit < kHashTextSize) {
    Fail(memory, {"field \"", spec.name, "\" is too short for a hash"}, "It can be dropped or masked.");
  }
}

}  // namespace

RedactionRules::RedactionRules(const RedactionOptions& options, std::pmr::memory_resource* memory)
    : secret_(options.secret), paths_(memory) {
  for (const std::string_view name : options.patterns) {
    const std::optional<Pattern> pattern = FindPattern(name);
    if (!pattern) {
      Fail(memory, {"unknown pattern \"", name.substr(0, kMaxNameSize), "\""},
           "Patterns are card, email and token.");
    }
    patterns_.Add(*pattern);
  }
  for (const std::string_view name : options.drop_fields) AddField(name, FieldAction::kDrop, memory);
  for (const std::string_view name : options.hash_fields) AddField(name, FieldAction::kHash, memory);
  for (const std::string_view name : options.mask_fields) AddField(name, FieldAction::kMask, memory);
}

void RedactionRules::AddField(std::string_view name, FieldAction action, std::pmr::memory_resource* memory) {
  if (++names_ > kMaxNames)
    Fail(memory, {"more than 100 fields to redact"}, "Use *.KEY to name many at once.");
  const std::optional<FieldId> field = name == kProjectIdAlias ? FieldId::kProjectId : FindField(name);
  if (!field) return AddPath(name, action, memory);
  CheckField(Describe(*field), action, memory);
  FieldAction& slot = fields_[static_cast<int>(*field)];
  if (slot != FieldAction::kKeep) {
    Fail(memory, {"field \"", name, "\" is named twice"}, "A field is dropped, hashed or masked.");
  }
  slot = action;
}

void RedactionRules::AddPath(std::string_view name, FieldAction action, std::pmr::memory_resource* memory) {
  const bool anywhere = name.starts_with("*.");
  const std::string_view path = anywhere ? name.substr(1) : name;
  if (path.empty() || path.back() == '.' || path.front() == '*' || path.size() > kMaxNameSize) {
    Fail(memory, {"\"", name.substr(0, kMaxNameSize), "\" is no field"},
         "Fields are those of productgraph.event_fields(), metadata.KEY, the names of others, and *.KEY for "
         "a key "
         "anywhere.");
  }
  if (std::any_of(paths_.begin(), paths_.end(), [&](const Path& p) { return p.path == path; })) {
    Fail(memory, {"field \"", name, "\" is named twice"}, "A field is dropped, hashed or masked.");
  }
  paths_.push_back({path, anywhere, action});
}

FieldAction RedactionRules::ActionOf(std::string_view path) const {
  for (const Path& rule : paths_) {
    if (rule.anywhere ? path == rule.path.substr(1) || path.ends_with(rule.path) : path == rule.path) {
      return rule.action;
    }
  }
  return FieldAction::kKeep;
}

}  // namespace productgraph::core
