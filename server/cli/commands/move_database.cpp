#include <fmt/format.h>

#include <system_error>

#include "../open.hpp"
#include "commands.hpp"
#include "innernet/base/file.hpp"
#include "innernet/config/database_setting.hpp"
#include "innernet/server/network_databases.hpp"

namespace innernet::server {
namespace {

constexpr std::size_t kLargestConfig = 4U << 20;

/// Of a PostgreSQL server; none: the file of SQLite's.
struct Target {
  std::optional<DatabaseUrl> url;
};

Result<Target> parse_target(const std::string_view text) {
  if (text == "sqlite") return Target{};
  TRY(auto url, DatabaseUrl::parse(text));
  return Target{std::move(url)};
}

struct Options : OfNetwork {
  std::optional<Target> to;
  bool yes = false;
};

void define(Definition& definition, Options& options) {
  definition.explain(
      "Everything is copied and compared, then the config names the new database. The old one is kept, and nothing is lost if the command "
      "is interrupted: repeat it.");
  definition.explain("serve must not run meanwhile. Peers go on talking to each other.");
  define_interface(definition, options);
  definition.option(0, "to", "URL", into(options.to, parse_target), "An empty PostgreSQL database, or sqlite for the usual file");
  define_yes(definition, options.yes);
}

Result<DatabaseLocation> target(const Options& options, Context& context) {
  const auto parse = [](const std::string& text) { return parse_target(text); };
  TRY(const auto to, options.to ? Result<Target>(*options.to)
                                : prompt::ask(context.asker,
                                              {.text = "New database",
                                               .option = "--to URL, or --to sqlite",
                                               .suggestion = {},
                                               .prefilled = {},
                                               .example = "postgresql://HOST/DATABASE, or sqlite",
                                               .check = {}},
                                              parse));
  if (to.url) return *to.url;
  return context.folders().database(options.interface());
}

std::unexpected<Error> is_served(const InterfaceName& interface, std::string_view why) {
  return fail(ErrorKind::kBusy,
              fmt::format("{} is being served, and its database can't be moved meanwhile: systemctl stop innernet-server@{} first{}",
                          interface.str(), interface.str(), why));
}

/// `serve` has it all the time; who reads a question must not keep a service from its start.
Result<FileLock> lock(const Folders& folders, const InterfaceName& interface) {
  auto lock = FileLock::acquire(folders.lock_file(interface), std::chrono::milliseconds(0),
                                {folders.config_file(interface), folders.database(interface)});
  if (lock || lock.error().kind() != ErrorKind::kBusy) return lock;
  return is_served(interface, fmt::format(" ({})", lock.error().message()));
}

bool is_there(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(std::filesystem::symlink_status(path, ignored));
}

/// What can't be reached is said before anybody is asked.
Result<void> check_reachable(const DatabaseLocation& location, const wg::PublicKey& server_key, std::string_view whence) {
  const auto* const url = std::get_if<DatabaseUrl>(&location);
  if (url == nullptr) return {};
  const auto held = look_into(*url, server_key);
  return held ? Result<void>() : std::unexpected(with_remedy(held.error(), whence));
}

std::string question(const InterfaceName& interface, const DatabaseLocation& from, const DatabaseLocation& to) {
  const auto* const file = std::get_if<std::filesystem::path>(&to);
  return fmt::format("Move the database of {} from {} to {}{}?", interface.str(), shown(from), shown(to),
                     file != nullptr && is_there(*file) ? " (the file that is there now is kept under another name)" : "");
}

void tell(Context& context, const InterfaceName& interface, const DatabaseLocation& to, const Moved& moved) {
  context.print(
      fmt::format("the database of {} is {} now{}", interface.str(), shown(to), moved.was_there ? ", which had everything already" : ""));
  context.print(fmt::format("  compared:  {} peers, {} CIDRs, {} associations, and what the clients were told", moved.peers, moved.cidrs,
                            moved.associations));
  context.print(fmt::format("  config:    {}", context.folders().config_file(interface).string()));
  if (moved.set_aside)
    context.print(fmt::format("  set aside: {}, a file that was there and has another content", moved.set_aside->string()));
  if (moved.old) {
    context.print(fmt::format("  old one:   {}, kept as it was. To remove it, once all is well:", shown(*moved.old)));
    context.print(fmt::format("             {}", how_to_remove(*moved.old)));
  }
  context.print(
      fmt::format("Next: systemctl start innernet-server@{}    (or: innernet-server serve {})", interface.str(), interface.str()));
  const auto text_of = [](const auto& optional) { return optional ? std::optional(shown(*optional)) : std::nullopt; };
  context.report(changed()
                     .text("network", interface.str())
                     .text("database", shown(to))
                     .text("old_database", text_of(moved.old))
                     .text("set_aside", text_of(moved.set_aside))
                     .number("peers", moved.peers)
                     .number("cidrs", moved.cidrs)
                     .number("associations", moved.associations));
}

Result<Ending> run(const Options& options, Context& context) {
  const InterfaceName& interface = options.interface();
  const auto config_file = context.folders().config_file(interface);
  TRY(const auto config, open_config(context, interface));
  const auto from = database_location(config, context.folders(), interface);
  TRY(const auto to, target(options, context));
  if (from == to) {
    context.print(fmt::format("the database of {} is {} already", interface.str(), shown(to)));
    return Ending::kDone;
  }
  if (FileLock::is_locked(context.folders().lock_file(interface))) return is_served(interface, "");
  const auto key = config.private_key.public_key();
  TRY_VOID(check_reachable(from, key, fmt::format("[database] url in {}", config_file.string())));
  TRY_VOID(check_reachable(to, key, "--to"));
  TRY(const bool go_on, confirmed(context, options.yes, question(interface, from, to)));
  if (!go_on) return Ending::kDone;

  TRY_VOID(make_private_folder(context.folders().data));
  TRY(const auto locked, lock(context.folders(), interface));
  const auto changing = fmt::format("changing {}", config_file.string());
  TRY_CONTEXT(const auto text, read_secret_file(config_file, kLargestConfig), changing);
  TRY_CONTEXT(const auto read, ServerConfig::parse(text.reveal()), changing);
  if (database_location(read, context.folders(), interface) != from)
    return fail(ErrorKind::kBusy,
                fmt::format("nothing was changed, for {} names another database than before: try again", config_file.string()));
  const auto* const url = std::get_if<DatabaseUrl>(&to);
  TRY_CONTEXT(const auto new_text, with_database_url(text.reveal(), url == nullptr ? std::nullopt : std::optional(*url)), changing);

  const auto moved = move_database(from, to, [&]() -> Result<void> {
    TRY_VOID_CONTEXT(replace_file(config_file, new_text.reveal()),
                     fmt::format("everything is in {}, but the config does not say so yet", shown(to)));
    return {};
  });
  if (!moved) return std::unexpected(moved.error());
  tell(context, interface, to, *moved);
  return Ending::kDone;
}

}  // namespace

Row move_database_command() {
  return row({.name = "move-database",
              .sentence = "Move a network's database to PostgreSQL, or back to SQLite.",
              .example = "move-database evilcorp --to postgresql://innernet@db.example.com/evilcorp --yes"},
             define, run);
}

}  // namespace innernet::server
