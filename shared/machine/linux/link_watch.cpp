#include "innernet/machine/link_watch.hpp"

#include "innernet/netlink/route.hpp"

namespace innernet {
namespace {

class RtnetlinkWatch final : public LinkWatch {
 public:
  explicit RtnetlinkWatch(netlink::LinkMonitor monitor) : monitor_(std::move(monitor)) {}
  int fd() const override { return monitor_.fd(); }
  void drain() override { monitor_.drain(); }

 private:
  netlink::LinkMonitor monitor_;
};

}  // namespace

Result<std::unique_ptr<LinkWatch>> watch_links() {
  TRY(auto monitor, netlink::LinkMonitor::open());
  return std::make_unique<RtnetlinkWatch>(std::move(monitor));
}

}  // namespace innernet
