#include "own_relay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <system_error>

#include "innernet/base/file.hpp"
#include "innernet/config/config.hpp"
#include "innernet/machine/local_addresses.hpp"
#include "innernet/machine/log.hpp"
#include "innernet/relay/ports.hpp"
#include "network_files.hpp"
#include "wait.hpp"

namespace innernet::client {
namespace {

std::set<std::uint16_t> taken_ports(const Folders& folders) {
  const Folders server = Folders::of_server();
  auto ports = listen_ports_of_clients(folders, interfaces_with_config(folders.config));
  ports.merge(listen_ports_of_servers(server, interfaces_with_config(server.config)));
  return ports;
}

std::optional<std::uint16_t> saved_port(const std::filesystem::path& path) {
  const auto text = read_file(path, 16);
  if (!text) return std::nullopt;
  std::uint16_t port = 0;
  const auto [end, failure] = std::from_chars(text->data(), text->data() + text->size(), port);
  if (failure != std::errc() || port == 0) return std::nullopt;
  return port;
}

}  // namespace

void OwnRelay::want(bool is_relay, const InterfaceConfig& config, std::uint16_t listen_port) {
  listen_port_ = listen_port;
  if (is_relay == thread_.joinable()) return;
  if (!is_relay) return end();
  auto stop = Stop::create();
  if (!stop) return log::warning("network {}: the relay: {}", name_.str(), stop.error().message());
  stop_.emplace(*std::move(stop));
  try {
    thread_ = std::thread([this, config] { run(config); });
  } catch (const std::system_error& error) {
    log::warning("network {}: the relay: {}", name_.str(), error.what());
  }
}

void OwnRelay::end() {
  if (!thread_.joinable()) return;
  stop_->request();
  thread_.join();
}

void OwnRelay::run(const InterfaceConfig& config) {
  RestClient client(config, interface_, &*stop_);
  auto pause = times_.again;
  while (!stop_->requested()) {
    const BootTime began = clock_.boot();
    auto outcome = place(config.private_key);
    if (outcome) outcome = keep_in_touch(client);
    if (stop_->requested()) break;
    report(outcome);
    if (outcome) {
      pause = times_.again;
      wait_until(began + times_.between);  // whatever the server does
      continue;
    }
    is_told_ = false;  // an older database may be there now
    if (relay_ && heard_ && clock_.boot() - *heard_ >= kLongestAlone) {
      log::warning("network {}: the server has not been heard of for a week: nobody is relayed until it is", name_.str());
      relay_nobody();
    }
    wait_until(clock_.boot() + pause);
    pause = std::min(2 * pause, times_.longest_again);
  }
  if (relay_) log::info("network {}: relaying no longer", name_.str());
  relay_.reset();
  is_told_ = false;
  etag_.clear();
  heard_.reset();
  trouble_.clear();
}

void OwnRelay::wait_until(BootTime time) {
  if (clock_.boot() >= time) return;
  if (auto poller = Poller::create(&*stop_)) static_cast<void>(poller->until(time));
}

Result<void> OwnRelay::place(const wg::PrivateKey& key) {
  const auto path = relay_port_file(folders_, name_);
  const auto taken = taken_ports(folders_);
  const std::uint16_t listen_port = listen_port_;
  const auto now = relay_ ? std::optional(relay_->port()) : std::nullopt;
  auto ports = relay::relay_ports(listen_port, now, std::nullopt, taken);
  if (ports.is_right) return {};
  if (const auto last = saved_port(path); last && last != listen_port && !taken.contains(*last))
    ports.to_try.insert(ports.to_try.begin(), *last);
  auto started = Result<std::unique_ptr<relay::Relay>>(fail(ErrorKind::kSystem, "no port is left behind the listen port"));
  for (const std::uint16_t port : ports.to_try) {
    started = start_(key.derived("innernet relay"), {.port = port});
    if (started || started.error().kind() != ErrorKind::kBusy) break;
  }
  if (!started) return std::unexpected(std::move(started).error());
  relay_ = *std::move(started);
  is_told_ = false;
  etag_.clear();
  log::info("network {}: relaying on UDP port {}", name_.str(), relay_->port());
  // Only for the next time: without it the relay may be on another port then.
  if (const auto saved = replace_file(path, std::to_string(relay_->port()) + '\n'); !saved) log::debug("{}", saved.error().message());
  return {};
}

Answer<RelayGroupsAnswer> OwnRelay::ask(RestClient& client) {
  if (!is_told_) {
    if (auto told = client.put_relay({.public_key = relay_->public_key(), .port = relay_->port()}); !told)
      return std::unexpected(std::move(told).error());
    auto server = client.capabilities();
    if (!server) return std::unexpected(std::move(server).error());
    names_registered_ = server->relay_registrations;
    named_.reset();
    is_told_ = true;
  }
  if (names_registered_)
    if (auto named = name_registered(client); !named) return std::unexpected(std::move(named).error());
  return client.relay_groups({.if_none_match = etag_, .wait = names_registered_ ? times_.wait_naming : times_.wait});
}

Answer<void> OwnRelay::name_registered(RestClient& client) {
  const auto snapshot = relay_->snapshot();
  if (!snapshot) return {};
  std::vector<wg::PublicKey> keys;
  const auto count = std::min(snapshot->members.size(), kMostRelayRegistrations);
  for (std::size_t i = 0; i < count; ++i) keys.push_back(snapshot->members[i].key);
  if (named_ == keys) return {};
  auto named = client.put_relay_registrations(keys);
  // Said too often, it is said a bit later.
  if (!named && named.error().status() != 429) return named;
  if (named) named_ = std::move(keys);
  return {};
}

Result<void> OwnRelay::keep_in_touch(RestClient& client) {
  auto answer = ask(client);
  if (!answer) {
    // We are no relay, or no member any more: the next round will say so, too.
    if (answer.error().status() == 404 || answer.error().status() == 401) relay_nobody();
    return std::unexpected(std::move(answer).error());
  }
  heard_ = clock_.boot();
  etag_ = std::move(answer->etag);
  if (!answer->news) return {};
  // It may have been started anew, and knows nothing of ours.
  named_.reset();
  relay_->set_membership(
      std::make_shared<const relay::Membership>(relay::Membership::of_groups(answer->news->groups, std::move(answer->news->pairs))));
  return {};
}

void OwnRelay::relay_nobody() {
  relay_->set_membership(std::make_shared<const relay::Membership>());
  heard_.reset();
  etag_.clear();
}

// It is tried again and again: only what is news.
void OwnRelay::report(const Result<void>& outcome) {
  const std::string now = outcome ? std::string() : outcome.error().message();
  if (now == std::exchange(trouble_, now)) return;
  if (outcome)
    log::info("network {}: the relay: all is well again", name_.str());
  else
    log::warning("network {}: the relay: {}", name_.str(), now);
}

}  // namespace innernet::client
