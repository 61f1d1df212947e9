#include "service_manager.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/datagram_protocol.hpp>

#include <cstdlib>
#include <exception>
#include <string>

#include "log.hpp"

namespace productgraph::sidecar {

namespace asio = boost::asio;
using asio::local::datagram_protocol;

void NotifyServiceManager(std::string_view state) {
  const char* name = std::getenv("NOTIFY_SOCKET");
  if (name == nullptr) return;
  try {
    std::string path = name;
    if (path.starts_with('@')) path[0] = '\0';  // a socket that has no file
    asio::io_context io;
    datagram_protocol::socket socket(io, datagram_protocol());
    socket.send_to(asio::buffer(state), datagram_protocol::endpoint(path));
  } catch (const std::exception& error) {
    Log(LogLevel::kWarning, "the service manager could not be told",
        {{"state", state}, {"detail", error.what()}});
  }
}

}  // namespace productgraph::sidecar
