#pragma once

#include <string>

#include "innernet/client/mapping_report.hpp"
#include "innernet/json/json_object.hpp"

namespace innernet::client {

// What is said of the WireGuard port on the own router. Pure; of a report as MappingReport::as_of() leaves it.

/// Of one family: `203.0.113.7:51820, by PCP on the router at 192.168.1.1, for another 1 hour, 59 minutes`, or why not.
std::string describe_in_words(const MappingStanding& standing, WallTime now);

/// In a few words, for a headline: `port open at 203.0.113.7:51820`, `port not mapped (router refuses)`. Empty: nothing is worth a word.
std::string mapping_headline(const MappingReport& report);

/// As --json has it (doc/json.md); `null` when nothing is known.
std::string mapping_as_json(const MappingReport& report);

}  // namespace innernet::client
