#include "productgraph/client.hpp"

#include <atomic>
#include <exception>
#include <stdexcept>

#include "delivery.hpp"
#include "event_id.hpp"
#include "event_writer.hpp"
#include "http_transport.hpp"
#include "redaction.hpp"
#include "sampling.hpp"

namespace productgraph {

class Client::Impl {
 public:
  explicit Impl(Config config) : config_(WithSession(std::move(config))) {
    if (!config_.enabled || config_.endpoint.empty()) return;
    try {
      if (config_.project_id.empty()) throw std::invalid_argument("there is no project_id");
      const HttpSettings settings{config_.endpoint, config_.api_key, config_.ca_file,
                                  config_.request_timeout};
      delivery_ = std::make_unique<Delivery>(config_, std::make_unique<HttpTransport>(settings));
    } catch (const std::exception& error) {
      has_failed_ = true;
      if (config_.on_error) config_.on_error({"disabled", error.what(), {}, 0});
    }
  }

  void Track(Event event, const Correlation& correlation) {
    if (!delivery_) {
      ++idle_;
      return;
    }
    Correlate(correlation, &event);
    if (!IsInSample(TextOf(event, "session.id"), config_.sample_rate)) return delivery_->CountDiscarded();
    Complete(&event);
    if (config_.redact_secrets) RedactEvent(&event);
    if (config_.redact && !MayGo(&event)) return;
    std::string json = WriteEvent(event);
    if (json.empty()) {
      return delivery_->CountDropped(
          {"too_large", "an event is larger than 60,000 bytes", TextOf(event, "event_id"), 1});
    }
    delivery_->Add(std::move(json));
  }

  void CountLost() {
    if (delivery_) delivery_->CountDropped({"dropped", "an event could not be written", {}, 1});
  }

  Stats stats() const {
    if (delivery_) return delivery_->stats();
    Stats stats;
    stats.tracked = idle_;
    (has_failed_ ? stats.dropped : stats.discarded) = stats.tracked;
    return stats;
  }

  Delivery* delivery() { return delivery_.get(); }
  const Config& config() const { return config_; }

 private:
  static std::string TextOf(const Event& event, std::string_view field) {
    const Value* const value = event.Find(field);
    return value != nullptr && value->text() != nullptr ? *value->text() : std::string();
  }

  static Config WithSession(Config config) {
    if (config.session_id.empty())
      config.session_id = "server-" + EventIds().Next(std::chrono::system_clock::now());
    return config;
  }

  static void SetMissing(std::string_view field, const Value& value, Event* event) {
    if (event->Find(field) == nullptr) event->Set(field, value);
  }
  static void SetKnown(std::string_view field, const std::string& value, Event* event) {
    if (!value.empty()) SetMissing(field, value, event);
  }

  static void Correlate(const Correlation& correlation, Event* event) {
    SetKnown("session.id", correlation.session_id, event);
    SetKnown("user.id", correlation.user_id, event);
    SetKnown("request.id", correlation.request_id, event);
  }

  void Complete(Event* event) {
    const auto now = config_.clock ? config_.clock() : std::chrono::system_clock::now();
    if (event->Find("event_id") == nullptr) event->Set("event_id", ids_.Next(now));
    if (event->Find("event.timestamp") == nullptr) event->At(now);
    SetMissing("project_id", config_.project_id, event);
    SetMissing("session.id", config_.session_id, event);
    for (const auto& [field, value] : config_.attributes) SetMissing(field, value, event);
  }

  // Whether the application's hook lets the event go; counts those that it does not.
  bool MayGo(Event* event) {
    try {
      if (config_.redact(*event)) return true;
      delivery_->CountDiscarded();
    } catch (...) {
      delivery_->CountDropped(
          {"dropped", "the redact function threw an exception", TextOf(*event, "event_id"), 1});
    }
    return false;
  }

  const Config config_;
  EventIds ids_;
  std::unique_ptr<Delivery> delivery_;  // null when there is nothing to do
  bool has_failed_ = false;             // it should be there, and could not be made
  std::atomic<std::uint64_t> idle_{0};  // events tracked without it
};

Client::Client(Config config) noexcept {
  try {
    impl_ = std::make_unique<Impl>(std::move(config));
  } catch (...) {
    // no memory, or the application's own callback: nothing is tracked
  }
}

Client::~Client() = default;

void Client::Track(Event event) noexcept {
  Track(std::move(event), CurrentCorrelation());
}

void Client::Track(Event event, const Correlation& correlation) noexcept {
  if (!impl_) return;
  try {
    impl_->Track(std::move(event), correlation);
  } catch (...) {
    try {
      impl_->CountLost();
    } catch (...) {
    }
  }
}

void Client::TrackApiCall(std::string_view method, std::string_view path, int status,
                          std::chrono::duration<double, std::milli> duration) noexcept {
  TrackMade([&] { return Event::ApiResponse(method, path, status, duration); });
}

void Client::TrackError(std::string_view type, std::string_view message,
                        std::string_view component) noexcept {
  TrackMade([&] { return Event::Error(type, message, component); });
}

void Client::TrackJourneyStep(std::string_view journey_id, std::string_view step_id,
                              std::string_view step_name) noexcept {
  TrackMade([&] { return Event::JourneyStep(journey_id, step_id, step_name); });
}

template <class Make>
void Client::TrackMade(Make make) noexcept {
  try {
    Track(make());
  } catch (...) {
    // no memory for the event
  }
}

void Client::SetConsent(bool consent) noexcept {
  if (impl_ && impl_->delivery()) impl_->delivery()->SetConsent(consent);
}

bool Client::Flush(std::chrono::milliseconds timeout) noexcept {
  return !impl_ || !impl_->delivery() || impl_->delivery()->Flush(timeout);
}

bool Client::Close() noexcept {
  return !impl_ || Close(impl_->config().close_timeout);
}

bool Client::Close(std::chrono::milliseconds timeout) noexcept {
  return !impl_ || !impl_->delivery() || impl_->delivery()->Close(timeout);
}

Stats Client::stats() const noexcept {
  return impl_ ? impl_->stats() : Stats();
}

}  // namespace productgraph
