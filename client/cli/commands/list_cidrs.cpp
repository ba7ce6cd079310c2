#include <fmt/format.h>

#include "../presence.hpp"
#include "../render.hpp"
#include "commands.hpp"
#include "innernet/client/data_store.hpp"

namespace innernet::client {
namespace {

struct Options : OfNetwork {
  bool tree = false;
};

void define(Definition& definition, Options& options) {
  definition.explain("As they were when they were last fetched: the server is not asked.");
  define_interface(definition, options);
  definition.flag('t', "tree", options.tree, "Nested, each below its parent");
  definition.conflict("tree", "json");
}

Result<Ending> run(const Options& options, Context& context) {
  TRY(const bool ours, is_ours(context.folders(), options.interface()));
  if (!ours) return not_installed(context.folders(), options.interface());
  const std::filesystem::path path = context.folders().data_store(options.interface());
  TRY(const auto store, DataStore::load(path));
  if (!store) {
    return fail(ErrorKind::kNotFound,
                fmt::format("{} holds no CIDRs yet: `innernet up {}` fetches them", path.native(), options.interface().str()));
  }
  context.print(render_cidrs(store->state().cidrs, options.tree));
  context.report(JsonObject().value("cidrs", std::span<const Cidr>(store->state().cidrs)));
  return Ending::kDone;
}

}  // namespace

Row list_cidrs_command() {
  return row({.name = "list-cidrs", .sentence = "List the CIDRs of a network.", .example = "list-cidrs evilcorp --tree"}, define, run);
}

}  // namespace innernet::client
