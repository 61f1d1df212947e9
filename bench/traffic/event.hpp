#pragma once

#include <cstdint>
#include <string_view>

#include "bench/traffic/catalogue.hpp"

namespace productgraph::bench {

enum class EventType : std::uint8_t {
  kPageView,
  kPageLeave,
  kClick,
  kInput,
  kScroll,
  kFocus,
  kBlur,
  kSubmit,
  kStateChange,
  kApiRequest,
  kApiResponse,
  kJourneyStep,
  kJourneyConversion,
  kSnapshot,
  kError,
  kPerformance,
  kCustom,
  kCount
};
inline constexpr std::size_t kEventTypes = static_cast<std::size_t>(EventType::kCount);

// As in "event.type".
std::string_view Name(EventType type);

// What a state.change is about.
enum class StateKey : std::uint8_t { kCartItems, kSignedIn };

// The "event.name" of custom events.
enum class Custom : std::uint8_t { kSearch, kNewsletterSignup, kExperimentExposure };

inline constexpr std::uint8_t kNoProduct = 0xff;

// One event before it becomes JSON. What subject, amount and before mean depends on the type.
struct Event {
  std::int64_t time;       // when it happened
  std::int64_t arrival;    // when it reaches the server: later for devices that were offline
  std::uint32_t sequence;  // from 1 in its session
  EventType type;
  Page page;
  std::uint8_t product;       // index in Products(), or kNoProduct
  std::uint8_t subject;       // Control, Route, Failure, JourneyStep, StateKey or Custom
  bool is_identified;         // the visitor was logged in
  std::uint16_t status;       // of API calls
  std::uint32_t duration_us;  // of API calls and, on page.leave, of the stay
  std::uint32_t amount;       // cents of a conversion, cart items after, quantity, permille scrolled
  std::uint32_t before;       // cart items before
};

}  // namespace productgraph::bench
