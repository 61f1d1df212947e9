#include "src/core/event_types.hpp"

#include <algorithm>
#include <array>

namespace productgraph::core {
namespace {

struct NamedType {
  std::string_view event_name;
  std::string_view type;
};

constexpr NamedType kNamedTypes[] = {
    {"state_change", "state.change"},
    {"journey_step_enter", "journey.step"},
    {"journey_step_complete", "journey.step"},
    {"journey_step_abandon", "journey.step"},
    {"journey_conversion", "journey.conversion"},
    {"api_request", "api.request"},
    {"api_response", "api.response"},
    {"page_leave", "page.leave"},
};

constexpr std::size_t kLongestType = 32;  // longer words are no misspelling of a known type
constexpr int kFarthestSuggestion = 2;

// Optimal string alignment distance: insertions, deletions, replacements and swaps of neighbours.
int EditDistance(std::string_view a, std::string_view b) {
  std::array<std::array<int, kLongestType + 1>, kLongestType + 1> d;
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = static_cast<int>(i);
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = static_cast<int>(j);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const int replaced = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

bool IsKnownEventType(std::string_view type) {
  return std::find(std::begin(kEventTypes), std::end(kEventTypes), type) != std::end(kEventTypes);
}

std::string_view SuggestEventType(std::string_view type) {
  std::array<char, kLongestType> folded;
  if (type.size() > folded.size()) return {};
  std::transform(type.begin(), type.end(), folded.begin(), [](char c) {
    if (c == '_' || c == '-' || c == ' ') return '.';
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  std::string_view best;
  int best_distance = kFarthestSuggestion + 1;
  for (const std::string_view known : kEventTypes) {
    const int distance = EditDistance(std::string_view(folded.data(), type.size()), known);
    if (distance < best_distance) {
      best = known;
      best_distance = distance;
    }
  }
  return best;
}

std::string_view CanonicalEventType(std::string_view type, std::string_view event_name) {
  if (type != kCustomType) return type;
  for (const NamedType& named : kNamedTypes) {
    if (named.event_name == event_name) return named.type;
  }
  return type;
}

}  // namespace productgraph::core
