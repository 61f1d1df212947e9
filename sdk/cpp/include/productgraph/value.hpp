// A value of an event's field: what JSON can say.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace productgraph {

// Text is UTF-8; bytes that are none are sent as U+FFFD. Numbers that are not finite are sent as null.
class Value {
 public:
  using Array = std::vector<Value>;
  using Object = std::vector<std::pair<std::string, Value>>;
  using Variant =
      std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, double, std::string, Array, Object>;

  Value(std::nullptr_t = nullptr) {}
  Value(bool value) : variant_(value) {}
  template <class Number, std::enable_if_t<std::is_arithmetic_v<Number>, int> = 0>
  Value(Number value) : variant_(Widen(value)) {}
  // A null pointer is null.
  Value(const char* text) {
    if (text != nullptr) variant_.emplace<std::string>(text);
  }
  Value(std::string_view text) : variant_(std::in_place_type<std::string>, text) {}
  Value(std::string text) : variant_(std::move(text)) {}
  Value(Array values) : variant_(std::move(values)) {}
  Value(Object members) : variant_(std::move(members)) {}

  const Variant& variant() const { return variant_; }
  // The text, or nullptr when it is something else.
  const std::string* text() const { return std::get_if<std::string>(&variant_); }
  Variant& variant() { return variant_; }
  // The members, or nullptr when it is no object.
  Object* members() { return std::get_if<Object>(&variant_); }

 private:
  template <class Number>
  static auto Widen(Number value) {
    if constexpr (std::is_floating_point_v<Number>) {
      return static_cast<double>(value);
    } else if constexpr (std::is_signed_v<Number>) {
      return static_cast<std::int64_t>(value);
    } else {
      return static_cast<std::uint64_t>(value);
    }
  }

  Variant variant_;
};

}  // namespace productgraph
