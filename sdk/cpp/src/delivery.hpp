// The client's thread: decides when a batch goes, and what becomes of it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "event_queue.hpp"
#include "productgraph/config.hpp"
#include "transport.hpp"

namespace productgraph {

// Safe to use from any number of threads. One request is under way at a time, so the order of events is kept.
class Delivery {
 public:
  // Throws what starting a thread throws.
  Delivery(const Config& config, std::unique_ptr<Transport> transport);
  ~Delivery();
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

  // Each counts one event as tracked.
  void Add(std::string json);
  void CountDiscarded();
  void CountDropped(Problem problem);

  void SetConsent(bool consent);
  bool Flush(std::chrono::milliseconds timeout);
  // True when nothing was left behind. The second call waits for the first, and says the same.
  bool Close(std::chrono::milliseconds timeout);
  Stats stats() const;

 private:
  using Clock = std::chrono::steady_clock;
  using Lock = std::unique_lock<std::mutex>;

  void Run() noexcept;
  // Each of these is called, and returns, with the lock.
  void Step(Lock* lock);
  bool IsOver() const;
  Clock::time_point Due() const;
  void SendNext(Lock* lock);
  Answer Post(const Batch& batch) noexcept;
  void Settle(Batch batch, const Answer& answer);
  void SendLater(Batch batch, const Answer& answer);
  void Pause(const Answer& answer);
  void NoteOverflow(std::size_t dropped);
  void Note(const char* code, const std::string& what, std::uint64_t lost);
  void Note(Problem problem) noexcept;
  bool HasProblems() const;
  void Report(Lock* lock) noexcept;
  void GiveUpRest() noexcept;
  std::uint64_t OldestOutstanding() const;
  bool IsOwnThread() const { return std::this_thread::get_id() == thread_.get_id(); }

  const Config config_;
  const std::unique_ptr<Transport> transport_;

  mutable std::mutex mutex_;          // guards all below but thread_
  std::condition_variable wake_;      // something may be due
  std::condition_variable progress_;  // something was settled
  EventQueue queue_;
  Stats stats_;                        // but for queued
  std::vector<Problem> problems_;      // to be reported
  std::uint64_t overflowed_ = 0;       // dropped by a full queue, to be reported
  std::size_t under_way_ = 0;          // events of the request
  std::uint64_t under_way_first_ = 0;  // the number of the first of them
  std::uint64_t flush_until_ = 0;      // events below this number are due
  std::uint64_t purges_ = 0;           // how often consent has ended
  int attempts_ = 0;                   // in vain, one after the other
  Clock::time_point paused_until_{};
  bool pause_was_asked_for_ = false;  // by Retry-After
  bool consent_;
  bool is_closing_ = false;
  bool is_aborted_ = false;
  bool has_ended_ = false;
  bool has_left_events_ = false;  // when it ended
  Clock::time_point close_deadline_{};
  std::minstd_rand random_;

  std::mutex closing_mutex_;  // held by Close(), taken before mutex_
  std::thread thread_;        // last, as it uses all others
};

}  // namespace productgraph
