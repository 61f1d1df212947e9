#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "client_stream.hpp"
#include "services.hpp"
#include "watchdog.hpp"

namespace productgraph::sidecar {

// One client connection: reads a request, has it handled, writes the answer, and again. Lives as long as its
// coroutine. Of one thread.
class Session : public std::enable_shared_from_this<Session> {
 public:
  // Plain without a TLS context. peer is who is at the other end. on_end runs when the session is destroyed.
  Session(boost::asio::ip::tcp::socket socket, TlsIdentity::Context tls, const boost::asio::ip::address& peer,
          const Services& services, std::function<void(Session*)> on_end);
  ~Session();
  Session(const Session&) = delete;

  void Start();
  // The server is stopping: ends now if it waits for a request, else after the request it is at.
  void Drain();

 private:
  using Parser = http::request_parser<http::buffer_body>;
  enum class BodyState { kWhole, kTooLarge, kTooSlow, kOverBudget, kBroken, kGone };
  // How the connection goes on after a request.
  enum class Next { kRequest, kClose, kLinger };

  boost::asio::awaitable<void> Run();
  boost::asio::awaitable<bool> Handshake();
  boost::asio::awaitable<void> End(Next next);
  boost::asio::awaitable<bool> WaitForRequest();
  boost::asio::awaitable<Next> ServeRequest();
  // The refusal of a client that sends too often.
  std::optional<Answer> CheckLimits(const RequestHead& head, const Exchange& exchange,
                                    const Decision& decision);
  boost::asio::awaitable<Next> Ingest(IngestPlan plan, const Exchange& exchange, Parser& parser);
  boost::asio::awaitable<Next> FailBody(BodyState state, const Exchange& exchange);
  // Why events cannot be taken; empty when they can.
  boost::asio::awaitable<std::string> AskReady();
  // For an answer that is known before the body is read.
  boost::asio::awaitable<Next> AnswerEarly(Answer answer, const Exchange& exchange, Parser& parser);
  boost::asio::awaitable<BodyState> ReadBody(const Framing& framing, Parser& parser, std::string& body,
                                             BudgetShare& share);
  boost::asio::awaitable<bool> SendContinue();
  boost::asio::awaitable<Next> Send(Answer answer, const Exchange& exchange);
  // Lets the client read the answer before unread input makes the kernel reset the connection.
  boost::asio::awaitable<void> Linger();

  ClientStream stream_;
  const boost::asio::ip::address peer_;
  const Services& services_;
  std::function<void(Session*)> on_end_;
  std::shared_ptr<Watchdog> watchdog_;
  boost::beast::flat_buffer buffer_;
  Clock::time_point started_;   // first byte of the request being served
  Clock::time_point deadline_;  // of the whole request
  bool idle_ = false;
};

}  // namespace productgraph::sidecar
