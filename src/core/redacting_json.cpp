#include "src/core/redacting_json.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "src/core/arena_text.hpp"
#include "src/core/ascii.hpp"
#include "src/core/json.hpp"
#include "src/core/secret_assignment.hpp"

namespace productgraph::core {
namespace {

constexpr unsigned kParseFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag;

// Copies a document from RapidJSON's calls to a writer.
class JsonRedactor {
 public:
  JsonRedactor(const RedactionRules& rules, std::string_view root, std::pmr::memory_resource* memory)
      : rules_(rules),
        memory_(memory),
        path_(root, memory),
        parents_(memory),
        text_(memory),
        stream_(&text_),
        allocator_(memory),
        writer_(stream_, &allocator_) {}

  bool Null() {
    if (Skip()) return true;
    writer_.Null();
    return EndValue();
  }
  bool Bool(bool value) {
    if (Skip() || Masked()) return true;
    writer_.Bool(value);
    return EndValue();
  }
  bool RawNumber(const char* digits, rapidjson::SizeType size, bool) { return Number({digits, size}); }
  bool String(const char* text, rapidjson::SizeType size, bool) { return Text({text, size}); }
  bool Key(const char* text, rapidjson::SizeType size, bool) { return Member({text, size}); }
  bool StartObject() { return Start(false); }
  bool StartArray() { return Start(true); }
  bool EndObject(rapidjson::SizeType) { return End(false); }
  bool EndArray(rapidjson::SizeType) { return End(true); }
  // The parser hands numbers over as text; these only complete the handler concept.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }

  bool changed() const { return changed_; }
  bool by_pattern() const { return by_pattern_; }
  std::string_view Take() { return CopyText(memory_, text_); }

 private:
  bool Member(std::string_view key) {
    if (skipped_depth_ > 0) return true;
    path_.resize(parents_.back());
    if (!path_.empty()) path_ += '.';
    path_ += key;
    action_ = rules_.has_paths() ? rules_.ActionOf(path_) : FieldAction::kKeep;
    key_ = CopyText(memory_, key);
    if (action_ == FieldAction::kDrop) {
      changed_ = true;
      return true;
    }
    const std::string_view clean = RedactText(rules_.patterns(), key, memory_);
    if (clean.data() != key.data()) changed_ = by_pattern_ = true;
    writer_.Key(clean.data(), static_cast<rapidjson::SizeType>(clean.size()));
    return true;
  }

  bool Text(std::string_view text) {
    if (Skip() || Masked() || Hashed(text)) return true;
    const bool secret = rules_.patterns().Has(Pattern::kToken) && IsSecretMember(key_, text);
    Write(text, secret ? Label(Pattern::kToken) : RedactText(rules_.patterns(), text, memory_));
    return EndValue();
  }

  bool Number(std::string_view digits) {
    if (Skip() || Masked() || Hashed(digits)) return true;
    if (std::all_of(digits.begin(), digits.end(), IsDigit)) {
      Patterns cards;
      if (rules_.patterns().Has(Pattern::kCard)) cards.Add(Pattern::kCard);
      if (HasSensitiveText(cards, digits)) {
        Write(digits, Label(Pattern::kCard));
        return EndValue();
      }
    }
    writer_.RawValue(digits.data(), digits.size(), rapidjson::kNumberType);
    return EndValue();
  }

  bool Start(bool array) {
    if (skipped_depth_ > 0 || action_ == FieldAction::kDrop) {
      ++skipped_depth_;
      return true;
    }
    if (action_ == FieldAction::kMask) {
      WriteMask();
      ++skipped_depth_;
      return true;
    }
    if (hashed_depth_ > 0 || action_ == FieldAction::kHash) ++hashed_depth_;
    parents_.push_back(path_.size());
    array ? writer_.StartArray() : writer_.StartObject();
    return EndValue();
  }

  bool End(bool array) {
    if (skipped_depth_ > 0) {
      if (--skipped_depth_ == 0) EndValue();
      return true;
    }
    if (hashed_depth_ > 0) --hashed_depth_;
    path_.resize(parents_.back());
    parents_.pop_back();
    array ? writer_.EndArray() : writer_.EndObject();
    return EndValue();
  }

  // Whether a value that is no container belongs to something dropped or masked.
  bool Skip() {
    if (skipped_depth_ > 0) return true;
    if (action_ != FieldAction::kDrop) return false;
    return EndValue();
  }
  bool Masked() {
    if (action_ != FieldAction::kMask) return false;
    WriteMask();
    return EndValue();
  }
  bool Hashed(std::string_view text) {
    if (hashed_depth_ == 0 && action_ != FieldAction::kHash) return false;
    changed_ = true;
    PutString(HashText(rules_.secret(), text, memory_));
    return EndValue();
  }
  void WriteMask() {
    changed_ = true;
    PutString(kMaskText);
  }
  // Writes `clean`, which stands for `text`.
  void Write(std::string_view text, std::string_view clean) {
    if (clean.data() != text.data()) changed_ = by_pattern_ = true;
    PutString(clean);
  }
  void PutString(std::string_view text) {
    writer_.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  }
  // What was said of a member holds for one value.
  bool EndValue() {
    action_ = FieldAction::kKeep;
    key_ = {};
    return true;
  }

  const RedactionRules& rules_;
  std::pmr::memory_resource* const memory_;
  std::pmr::string path_;                  // of the current member
  std::pmr::vector<std::size_t> parents_;  // sizes of the paths of the containers around it
  FieldAction action_ = FieldAction::kKeep;
  std::string_view key_;
  int skipped_depth_ = 0;  // containers open in what is not copied
  int hashed_depth_ = 0;   // containers open in what is hashed
  bool changed_ = false;
  bool by_pattern_ = false;
  std::pmr::string text_;
  PmrJsonStream stream_;
  PmrJsonAllocator allocator_;
  JsonWriter writer_;
};

// Strings of our own JSON stand in it as they are, unless they hold a backslash.
bool MayHoldSensitiveText(const RedactionRules& rules, std::string_view json) {
  if (rules.patterns().empty()) return false;
  return json.find('\\') != std::string_view::npos || HasSensitiveText(rules.patterns(), json);
}

}  // namespace

RedactedJson RedactJson(const RedactionRules& rules, std::string_view root, std::string_view json,
                        JsonOrigin origin, std::pmr::memory_resource* memory) {
  const bool ours = origin == JsonOrigin::kOurs;
  if (ours && !rules.has_paths() && !MayHoldSensitiveText(rules, json)) return {json};
  JsonText stream(json);
  PmrJsonAllocator allocator(memory);
  JsonReader reader(&allocator);
  JsonRedactor redactor(rules, root, memory);
  const rapidjson::ParseResult parsed = reader.Parse<kParseFlags>(stream, redactor);
  if (parsed.IsError() || stream.Tell() != json.size()) return {json, false, false};
  return {redactor.changed() ? redactor.Take() : json, redactor.by_pattern(), true};
}

}  // namespace productgraph::core
