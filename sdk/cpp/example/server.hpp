// A small HTTP server on Boost.Beast.
#pragma once

#include <functional>

#include "observed.hpp"

namespace inventory {

// Serves on 127.0.0.1 from this thread until SIGINT or SIGTERM. Throws when the port cannot be had.
void Serve(unsigned short port, const std::function<Response(const Request&)>& handle);

}  // namespace inventory
