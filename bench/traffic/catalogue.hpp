#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace productgraph::bench {

// What the demo shop is made of. Texts are plain UTF-8 without quotes or backslashes, so that they can stand
// in JSON as they are (a unit test holds them to it).

enum class Page : std::uint8_t {
  kHome,
  kProducts,
  kProduct,
  kSearch,
  kCart,
  kCheckout,
  kPayment,
  kConfirmation,
  kLogin,
  kAccount,
  kHelp,
  kCount
};

// A product page's path and title end in the product's own.
struct PageInfo {
  std::string_view path, title, component;
};
const PageInfo& Info(Page page);

struct Product {
  std::string_view slug, title, category;
  std::uint32_t price_cents;
};
std::span<const Product> Products();

// Something on a page that a visitor can act on.
enum class Control : std::uint8_t {
  kNavigation,
  kProductCard,
  kAddToCart,
  kRemoveFromCart,
  kViewCart,
  kStartCheckout,
  kContinueToPayment,
  kPay,
  kSearchBox,
  kEmail,
  kAddress,
  kCardNumber,
  kLoginForm,
  kCheckoutForm,
  kPaymentForm,
  kHelpArticle,
  kCount
};
struct ControlInfo {
  std::string_view component, component_path, component_type, action, element, text;
};
const ControlInfo& Info(Control control);

enum class Route : std::uint8_t {
  kListProducts,
  kGetProduct,
  kSearch,
  kGetCart,
  kAddItem,
  kRemoveItem,
  kLogIn,
  kQuote,
  kPay,
  kGetOrder,
  kCount
};
struct RouteInfo {
  std::string_view method, path;
  std::uint32_t min_ms, max_ms;
  std::uint16_t failure_permille;  // answered 500, 502, 503 or 504
};
const RouteInfo& Info(Route route);

enum class Failure : std::uint8_t { kScript, kNetwork, kServer, kPaymentDeclined, kChunkLoad, kCount };
struct FailureInfo {
  std::string_view type, message, stack, component;
};
const FailureInfo& Info(Failure failure);

// The declared journey `checkout_flow`.
inline constexpr std::string_view kJourneyId = "checkout_flow";
enum class JourneyStep : std::uint8_t { kProduct, kCart, kCheckout, kPayment, kConfirmation, kCount };
struct JourneyStepInfo {
  std::string_view id, name;
};
const JourneyStepInfo& Info(JourneyStep step);

struct Country {
  std::string_view code;
  std::int16_t utc_minutes;
  std::uint16_t weight;
};
std::span<const Country> Countries();

struct Device {
  std::string_view name;
  std::array<std::string_view, 3> viewports;
  std::uint16_t weight;
  bool is_mobile;
};
std::span<const Device> Devices();

struct Plan {
  std::string_view name;
  std::uint16_t weight;
  bool is_business;
};
std::span<const Plan> Plans();

struct Channel {
  std::string_view name, referrer;
  std::uint16_t weight;
};
std::span<const Channel> Channels();

struct Company {
  std::string_view id, name;
};
std::span<const Company> Companies();

inline constexpr std::array<std::string_view, 2> kVariants = {"control", "one_page"};
inline constexpr std::array<std::string_view, 3> kAppVersions = {"4.2.0", "4.2.1", "4.3.0"};

}  // namespace productgraph::bench
