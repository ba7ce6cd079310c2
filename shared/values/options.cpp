#include "innernet/values/options.hpp"

namespace innernet {

std::string HostsOptions::host_name(const std::string& peer, const std::string& interface) const {
  const std::string end = suffix ? *suffix : interface + ".wg";
  return end.empty() ? peer : peer + '.' + end;
}

}  // namespace innernet
