#include "bench/traffic/catalogue.hpp"

namespace productgraph::bench {
namespace {

constexpr PageInfo kPages[] = {
    {"/", "Demo shop", "HomePage"},
    {"/products", "All products", "ProductList"},
    {"/products/", "", "ProductPage"},
    {"/search", "Search", "SearchResults"},
    {"/cart", "Your cart", "CartPage"},
    {"/checkout", "Checkout", "CheckoutPage"},
    {"/checkout/payment", "Payment", "PaymentPage"},
    {"/checkout/confirmation", "Thank you for your order", "ConfirmationPage"},
    {"/login", "Log in", "LoginPage"},
    {"/account", "Your account", "AccountPage"},
    {"/help", "Help and returns", "HelpPage"},
};
static_assert(std::size(kPages) == static_cast<std::size_t>(Page::kCount));

constexpr Product kProducts[] = {
    {"espresso-cup", "Espresso cup", "kitchen", 1290}, {"cafe-mug", "Café mug", "kitchen", 1490},
    {"teapot", "Teapot, 1.2 l", "kitchen", 4900},      {"kettle", "Pour-over kettle", "kitchen", 7900},
    {"bread-knife", "Bread knife", "kitchen", 3450},   {"salt-mill", "Salt mill", "kitchen", 2990},
    {"desk-lamp", "Desk lamp", "office", 8900},        {"notebook", "Notebook A5", "office", 1250},
    {"fountain-pen", "Fountain pen", "office", 5900},  {"monitor-stand", "Monitor stand", "office", 6490},
    {"desk-mat", "Wool desk mat", "office", 3900},     {"wall-clock", "Wall clock", "home", 4490},
    {"wool-blanket", "Wool blanket", "home", 9900},    {"floor-cushion", "Floor cushion", "home", 5490},
    {"door-mat", "Coir door mat", "home", 2990},       {"picture-frame", "Picture frame", "home", 1990},
    {"plant-pot", "Plant pot", "garden", 2290},        {"watering-can", "Watering can", "garden", 3290},
    {"hand-trowel", "Hand trowel", "garden", 1890},    {"bird-feeder", "Bird feeder", "garden", 2690},
    {"backpack", "Canvas backpack", "travel", 11900},  {"water-bottle", "Water bottle", "travel", 2490},
    {"wash-bag", "Wash bag", "travel", 3190},          {"travel-towel", "Travel towel", "travel", 2190},
};

constexpr ControlInfo kControls[] = {
    {"Navigation", "App/Header/Navigation", "link", "navigate", "a.nav-item", "Products"},
    {"ProductCard", "App/ProductList/ProductCard", "card", "open", "a.product-card", ""},
    {"AddToCartButton", "App/ProductPage/AddToCartButton", "button", "add_to_cart", "button#add-to-cart",
     "Add to cart"},
    {"CartLine", "App/CartPage/CartLine", "button", "remove_from_cart", "button.remove", "Remove"},
    {"CartIcon", "App/Header/CartIcon", "link", "view_cart", "a#cart", "Cart"},
    {"CheckoutButton", "App/CartPage/CheckoutButton", "button", "start_checkout", "button#checkout",
     "Check out"},
    {"ContinueButton", "App/CheckoutPage/ContinueButton", "button", "continue", "button#continue",
     "Continue to payment"},
    {"PayButton", "App/PaymentPage/PayButton", "button", "pay", "button#pay", "Pay now"},
    {"SearchBox", "App/Header/SearchBox", "input", "search", "input#q", ""},
    {"EmailField", "App/LoginPage/EmailField", "input", "type", "input#email", ""},
    {"AddressField", "App/CheckoutPage/AddressField", "input", "type", "input#address", ""},
    {"CardNumberField", "App/PaymentPage/CardNumberField", "input", "type", "input#card-number", ""},
    {"LoginForm", "App/LoginPage/LoginForm", "form", "submit", "form#login", "Log in"},
    {"CheckoutForm", "App/CheckoutPage/CheckoutForm", "form", "submit", "form#checkout",
     "Continue to payment"},
    {"PaymentForm", "App/PaymentPage/PaymentForm", "form", "submit", "form#payment", "Pay now"},
    {"HelpArticle", "App/HelpPage/HelpArticle", "link", "open", "a.help-article", "How do returns work?"},
};
static_assert(std::size(kControls) == static_cast<std::size_t>(Control::kCount));

constexpr RouteInfo kRoutes[] = {
    {"GET", "/api/products", 18, 420, 2},     {"GET", "/api/products/{slug}", 9, 260, 2},
    {"GET", "/api/search", 40, 1200, 6},      {"GET", "/api/cart", 8, 180, 2},
    {"POST", "/api/cart/items", 14, 380, 5},  {"DELETE", "/api/cart/items", 12, 300, 3},
    {"POST", "/api/login", 90, 900, 8},       {"POST", "/api/checkout/quote", 45, 1500, 10},
    {"POST", "/api/payments", 320, 6000, 22}, {"GET", "/api/orders/{id}", 15, 400, 2},
};
static_assert(std::size(kRoutes) == static_cast<std::size_t>(Route::kCount));

constexpr FailureInfo kFailures[] = {
    {"TypeError", "Cannot read properties of undefined (reading price)",
     "TypeError: Cannot read properties of undefined (reading price)\\n    at PriceTag "
     "(price-tag.js:41:18)\\n"
     "    at ProductCard (product-card.js:17:5)",
     "PriceTag"},
    {"NetworkError", "Failed to fetch", "TypeError: Failed to fetch\\n    at request (api.js:12:9)",
     "ApiClient"},
    {"ApiError", "The server answered with an error", "ApiError\\n    at request (api.js:27:11)",
     "ApiClient"},
    {"PaymentDeclined", "The card was declined", "PaymentDeclined\\n    at pay (payment.js:88:13)",
     "PaymentForm"},
    {"ChunkLoadError", "Loading chunk 7 failed", "ChunkLoadError\\n    at load (runtime.js:3:1204)", "App"},
};
static_assert(std::size(kFailures) == static_cast<std::size_t>(Failure::kCount));

constexpr JourneyStepInfo kJourneySteps[] = {
    {"product", "Product"},           {"cart", "Cart"}, {"checkout", "Checkout"}, {"payment", "Payment"},
    {"confirmation", "Confirmation"},
};
static_assert(std::size(kJourneySteps) == static_cast<std::size_t>(JourneyStep::kCount));

constexpr Country kCountries[] = {
    {"DE", 60, 240}, {"US", -300, 220}, {"GB", 0, 130},   {"FR", 60, 110}, {"NL", 60, 60},  {"AT", 60, 50},
    {"PL", 60, 50},  {"SE", 60, 40},    {"CA", -300, 40}, {"IN", 330, 30}, {"JP", 540, 20}, {"BR", -180, 10},
};

constexpr Device kDevices[] = {
    {"mobile", {"390x844", "360x800", "412x915"}, 56, true},
    {"desktop", {"1920x1080", "1440x900", "1536x864"}, 38, false},
    {"tablet", {"820x1180", "768x1024", "1024x768"}, 6, true},
};

constexpr Plan kPlans[] = {{"free", 70, false}, {"plus", 22, false}, {"business", 8, true}};

constexpr Channel kChannels[] = {
    {"direct", "", 34},
    {"search", "https://www.google.com/", 30},
    {"newsletter", "https://mail.shop.example/", 14},
    {"social", "https://www.instagram.com/", 14},
    {"partner", "https://gifts.example/guide", 8},
};

constexpr Company kCompanies[] = {
    {"acme", "Acme GmbH"},
    {"northwind", "Northwind Traders"},
    {"globex", "Globex Ltd"},
    {"initech", "Initech Inc."},
    {"umbrella", "Umbrella & Söhne"},
    {"hooli", "Hooli SA"},
    {"stark", "Stark Interiors"},
    {"wayne", "Wayne Offices"},
    {"soylent", "Soylent Catering"},
    {"cyberdyne", "Cyberdyne B.V."},
    {"tyrell", "Tyrell AB"},
    {"wonka", "Wonka Cafés"},
};

}  // namespace

const PageInfo& Info(Page page) {
  return kPages[static_cast<std::size_t>(page)];
}
const ControlInfo& Info(Control control) {
  return kControls[static_cast<std::size_t>(control)];
}
const RouteInfo& Info(Route route) {
  return kRoutes[static_cast<std::size_t>(route)];
}
const FailureInfo& Info(Failure failure) {
  return kFailures[static_cast<std::size_t>(failure)];
}
const JourneyStepInfo& Info(JourneyStep step) {
  return kJourneySteps[static_cast<std::size_t>(step)];
}
std::span<const Product> Products() {
  return kProducts;
}
std::span<const Country> Countries() {
  return kCountries;
}
std::span<const Device> Devices() {
  return kDevices;
}
std::span<const Plan> Plans() {
  return kPlans;
}
std::span<const Channel> Channels() {
  return kChannels;
}
std::span<const Company> Companies() {
  return kCompanies;
}

}  // namespace productgraph::bench
