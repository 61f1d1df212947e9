#pragma once

#include <cstdint>
#include <vector>

#include "bench/traffic/event.hpp"
#include "bench/traffic/random.hpp"
#include "bench/traffic/visitor.hpp"

namespace productgraph::bench {

// Writes down what a browser would send while a visitor does elementary things, and lets time pass with each
// of them. Knows pages and controls, but not why a visitor uses them (see visit.hpp).
class SessionRecorder {
 public:
  // Appends to *events, which like *random must outlive the recorder.
  SessionRecorder(const Visitor& visitor, std::int64_t start, Random* random, std::vector<Event>* events);

  // Leaves the page that is open, loads this one with what it fetches, and starts the stay on it.
  void View(Page page, std::uint8_t product = kNoProduct);
  void Leave();

  // Reads the open page for a while, mostly near low, scrolling now and then.
  void Read(std::int64_t low_seconds, std::int64_t high_seconds);
  void Wait(std::int64_t milliseconds) { now_ += milliseconds; }

  void Click(Control control, std::uint32_t quantity = 0);
  void Type(Control field);
  void Submit(Control form);

  // The status it was answered with; a 5xx also leaves an error event.
  std::uint16_t Call(Route route);
  void Answer(Route route, std::uint16_t status);
  void Fail(Failure failure);

  void Step(JourneyStep step);
  void Convert(std::uint32_t cents);
  void ChangeCart(std::uint32_t before, std::uint32_t after);
  void LogIn();
  void StartLoggedIn() { is_identified_ = true; }
  void Happen(Custom custom);

  bool is_identified() const { return is_identified_; }

 private:
  Event& Emit(EventType type, std::uint8_t subject = 0);
  void Load(Page page);

  const Visitor& visitor_;
  Random* random_;
  std::vector<Event>* events_;
  std::int64_t now_;
  std::int64_t opened_ = 0;
  std::uint32_t sequence_ = 0;
  Page page_ = Page::kCount;  // kCount: none open
  std::uint8_t product_ = kNoProduct;
  bool is_identified_ = false;
};

}  // namespace productgraph::bench
