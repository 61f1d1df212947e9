#pragma once

#include <boost/system/error_code.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

#include "answer.hpp"

namespace productgraph::sidecar {

// True for errors of the HTTP parser, as opposed to those of the network.
bool IsHttpError(const boost::system::error_code& error);

// The answer to a head that could not be read; nullopt when there is nobody to answer.
std::optional<Answer> AnswerToHeadError(const boost::system::error_code& error, bool timed_out,
                                        std::int64_t max_header_bytes, std::string_view request_id);

}  // namespace productgraph::sidecar
