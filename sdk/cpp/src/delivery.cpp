#include "delivery.hpp"

#include <signal.h>

#include <algorithm>
#include <utility>

#include "answer.hpp"
#include "gzip.hpp"

namespace productgraph {
namespace {

constexpr std::size_t kGzipFrom = 1024;    // bytes; smaller bodies are sent as they are
constexpr std::size_t kMaxProblems = 100;  // waiting to be reported
constexpr std::chrono::hours kLongWait{1};
constexpr std::chrono::milliseconds kLongestTimeout = std::chrono::hours(24);
constexpr std::chrono::milliseconds kWithoutMemory{100};  // before trying again
constexpr int kMaxDoublings = 20;

QueueLimits LimitsOf(const Config& config) {
  return {std::max<std::size_t>(config.max_queue, 1), std::clamp<std::size_t>(config.batch_size, 1, 1000),
          std::max<std::size_t>(config.max_batch_bytes, 1)};
}

// While it lives, no signal reaches this thread, and none the threads that it starts: the application's
// handlers run on the application's threads, and a broken connection is an error instead of a SIGPIPE.
class WithoutSignals {
 public:
  WithoutSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~WithoutSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

}  // namespace

Delivery::Delivery(const Config& config, std::unique_ptr<Transport> transport)
    : config_(config),
      transport_(std::move(transport)),
      queue_(LimitsOf(config)),
      consent_(config.consent),
      random_(std::random_device()()) {
  const WithoutSignals without_signals;
  thread_ = std::thread([this] { Run(); });
}

Delivery::~Delivery() {
  Close(config_.close_timeout);
}

void Delivery::Add(std::string json) {
  const Lock lock(mutex_);
  if (is_closing_) {
    ++stats_.dropped;
  } else if (!consent_) {
    ++stats_.discarded;
  } else {
    const bool was_empty = queue_.empty();
    const bool had_batch = queue_.HasBatch();
    NoteOverflow(queue_.Add(std::move(json), Clock::now()));
    // Waking the thread costs more than all the rest: only when it has to look at the clock anew.
    if (was_empty || (!had_batch && queue_.HasBatch())) wake_.notify_one();
  }
  ++stats_.tracked;
}

void Delivery::CountDiscarded() {
  const Lock lock(mutex_);
  ++stats_.tracked;
  ++stats_.discarded;
}

void Delivery::CountDropped(Problem problem) {
  const Lock lock(mutex_);
  ++stats_.tracked;
  ++stats_.dropped;
  Note(std::move(problem));
  wake_.notify_one();
}

void Delivery::SetConsent(bool consent) {
  const Lock lock(mutex_);
  consent_ = consent;
  if (consent) return;
  stats_.discarded += queue_.Clear();
  ++purges_;
  progress_.notify_all();
}

std::uint64_t Delivery::OldestOutstanding() const {
  if (under_way_ > 0) return under_way_first_;
  return queue_.empty() ? queue_.next_number() : queue_.front().number;
}

bool Delivery::Flush(std::chrono::milliseconds timeout) {
  if (IsOwnThread()) return false;
  Lock lock(mutex_);
  const std::uint64_t until = queue_.next_number();
  flush_until_ = std::max(flush_until_, until);
  wake_.notify_one();
  return progress_.wait_for(lock, std::min(timeout, kLongestTimeout),
                            [&] { return OldestOutstanding() >= until; });
}

bool Delivery::Close(std::chrono::milliseconds timeout) {
  if (IsOwnThread()) return false;
  const std::lock_guard closing(closing_mutex_);
  if (!thread_.joinable()) return !has_left_events_;
  bool in_time = false;
  {
    Lock lock(mutex_);
    is_closing_ = true;
    close_deadline_ = Clock::now() + std::min(timeout, kLongestTimeout);
    attempts_ = 0;  // there is no time for long pauses
    if (!pause_was_asked_for_) paused_until_ = {};
    wake_.notify_one();
    in_time = progress_.wait_until(lock, close_deadline_, [&] { return has_ended_; });
    is_aborted_ = true;
    wake_.notify_one();
  }
  if (!in_time) transport_->Abort();
  thread_.join();
  return !has_left_events_;
}

Stats Delivery::stats() const {
  const Lock lock(mutex_);
  Stats stats = stats_;
  stats.queued = queue_.size() + under_way_;
  return stats;
}

// When the next batch should go, if nothing else happens.
Delivery::Clock::time_point Delivery::Due() const {
  if (queue_.empty()) return Clock::time_point::max();
  if (queue_.HasBatch() || is_closing_ || queue_.front().number < flush_until_) return paused_until_;
  return std::max(paused_until_, queue_.front().since + config_.batch_interval);
}

// When closing, nothing more can be done once all is sent, or when the pause outlasts the deadline.
bool Delivery::IsOver() const {
  return is_aborted_ || (is_closing_ && (queue_.empty() || paused_until_ > close_deadline_));
}

void Delivery::Run() noexcept {
  Lock lock(mutex_);
  while (!IsOver()) {
    try {
      Step(&lock);
    } catch (...) {
      wake_.wait_for(lock, kWithoutMemory);
    }
  }
  GiveUpRest();
  Report(&lock);
  has_ended_ = true;
  progress_.notify_all();
}

void Delivery::Step(Lock* lock) {
  if (HasProblems()) return Report(lock);
  const Clock::time_point now = Clock::now();
  const Clock::time_point due = Due();
  if (due <= now) {
    SendNext(lock);
  } else {
    wake_.wait_until(*lock, std::min(due, now + kLongWait));
  }
}

void Delivery::GiveUpRest() noexcept {
  const std::size_t left = queue_.Clear();
  stats_.dropped += left;
  has_left_events_ = left > 0;
  try {
    if (left > 0) Note("dropped", "not sent before the client was closed", left);
  } catch (...) {
    // as in Note()
  }
}

void Delivery::SendNext(Lock* lock) {
  Batch batch = queue_.Take();
  const std::size_t events = batch.events.size();
  under_way_ = events;
  under_way_first_ = batch.events.front().number;
  const std::uint64_t purges = purges_;
  lock->unlock();
  const Answer answer = Post(batch);
  lock->lock();
  under_way_ = 0;
  if (purges == purges_ || Judge(answer) == Outcome::kStored) {
    const Stats before = stats_;
    try {
      Settle(std::move(batch), answer);
    } catch (...) {
      stats_ = before;
      stats_.dropped += events;
    }
  } else {
    // Consent ended meanwhile: it is not sent again, though others wait as long as the server asked for.
    stats_.discarded += events;
    if (Judge(answer) == Outcome::kAgain) Pause(answer);
  }
  progress_.notify_all();
}

Answer Delivery::Post(const Batch& batch) noexcept {
  try {
    const std::string body = BatchBody(batch);
    const std::string compressed = body.size() > kGzipFrom ? Gzip(body) : std::string();
    return compressed.empty() ? transport_->Post(body, false) : transport_->Post(compressed, true);
  } catch (...) {
    return {};  // no memory: as without an answer
  }
}

void Delivery::Settle(Batch batch, const Answer& answer) {
  const std::size_t events = batch.events.size();
  const Outcome outcome = Judge(answer);
  if (outcome == Outcome::kAgain) return SendLater(std::move(batch), answer);
  attempts_ = 0;
  paused_until_ = {};
  pause_was_asked_for_ = false;
  if (outcome == Outcome::kSplit && events > 1) {
    NoteOverflow(queue_.PutBackHalves(std::move(batch)));
  } else if (outcome != Outcome::kStored) {
    stats_.rejected += events;
    Note("rejected", "refused: " + Explain(answer), events);
  } else {
    Rejections rejections = ReadRejections(answer.body);
    const std::uint64_t rejected = std::min<std::uint64_t>(rejections.count, events);
    stats_.rejected += rejected;
    stats_.sent += events - rejected;
    for (Problem& problem : rejections.problems) Note(std::move(problem));
  }
}

void Delivery::SendLater(Batch batch, const Answer& answer) {
  const std::size_t events = batch.events.size();
  ++stats_.retries;
  batch.failures += answer.status == 500;
  if (batch.failures > config_.max_retries) {
    attempts_ = 0;
    stats_.dropped += events;
    return Note("dropped", "given up: " + Explain(answer), events);
  }
  Pause(answer);
  Note("retry", std::to_string(events) + " events will be sent again: " + Explain(answer), 0);
  NoteOverflow(queue_.PutBack(std::move(batch)));
}

void Delivery::Pause(const Answer& answer) {
  using Milliseconds = std::chrono::duration<double, std::milli>;
  const double doubled = static_cast<double>(1 << std::min(attempts_++, kMaxDoublings));
  const Milliseconds longest = std::min<Milliseconds>(config_.retry_base * doubled, config_.retry_max);
  const double part = std::uniform_real_distribution<double>(0.5, 1)(random_);
  const auto pause = std::chrono::duration_cast<std::chrono::milliseconds>(longest * part);
  pause_was_asked_for_ = answer.retry_after > pause;
  paused_until_ = Clock::now() + std::max(pause, answer.retry_after);
}

void Delivery::NoteOverflow(std::size_t dropped) {
  stats_.dropped += dropped;
  overflowed_ += dropped;
}

void Delivery::Note(const char* code, const std::string& what, std::uint64_t lost) {
  Note({code,
        lost == 0 ? what : std::to_string(lost) + (lost == 1 ? " event " : " events ") + what,
        {},
        lost});
}

void Delivery::Note(Problem problem) noexcept {
  try {
    if (config_.on_error && problems_.size() < kMaxProblems) problems_.push_back(std::move(problem));
  } catch (...) {
    // without memory there is no report; the events are counted all the same
  }
}

bool Delivery::HasProblems() const {
  return !problems_.empty() || overflowed_ > 0;
}

// Tells the application what was noted, without the lock.
void Delivery::Report(Lock* lock) noexcept {
  std::vector<Problem> problems;
  try {
    const std::uint64_t overflowed = std::exchange(overflowed_, 0);
    if (overflowed > 0) Note("dropped", "dropped from a full queue", overflowed);
    problems.swap(problems_);
  } catch (...) {
    // as in Note()
  }
  lock->unlock();
  for (const Problem& problem : problems) {
    try {
      config_.on_error(problem);
    } catch (...) {
      // the application's own exception: there is nobody to tell
    }
  }
  lock->lock();
}

}  // namespace productgraph
