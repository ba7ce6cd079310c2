#include "port_mapper.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <exception>
#include <system_error>

#include "../wait.hpp"
#include "innernet/machine/log.hpp"
#include "router_exchange.hpp"

namespace innernet::client {
namespace {

constexpr int kMostPacketsAtOnce = 16;

bool is_v6(const auto& families, const auto& family) { return &family != &families[0]; }

}  // namespace

PortMapper::PortMapper(Stop stop, Nudge nudge, InterfaceName network, std::function<void()> on_change, MapperSurroundings surroundings)
    : stop_(std::move(stop)),
      nudge_(std::move(nudge)),
      network_(std::move(network)),
      on_change_(std::move(on_change)),
      surroundings_(std::move(surroundings)),
      families_{{.plan = MappingPlan(surroundings_.times)}, {.plan = MappingPlan(surroundings_.times)}} {}

Result<std::unique_ptr<PortMapper>> PortMapper::start(const InterfaceName& network, std::function<void()> on_change,
                                                      MapperSurroundings surroundings) {
  TRY(Stop stop, Stop::create());
  TRY(Nudge nudge, Nudge::create());
  std::unique_ptr<PortMapper> mapper(
      new PortMapper(std::move(stop), std::move(nudge), network, std::move(on_change), std::move(surroundings)));
  try {
    mapper->thread_ = std::thread([self = mapper.get()] {
      try {
        self->run();
      } catch (const std::exception& error) {
        log::error("network {}: mapping its port: {}; no longer tried", self->network_.str(), error.what());
      }
    });
  } catch (const std::system_error& error) {
    return fail_errno(error.code().value(), "starting a thread");
  }
  return mapper;
}

PortMapper::~PortMapper() {
  stop_.request();
  if (thread_.joinable()) thread_.join();
}

void PortMapper::want(std::uint16_t port, const PcpNonce& nonce) {
  {
    const std::lock_guard lock(mutex_);
    port_ = port;
    nonce_ = nonce;
  }
  nudge_.give();
}

void PortMapper::network_changed() {
  {
    const std::lock_guard lock(mutex_);
    changed_ = true;
  }
  nudge_.give();
}

std::vector<SocketAddress> PortMapper::outside() const {
  const std::lock_guard lock(mutex_);
  return outside_;
}

MappingReport PortMapper::report() const {
  const std::lock_guard lock(mutex_);
  return report_;
}

void PortMapper::run() {
  RouterClient client(surroundings_.ports);
  auto announcements = listen_to_announcements();
  if (!announcements) log::debug("a router that starts anew is noticed later: {}", announcements.error().message());
  PcpNonce nonce{};
  while (!stop_.requested()) {
    nudge_.take();
    std::uint16_t port = 0;
    bool changed = false;
    {
      const std::lock_guard lock(mutex_);
      port = port_;
      nonce = nonce_;
      changed = std::exchange(changed_, false);
    }
    BootTime due = BootTime::max();
    for (Family& family : families_) {
      auto place = surroundings_.gateway(is_v6(families_, family));
      if (!place) log::debug("network {}: {}", network_.str(), place.error().message());
      family.place = place ? *std::move(place) : std::nullopt;
      const BootTime now = clock_.boot();
      family.plan.want(port, now);
      family.plan.see(family.place, now);
      if (changed) family.plan.look_again(now);
      look_after(client, family, nonce);
      due = std::min(due, family.plan.due());
    }
    publish(port);
    auto poller = Poller::create(&stop_);
    const auto woken = poller ? poller->until(due, {{nudge_.fd(), POLLIN}, {announcements ? announcements->get() : -1, POLLIN}})
                              : Result<Woken>(std::unexpected(poller.error()));
    if (!woken) {
      log::warning("network {}: its port is no longer mapped on the router: {}", network_.str(), woken.error().message());
      break;
    }
    if (announcements) hear_routers(announcements->get());
  }
  for (Family& family : families_) {
    family.plan.want(0, clock_.boot());
    const MappingStep step = family.plan.next(clock_.boot());
    if (const auto* last = std::get_if<AskToWithdraw>(&step))
      withdraw(client, family, last->mapping, nonce);
    else if (family.unknown)
      withdraw(client, family, *family.unknown, nonce);
  }
}

void PortMapper::look_after(RouterClient& client, Family& family, const PcpNonce& nonce) {
  while (!stop_.requested()) {
    const auto before = family.plan.held();
    const MappingStep step = family.plan.next(clock_.boot());
    tell_change(before, family);
    if (const auto* ask = std::get_if<AskToMap>(&step))
      map(client, family, *ask, nonce);
    else if (const auto* last = std::get_if<AskToWithdraw>(&step))
      withdraw(client, family, last->mapping, nonce);
    else
      return;
  }
}

void PortMapper::map(RouterClient& client, Family& family, const AskToMap& ask, const PcpNonce& nonce) {
  const auto before = family.plan.held();
  auto grant = client.map(ask, nonce, &stop_);
  const BootTime now = clock_.boot();
  if (grant) {
    log::debug("network {}: the router at {} maps port {} as {} for {} s by {}", network_.str(), ask.place.router.to_string(),
               ask.request.port, grant->outside.to_string(), grant->lifetime.count(), name_of(ask.protocol));
    family.plan.granted(ask, *grant, now);
  } else {
    log::debug("network {}: no port by {}: {}", network_.str(), name_of(ask.protocol), grant.error().why.message());
    std::string text = fmt::format("its port is not mapped by {}: {}", name_of(ask.protocol), grant.error().why.message());
    if (grant.error().kind == MappingFailure::kRefused && text != family.told) {
      log::info("network {}: {}", network_.str(), text);
      family.told = std::move(text);
    }
    if (grant.error().why.kind() == ErrorKind::kInterrupted)
      family.unknown = HeldMapping{
          .protocol = ask.protocol, .place = ask.place, .port = ask.request.port, .outside = {ask.place.router, ask.request.outside_port}};
    family.plan.failed(ask, grant.error().kind, now, grant.error().why.message());
  }
  tell_change(before, family);
}

void PortMapper::withdraw(RouterClient& client, Family& family, const HeldMapping& mapping, const PcpNonce& nonce) {
  const auto done = client.withdraw(mapping, nonce);
  if (!done)
    log::debug("network {}: the mapping of port {} is left to its end: {}", network_.str(), mapping.port, done.error().why.message());
  family.plan.withdrawn();
}

void PortMapper::tell_change(const std::optional<HeldMapping>& before, Family& family) {
  const auto& now = family.plan.held();
  const auto behind = family.plan.router_behind_router();
  if (now == before) return;
  if (behind) {
    auto text = fmt::format("the router at {} is itself behind another one ({}), so that a port of it helps nobody",
                            family.place ? family.place->router.to_string() : "", behind->to_string());
    if (text != family.told) log::info("network {}: {}", network_.str(), text);
    family.told = std::move(text);
  } else if (now && is_v6(families_, family)) {
    log::info("network {}: the router at {} lets in what comes to {}, by {}", network_.str(), now->place.router.to_string(),
              now->outside.to_string(), name_of(now->protocol));
  } else if (now) {
    log::info("network {}: port {} is mapped as {} by the router at {}, by {}", network_.str(), now->port, now->outside.to_string(),
              now->place.router.to_string(), name_of(now->protocol));
  } else {
    log::info("network {}: port {} is no longer mapped by the router at {}", network_.str(), before->port,
              before->place.router.to_string());
  }
}

void PortMapper::hear_routers(int fd) {
  for (int i = 0; i < kMostPacketsAtOnce; ++i) {
    const auto heard = take_announcement(fd, families_[0].place);
    if (!heard) return;
    if (*heard) families_[0].plan.hear(**heard, clock_.boot());
  }
}

void PortMapper::publish(std::uint16_t port) {
  std::vector<SocketAddress> outside;
  for (const Family& family : families_)
    if (const auto address = family.plan.outside()) outside.push_back(*address);
  const BootTime now = clock_.boot();
  const WallTime wall = clock_.wall();
  MappingReport report{.port = port, .v4 = families_[0].plan.standing(now, wall), .v6 = families_[1].plan.standing(now, wall)};
  {
    const std::lock_guard lock(mutex_);
    report.keep_ends(report_);
    const bool is_news = outside != outside_ || !report.differs_by_renewal_only(report_);
    outside_ = std::move(outside);
    report_ = std::move(report);
    if (!is_news) return;
  }
  on_change_();
}

}  // namespace innernet::client
