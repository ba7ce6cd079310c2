#include "fetching.hpp"

#include <malloc.h>

namespace innernet::client {

void keep_freed_memory() {
  ::mallopt(M_TOP_PAD, 64 << 20);
  ::mallopt(M_MMAP_THRESHOLD, 32 << 20);
}

JsonObject networks_as_json(const std::vector<InterfaceName>& names) {
  std::vector<JsonObject> networks;
  networks.reserve(names.size());
  for (const InterfaceName& name : names) networks.push_back(std::move(JsonObject().text("name", name.str())));
  return std::move(JsonObject().list("networks", networks));
}

}  // namespace innernet::client
