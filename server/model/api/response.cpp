#include <fmt/format.h>

#include "decide.hpp"
#include "innernet/json/json.hpp"

namespace innernet::server::api {

Response json_response(unsigned status, std::string body) {
  return {.status = status, .body = std::make_shared<const std::string>(std::move(body)), .etag = {}};
}

Response empty_response(unsigned status) { return {.status = status, .body = nullptr, .etag = {}}; }

Response refusal(unsigned status, std::string_view why) { return json_response(status, error_to_json(why)); }

Response refusal(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::kInvalidInput:
      return refusal(400, error.message());
    case ErrorKind::kNotFound:
      return refusal(404, error.message());
    case ErrorKind::kAlreadyExists:
    case ErrorKind::kPermission:
    case ErrorKind::kBusy:
    case ErrorKind::kInterrupted:
    case ErrorKind::kUnreachable:
    case ErrorKind::kReadOnly:
    case ErrorKind::kUnsupported:
    case ErrorKind::kSystem:
      break;
  }
  return refusal(500, "the server could not do this; its log says why");
}

Response written_too_often(std::chrono::seconds retry_after) {
  auto response = refusal(429, fmt::format("this peer changes its entry too often; try again in {} s", retry_after.count()));
  response.retry_after = retry_after;
  return response;
}

}  // namespace innernet::server::api
