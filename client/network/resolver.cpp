#include "innernet/client/resolver.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "innernet/base/unique_fd.hpp"
#include "nat64.hpp"
#include "wait.hpp"

namespace innernet::client {
namespace {

constexpr std::size_t kMaxThreads = 8;
constexpr std::chrono::seconds kFirstPause{15};
constexpr std::chrono::seconds kLongestPause{600};

// Beside those of the last look-up: a daemon that runs for a year hears of names that nobody has any more.
constexpr std::size_t kMaxRemembered = 4096;

// More are not worth a second each.
constexpr std::size_t kMaxAddresses = 8;

std::optional<IpAddress> address_of(const addrinfo& info) {
  if (info.ai_family == AF_INET) {
    sockaddr_in address{};
    std::memcpy(&address, info.ai_addr, sizeof address);
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &address.sin_addr, bytes.size());
    return IpAddress::v4(bytes);
  }
  if (info.ai_family == AF_INET6) {
    sockaddr_in6 address{};
    std::memcpy(&address, info.ai_addr, sizeof address);
    std::array<std::uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), &address.sin6_addr, bytes.size());
    return IpAddress::v6(bytes);
  }
  return std::nullopt;
}

std::vector<IpAddress> getaddrinfo_all(const std::string& name) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* list = nullptr;
  if (::getaddrinfo(name.c_str(), nullptr, &hints, &list) != 0) return {};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, ::freeaddrinfo);
  std::vector<IpAddress> found;
  for (const addrinfo* info = list; info != nullptr && found.size() < kMaxAddresses; info = info->ai_next)
    if (const auto address = address_of(*info); address && std::ranges::find(found, *address) == found.end()) found.push_back(*address);
  return found;
}

}  // namespace

Lookup system_lookup() { return getaddrinfo_all; }

// One caller of look_up: how many of its names are still open, and what wakes it.
struct Batch {
  std::size_t open = 0;
  std::optional<Nudge> all_done;
};

struct Name {
  std::vector<IpAddress> last_good;
  int failures = 0;
  BootTime asked{};
  BootTime wanted{};  // at last, also when its look-up was put off
  BootTime not_before{};
  bool is_being_looked_up = false;
  bool is_late = false;  // it kept a batch waiting until the end: no other one waits for it
  std::vector<std::shared_ptr<Batch>> batches;
};

// Owned by the threads, too: one that hangs in getaddrinfo(3) outlives the resolver.
struct Resolver::Shared {
  Shared(Lookup the_lookup, HasRoute the_has_route) : lookup(std::move(the_lookup)), has_route(std::move(the_has_route)) {}

  const Lookup lookup;
  const HasRoute has_route;
  std::mutex mutex;
  std::unordered_map<std::string, Name> names;
  std::deque<std::string> jobs;
  std::size_t threads = 0;

  static void work(const std::shared_ptr<Shared>& shared) {
    std::unique_lock lock(shared->mutex);
    while (!shared->jobs.empty()) {
      const std::string text = std::move(shared->jobs.front());
      shared->jobs.pop_front();
      lock.unlock();
      auto addresses = shared->lookup(text);
      lock.lock();
      shared->finish(shared->names[text], std::move(addresses));
    }
    --shared->threads;
  }

  // Most machines have IPv4, and never asked for the prefix.
  IpAddress translated(const IpAddress& literal) const {
    const auto answer = names.find(kNat64Name);
    if (answer == names.end() || !literal.is_v4()) return literal;
    const auto prefix = Nat64Prefix::of(answer->second.last_good);
    return prefix && !has_route(literal) ? prefix->translated(literal) : literal;
  }

  // Those that were wanted before `now`, the oldest first, until there are few enough.
  void forget_old(BootTime now) {
    if (names.size() <= kMaxRemembered) return;
    std::vector<std::pair<BootTime, std::string>> old;
    for (const auto& [text, name] : names)
      if (name.wanted < now && !name.is_being_looked_up && name.batches.empty()) old.emplace_back(name.wanted, text);
    std::ranges::sort(old);
    old.resize(std::min(old.size(), names.size() - kMaxRemembered));
    for (const auto& [wanted, text] : old) names.erase(text);
  }

