#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "innernet/base/error.hpp"

namespace innernet::client {

// What a router says in XML, read by miniupnpc's parsers: no I/O, and all that comes out is as hostile as what went in. They are C and have
// had holes (CVE-2015-6031), so that whoever has such a text from a router reads it by read_confined().

constexpr std::size_t kLongestXml = 64U << 10U;

/// A description's services, as they are written there.
struct DescribedService {
  std::string type;
  std::string control_url;

  friend bool operator==(const DescribedService&, const DescribedService&) = default;
};
struct RouterDescription {
  std::string base_url;  ///< mostly empty
  std::vector<DescribedService> services;
};
RouterDescription read_description(std::string_view xml);

/// What an action has answered.
struct ActionAnswer {
  std::string outside_address;
  std::string error_code;  ///< empty: none
};
ActionAnswer read_action_answer(std::string_view xml);

/// The same in a process that can do nothing else.
Result<RouterDescription> read_description_confined(std::string_view xml);
Result<ActionAnswer> read_action_answer_confined(std::string_view xml);

}  // namespace innernet::client
