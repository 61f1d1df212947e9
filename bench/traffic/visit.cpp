#include "bench/traffic/visit.hpp"

#include "bench/traffic/calendar.hpp"
#include "bench/traffic/session_recorder.hpp"

namespace productgraph::bench {
namespace {

enum class Intent { kGlance, kBrowse, kShop, kBuy };

class Visit {
 public:
  Visit(const Visitor& visitor, std::int64_t start, Random* random, std::vector<Event>* events)
      : visitor_(visitor), random_(random), page_(visitor, start, random, events) {}

  void Run() {
    constexpr std::uint16_t kFree[] = {26, 38, 22, 14};
    constexpr std::uint16_t kPaying[] = {16, 32, 26, 26};
    const auto intent = static_cast<Intent>(random_->Weighted(visitor_.company ? kPaying : kFree));
    if (visitor_.has_account && random_->Chance(450)) page_.StartLoggedIn();
    Land();
    if (intent == Intent::kGlance) {
      page_.Read(2, 40);
      page_.Leave();
      return;
    }
    LookAround(intent);
    if (intent >= Intent::kShop) Shop(intent);
    page_.Leave();
  }

 private:
  std::uint8_t AnyProduct() {
    // A few products draw most of the attention.
    const auto count = static_cast<std::int64_t>(Products().size());
    return static_cast<std::uint8_t>(random_->Tailed(0, count) % count);
  }

  void Land() {
    const bool came_for_a_product =
        visitor_.channel->referrer.empty() ? random_->Chance(60) : random_->Chance(350);
    if (came_for_a_product) {
      ShowProduct(AnyProduct());
    } else {
      page_.View(random_->Chance(150) ? Page::kProducts : Page::kHome);
    }
    if (random_->Chance(80)) page_.Happen(Custom::kExperimentExposure);
  }

  void ShowProduct(std::uint8_t product) {
    product_ = product;
    page_.View(Page::kProduct, product);
    page_.Step(JourneyStep::kProduct);
    page_.Read(4, 90);
  }

  void LookAround(Intent intent) {
    page_.Read(2, 30);
    page_.Click(Control::kNavigation);
    page_.View(Page::kProducts);
    page_.Read(3, 60);
    if (random_->Chance(220)) Search();
    const std::int64_t products = intent == Intent::kBuy ? random_->Between(1, 3) : random_->Between(1, 5);
    for (std::int64_t i = 0; i < products; ++i) {
      page_.Click(Control::kProductCard);
      ShowProduct(AnyProduct());
    }
    if (random_->Chance(60)) {
      page_.View(Page::kHelp);
      page_.Click(Control::kHelpArticle);
      page_.Read(10, 120);
    }
    if (page_.is_identified() && random_->Chance(90)) {
      page_.View(Page::kAccount);
      page_.Read(5, 60);
    }
    // A forgotten tab: one session for the browser, two for whoever looks at gaps.
    if (random_->Chance(20)) page_.Wait(random_->Between(35, 90) * kMinute);
  }

  void Search() {
    page_.Type(Control::kSearchBox);
    page_.View(Page::kSearch);
    page_.Happen(Custom::kSearch);
    page_.Read(2, 30);
  }

  void AddToCart() {
    page_.Click(Control::kAddToCart, 1);
    if (page_.Call(Route::kAddItem) >= 400) {
      page_.Click(Control::kAddToCart, 1);
      page_.Answer(Route::kAddItem, 201);
    }
    page_.ChangeCart(items_, items_ + 1);
    ++items_;
    cents_ += Products()[product_].price_cents;
  }

  void Shop(Intent intent) {
    ShowProduct(AnyProduct());
    AddToCart();
    for (std::int64_t more = random_->Tailed(0, 3); more > 0; --more) {
      page_.View(Page::kProducts);
      page_.Click(Control::kProductCard);
      ShowProduct(AnyProduct());
      AddToCart();
    }
    const bool is_buying = intent == Intent::kBuy;
    if (!random_->Chance(is_buying ? 970 : 560)) return;
    page_.Click(Control::kViewCart);
    page_.View(Page::kCart);
    page_.Step(JourneyStep::kCart);
    page_.Read(4, 60);
    if (items_ > 1 && random_->Chance(120)) {
      page_.Click(Control::kRemoveFromCart, 1);
      page_.Call(Route::kRemoveItem);
      page_.ChangeCart(items_, items_ - 1);
      --items_;
      cents_ -= Products()[product_].price_cents;
    }
    if (!random_->Chance(is_buying ? 940 : 300)) return;
    page_.Click(Control::kStartCheckout);
    if (CheckOut()) Pay();
  }

  void LogIn() {
    page_.View(Page::kLogin);
    page_.Type(Control::kEmail);
    page_.Submit(Control::kLoginForm);
    if (page_.Call(Route::kLogIn) >= 400) return;  // goes on as a guest
    page_.LogIn();
  }

  // The one-page variant of the experiment loses fewer visitors, and phones lose more.
  bool GoesOn(std::uint32_t lost_permille) {
    if (visitor_.device->is_mobile) lost_permille += lost_permille / 2;
    if (visitor_.variant == kVariants[1]) lost_permille -= lost_permille / 3;
    return !random_->Chance(lost_permille);
  }

  bool CheckOut() {
    if (!page_.is_identified() && visitor_.has_account && random_->Chance(750)) LogIn();
    page_.View(Page::kCheckout);
    page_.Step(JourneyStep::kCheckout);
    page_.Read(3, 40);
    if (!GoesOn(90)) return false;
    page_.Type(Control::kAddress);
    if (!GoesOn(110)) return false;
    page_.Click(Control::kContinueToPayment);
    page_.Submit(Control::kCheckoutForm);
    return true;
  }

  void Pay() {
    page_.View(Page::kPayment);
    page_.Step(JourneyStep::kPayment);
    page_.Read(2, 30);
    if (!GoesOn(100)) return;
    for (int attempt = 0; attempt < 3; ++attempt) {
      page_.Type(Control::kCardNumber);
      page_.Click(Control::kPay);
      page_.Submit(Control::kPaymentForm);
      if (random_->Chance(70)) {
        page_.Answer(Route::kPay, 402);
        page_.Fail(Failure::kPaymentDeclined);
      } else if (page_.Call(Route::kPay) < 400) {
        Confirm();
        return;
      }
      if (!GoesOn(350)) return;
    }
  }

  void Confirm() {
    page_.View(Page::kConfirmation);
    page_.Step(JourneyStep::kConfirmation);
    page_.Convert(cents_);
    page_.ChangeCart(items_, 0);
    page_.Read(3, 30);
    if (random_->Chance(90)) page_.Happen(Custom::kNewsletterSignup);
  }

  const Visitor& visitor_;
  Random* random_;
  SessionRecorder page_;
  std::uint8_t product_ = 0;
  std::uint32_t items_ = 0;
  std::uint32_t cents_ = 0;
};

}  // namespace

void RecordVisit(const Visitor& visitor, std::int64_t start, Random* random, std::vector<Event>* events) {
  Visit(visitor, start, random, events).Run();
}

}  // namespace productgraph::bench