  void finish(Name& name, std::vector<IpAddress> addresses) {
    name.is_being_looked_up = false;
    name.is_late = false;
    if (!addresses.empty()) {
      // It was not this name alone that could not be looked up.
      if (std::exchange(name.failures, 0) > 0)
        for (auto& [other_text, other] : names) other.not_before = {};
      name.last_good = std::move(addresses);
      name.not_before = {};
    } else {
      name.not_before = name.asked + std::min<std::chrono::seconds>(kFirstPause * (1 << std::min(name.failures, 6)), kLongestPause);
      ++name.failures;
    }
    for (const auto& batch : std::exchange(name.batches, {})) {
      if (--batch->open == 0 && batch->all_done) batch->all_done->give();
    }
  }
};

Resolver::Resolver(Lookup lookup, HasRoute has_route) : shared_(std::make_shared<Shared>(std::move(lookup), std::move(has_route))) {}

Resolver::~Resolver() {
  const std::lock_guard lock(shared_->mutex);
  shared_->jobs.clear();
}

void Resolver::look_up(std::span<const Endpoint> endpoints, const Clock& clock, const Stop* stop, std::chrono::milliseconds patience) {
  auto batch = std::make_shared<Batch>();
  {
    const std::lock_guard lock(shared_->mutex);
    const BootTime now = clock.boot();
    std::vector<std::string> texts;
    for (const Endpoint& endpoint : endpoints) {
      const auto* literal = std::get_if<IpAddress>(&endpoint.host());
      if (literal == nullptr)
        texts.push_back(std::get<std::string>(endpoint.host()));
      else if (literal->is_v4() && !shared_->has_route(*literal))
        texts.emplace_back(kNat64Name);
    }
    for (const std::string& text : texts) {
      Name& name = shared_->names[text];
      name.wanted = now;
      if (name.is_late || now < name.not_before) continue;
      if (!name.is_being_looked_up) {
        name.is_being_looked_up = true;
        name.asked = now;
        shared_->jobs.push_back(text);
      }
      if (!name.batches.empty() && name.batches.back() == batch) continue;  // the same name with another port
      name.batches.push_back(batch);
      ++batch->open;
    }
    shared_->forget_old(now);
    if (batch->open == 0) return;
    if (auto all_done = Nudge::create()) batch->all_done = *std::move(all_done);
    while (shared_->threads < std::min(kMaxThreads, shared_->jobs.size())) {
      try {
        std::thread(Shared::work, shared_).detach();
        ++shared_->threads;
      } catch (const std::system_error&) {
        break;  // no more threads to be had: those that are there do it, or the names stay unknown
      }
    }
  }
  if (auto poller = Poller::create(stop); poller && batch->all_done)
    static_cast<void>(poller->until(SystemClock().boot() + patience, {{batch->all_done->fd(), POLLIN}}));

  // What no thread has begun yet is dropped, so that a long list of dead names does not pile up from batch to batch.
  const std::lock_guard lock(shared_->mutex);
  for (auto& [text, name] : shared_->names) {
    if (std::erase(name.batches, batch) == 0) continue;
    name.is_late = true;
  }
  std::erase_if(shared_->jobs, [&](const std::string& text) {
    Name& name = shared_->names[text];
    if (!name.is_late || !name.batches.empty()) return false;
    name.is_late = name.is_being_looked_up = false;
    return true;
  });
}

std::vector<SocketAddress> Resolver::addresses(const Endpoint& endpoint) const {
  std::vector<SocketAddress> addresses;
  const std::lock_guard lock(shared_->mutex);
  if (const auto* literal = std::get_if<IpAddress>(&endpoint.host())) return {{shared_->translated(*literal), endpoint.port()}};
  if (const auto found = shared_->names.find(std::get<std::string>(endpoint.host())); found != shared_->names.end())
    for (const IpAddress& ip : found->second.last_good) addresses.push_back({ip, endpoint.port()});
  return addresses;
}

std::optional<SocketAddress> Resolver::address(const Endpoint& endpoint) const {
  const auto all = addresses(endpoint);
  if (all.empty()) return std::nullopt;
  return all.front();
}

bool Resolver::is_busy() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->threads > 0;
}

void Resolver::forget_failures_of(const Endpoint& endpoint) {
  const auto* text = std::get_if<std::string>(&endpoint.host());
  if (text == nullptr) return;
  const std::lock_guard lock(shared_->mutex);
  if (const auto found = shared_->names.find(*text); found != shared_->names.end()) found->second.not_before = {};
}

void Resolver::forget_failures() {
  const std::lock_guard lock(shared_->mutex);
  for (auto& [text, name] : shared_->names) {
    name.not_before = {};
    name.failures = 0;
  }
}

}  // namespace innernet::client
