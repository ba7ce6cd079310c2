#include <fmt/format.h>

#include "../presence.hpp"
#include "../render.hpp"
#include "commands.hpp"
#include "innernet/client/data_store.hpp"

namespace innernet::client {

Result<Ending> run(const ListCidrsOptions& options, Context& context) {
  TRY(const bool ours, is_ours(context.folders(), options.interface()));
  if (!ours) return not_installed(context.folders(), options.interface());
  const std::filesystem::path path = context.folders().data_store(options.interface());
  TRY(const auto store, DataStore::load(path));
  if (!store) {
    return fail(ErrorKind::kNotFound,
                fmt::format("{} holds no CIDRs yet: `innernet up {}` fetches them", path.native(), options.interface().str()));
  }
  context.report(render_cidrs(store->state().cidrs, options.tree),
                 JsonObject().value("cidrs", std::span<const Cidr>(store->state().cidrs)));
  return Ending::kDone;
}

}  // namespace innernet::client
