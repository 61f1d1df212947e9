#pragma once

#include <boost/asio/ssl/context.hpp>

#include <memory>
#include <mutex>
#include <string>

#include "config.hpp"

namespace productgraph::sidecar {

// The certificate we show to clients, and how TLS is spoken with them: 1.2 or newer, with forward secrecy.
// Reloading is for connections that come later; those that are open keep what they began with. Safe from any
// thread.
class TlsIdentity {
 public:
  using Context = std::shared_ptr<boost::asio::ssl::context>;

  // PEM files. Throws ConfigError when they cannot be read or do not belong together.
  TlsIdentity(std::string certificate_file, std::string key_file);

  // Reads the files again. Throws ConfigError, and keeps what there is, when they are wrong.
  void Reload();
  Context Current() const;

 private:
  const std::string certificate_file_;
  const std::string key_file_;
  mutable std::mutex mutex_;
  Context current_;
};

// Null when the settings name no certificate. Throws ConfigError.
std::unique_ptr<TlsIdentity> MakeTlsIdentity(const Config& config);

}  // namespace productgraph::sidecar
