#include "innernet/client/data_store.hpp"

#include <fmt/format.h>

#include <system_error>
#include <unordered_map>
#include <utility>
#include <variant>

#include "innernet/base/file.hpp"
#include "innernet/client/file_access.hpp"
#include "innernet/json/json.hpp"
#include "innernet/machine/log.hpp"
#include "network_files.hpp"

namespace innernet::client {
namespace {

// A store that was read, and is none.
struct Wrong {
  Error why;
};

Result<std::variant<State, Wrong>> read_store(const std::filesystem::path& path) {
  const Warn warn = [](std::string_view text) { log::warning("{}", text); };
  TRY(auto file, FilePieces::open(path));
  DataStoreReader reader(warn, file.size());
  for (;;) {
    TRY(const std::string_view piece, file.next());
    if (piece.empty()) break;
    if (auto taken = reader.take(piece); !taken) return Wrong{std::move(taken).error()};
  }
  auto state = std::move(reader).finish();
  if (!state) return Wrong{std::move(state).error()};
  return *std::move(state);
}

// Kept, because there are the pinned keys in it.
void set_aside(const std::filesystem::path& path, const Error& why) {
  const auto kept = corrupt_copy(path);
  std::error_code failure;
  std::filesystem::rename(path, kept, failure);
  if (failure)
    log::warning("{} can't be read and counts as empty: {}; it could not be kept as {}: {}", path.string(), why.message(), kept.string(),
                 failure.message());
  else
    log::warning("{} can't be read and counts as empty: {}; it is kept as {}", path.string(), why.message(), kept.string());
}

}  // namespace

Result<std::optional<DataStore>> DataStore::load(const std::filesystem::path& path) {
  auto content = read_store(path);
  if (!content) {
    if (content.error().kind() == ErrorKind::kNotFound) return std::nullopt;
    return std::unexpected(with_remedy(std::move(content).error(), path).context("reading the known peers"));
  }
  if (const auto* wrong = std::get_if<Wrong>(&*content)) {
    set_aside(path, wrong->why);
    return std::nullopt;
  }
  warn_of_access_by_others(path);
  DataStore store(path);
  store.state_ = std::get<State>(*std::move(content));
  store.is_saved_ = true;
  return store;
}

Result<void> DataStore::check_pins(const State& news) const {
  std::unordered_map<IpAddress, const Peer*> known;
  known.reserve(state_.peers.size());
  for (const Peer& peer : state_.peers) known.emplace(peer.ip, &peer);
  std::unordered_map<IpAddress, const Peer*> seen;
  seen.reserve(news.peers.size());
  std::size_t unknown = 0;
  for (const Peer& peer : news.peers) {
    if (const auto other = seen.emplace(peer.ip, &peer).first->second; other->public_key != peer.public_key)
      return invalid_input(fmt::format("the server gives the address {} to two peers, {} and {}: nothing was changed", peer.ip.to_string(),
                                       quoted(other->name.str()), quoted(peer.name.str())));
    const auto pinned = known.find(peer.ip);
    if (pinned == known.end()) ++unknown;
    if (pinned == known.end() || pinned->second->public_key == peer.public_key) continue;
    return fail(ErrorKind::kAlreadyExists,
                fmt::format("the server says that peer {} ({}) has the public key {} now, but it is known with {}: somebody may pretend to "
                            "be that peer, so "
                            "nothing was changed. If you know that the key has really changed, remove {} and fetch again",
                            quoted(peer.name.str()), peer.ip.to_string(), peer.public_key.abbreviated(),
                            pinned->second->public_key.abbreviated(), path_.string()));
  }
  // More could not be read again.
  if (state_.peers.size() + unknown > kMostInList)
    return invalid_input(
        fmt::format("with those that the server names now more than {} peers would have been seen, and their keys are kept for good: "
                    "nothing was changed. If the network has really had so many, remove {} and fetch again",
                    kMostInList, path_.string()));
  return {};
}

Result<void> DataStore::update(State news) {
  TRY_VOID(check_pins(news));
  take_over(std::move(news));
  return {};
}

void DataStore::take_over(State news) {
  std::unordered_map<IpAddress, Peer*> by_ip;
  by_ip.reserve(news.peers.size());
  for (Peer& peer : news.peers) by_ip.insert_or_assign(peer.ip, &peer);
  for (Peer& peer : state_.peers) {
    const auto entry = by_ip.find(peer.ip);
    if (entry == by_ip.end()) {
      is_saved_ = is_saved_ && peer.is_disabled;
      peer.is_disabled = true;
    } else if (entry->second != nullptr) {
      is_saved_ = is_saved_ && peer == *entry->second;
      peer = std::move(*entry->second);
      entry->second = nullptr;
    }
  }
  // All are new: as they are, instead of one by one into a vector that grows.
  if (state_.peers.empty() && by_ip.size() == news.peers.size()) {
    is_saved_ = is_saved_ && news.peers.empty();
    state_.peers = std::exchange(news.peers, {});
  }
  for (Peer& peer : news.peers) {
    if (const auto entry = by_ip.find(peer.ip); entry->second != &peer) continue;
    is_saved_ = false;
    state_.peers.push_back(std::move(peer));
  }
  is_saved_ = is_saved_ && state_.cidrs == news.cidrs;
  state_.cidrs = std::move(news.cidrs);
}

Result<void> DataStore::save() {
  if (is_saved_) return {};
  if (auto saved = replace_file(path_, [&](const auto& append) { write_data_store(state_, append); }); !saved)
    return std::unexpected(with_remedy(std::move(saved).error(), path_).context("saving the known peers"));
  is_saved_ = true;
  return {};
}

void apply_overrides(State& state, const std::map<IpAddress, Endpoint>& overrides) {
  if (overrides.empty()) return;
  for (Peer& peer : state.peers)
    if (const auto found = overrides.find(peer.ip); found != overrides.end()) peer.endpoint = found->second;
}

}  // namespace innernet::client
