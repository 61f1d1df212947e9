#include "bench/traffic/session_recorder.hpp"

#include "bench/traffic/calendar.hpp"

namespace productgraph::bench {
namespace {

template <typename Enum>
std::uint8_t Subject(Enum value) {
  return static_cast<std::uint8_t>(value);
}

// What a page fetches when it opens; kCount when nothing.
Route FetchedBy(Page page) {
  switch (page) {
    case Page::kHome:
    case Page::kProducts:
      return Route::kListProducts;
    case Page::kProduct:
      return Route::kGetProduct;
    case Page::kSearch:
      return Route::kSearch;
    case Page::kCart:
      return Route::kGetCart;
    case Page::kCheckout:
      return Route::kQuote;
    case Page::kConfirmation:
      return Route::kGetOrder;
    default:
      return Route::kCount;
  }
}

}  // namespace

SessionRecorder::SessionRecorder(const Visitor& visitor, std::int64_t start, Random* random,
                                 std::vector<Event>* events)
    : visitor_(visitor), random_(random), events_(events), now_(start) {}

Event& SessionRecorder::Emit(EventType type, std::uint8_t subject) {
  Event event{};
  event.time = event.arrival = now_;
  event.sequence = ++sequence_;
  event.type = type;
  event.page = page_;
  event.product = product_;
  event.subject = subject;
  event.is_identified = is_identified_;
  return events_->emplace_back(event);
}

void SessionRecorder::View(Page page, std::uint8_t product) {
  Leave();
  Wait(random_->Between(60, 400));
  page_ = page;
  product_ = product;
  opened_ = now_;
  Emit(EventType::kPageView);
  Load(page);
}

void SessionRecorder::Load(Page page) {
  const Route route = FetchedBy(page);
  if (route != Route::kCount && random_->Chance(700)) Call(route);
  // A fresh visit measures its first page; later pages are sampled.
  if (sequence_ < 3 || random_->Chance(250)) {
    Wait(random_->Tailed(visitor_.device->is_mobile ? 900 : 400, visitor_.device->is_mobile ? 6000 : 3500));
    Emit(EventType::kPerformance).duration_us =
        static_cast<std::uint32_t>((now_ - opened_) * 1000 + random_->Below(1000));
  }
  if (random_->Chance(12)) Emit(EventType::kSnapshot);
  if (random_->Chance(12)) Fail(random_->Chance(700) ? Failure::kScript : Failure::kChunkLoad);
}

void SessionRecorder::Leave() {
  if (page_ == Page::kCount) return;
  // Phones often freeze a page before it can say goodbye.
  if (random_->Chance(visitor_.device->is_mobile ? 800 : 950)) {
    Emit(EventType::kPageLeave).duration_us = static_cast<std::uint32_t>((now_ - opened_) * 1000);
  }
  page_ = Page::kCount;
  product_ = kNoProduct;
}

void SessionRecorder::Read(std::int64_t low_seconds, std::int64_t high_seconds) {
  const std::int64_t stay = random_->Tailed(low_seconds * kSecond, high_seconds * kSecond);
  const std::int64_t scrolls = random_->Between(0, 2);
  std::uint32_t depth = 0;
  for (std::int64_t i = 0; i < scrolls; ++i) {
    Wait(stay / (scrolls + 1));
    depth += random_->Below(1000 - depth);
    Emit(EventType::kScroll).amount = depth;
  }
  Wait(stay / (scrolls + 1));
}

void SessionRecorder::Click(Control control, std::uint32_t quantity) {
  Wait(random_->Between(300, 2500));
  Emit(EventType::kClick, Subject(control)).amount = quantity;
}

void SessionRecorder::Type(Control field) {
  Wait(random_->Between(400, 2500));
  Emit(EventType::kFocus, Subject(field));
  Wait(random_->Tailed(1500, 20000));
  Emit(EventType::kInput, Subject(field));
  Wait(random_->Between(100, 900));
  Emit(EventType::kBlur, Subject(field));
}

void SessionRecorder::Submit(Control form) {
  Wait(random_->Between(300, 2000));
  Emit(EventType::kSubmit, Subject(form));
}

std::uint16_t SessionRecorder::Call(Route route) {
  std::uint16_t status = Info(route).method == "POST" ? 201 : 200;
  if (random_->Chance(Info(route).failure_permille)) {
    constexpr std::uint16_t kErrors[] = {500, 502, 503, 504};
    status = kErrors[random_->Below(4)];
  } else if (random_->Chance(4)) {
    status = 429;
  }
  Answer(route, status);
  return status;
}

void SessionRecorder::Answer(Route route, std::uint16_t status) {
  const RouteInfo& info = Info(route);
  if (info.method != "GET") {
    Wait(random_->Between(5, 40));
    Emit(EventType::kApiRequest, Subject(route));
  }
  const std::int64_t slow = status == 504 ? 10 : 1;  // a gateway gives up late
  const std::int64_t latency = random_->Tailed(info.min_ms * 1000, info.max_ms * 1000) * slow;
  Wait(latency / 1000);
  Event& answer = Emit(EventType::kApiResponse, Subject(route));
  answer.status = status;
  answer.duration_us = static_cast<std::uint32_t>(latency);
  if (status >= 500) Fail(random_->Chance(150) ? Failure::kNetwork : Failure::kServer);
}

void SessionRecorder::Fail(Failure failure) {
  Wait(random_->Between(1, 20));
  Emit(EventType::kError, Subject(failure));
}

void SessionRecorder::Step(JourneyStep step) {
  Emit(EventType::kJourneyStep, Subject(step));
}

void SessionRecorder::Convert(std::uint32_t cents) {
  Emit(EventType::kJourneyConversion, Subject(JourneyStep::kConfirmation)).amount = cents;
}

void SessionRecorder::ChangeCart(std::uint32_t before, std::uint32_t after) {
  Event& event = Emit(EventType::kStateChange, Subject(StateKey::kCartItems));
  event.before = before;
  event.amount = after;
}

void SessionRecorder::LogIn() {
  is_identified_ = true;
  Emit(EventType::kStateChange, Subject(StateKey::kSignedIn));
}

void SessionRecorder::Happen(Custom custom) {
  Emit(EventType::kCustom, Subject(custom));
}

}  // namespace productgraph::bench
